//! `da server ...`: commands for the server's host, which work on the data directory itself.

pub(crate) mod admin_socket;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod contents;
pub(crate) mod doctor;
pub(crate) mod host;
pub(crate) mod keys;
pub(crate) mod local_backups;
pub(crate) mod migrate;
pub(crate) mod recover_admin;
pub(crate) mod rehearsal;
pub(crate) mod rekey;
pub(crate) mod restore;
pub(crate) mod running;
pub(crate) mod scheduled;
pub(crate) mod settings;

use clap::{Args, Subcommand};

use crate::cli::{context::Context, error::CliError};

const EXAMPLES: &str = "\
Examples:
  da server backup /backups/da.db
  da server recover-admin ann@example.org
  da server config show
  da server audit verify
  da server keys rotate
  da server doctor";

/// Work on the server's own host: backup, restore, recovery, settings, keys
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ServerArgs {
    #[command(subcommand)]
    pub(crate) command: ServerCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    RecoverAdmin(recover_admin::RecoverAdminArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Migrate(migrate::MigrateArgs),
    Config(config::ConfigArgs),
    Audit(audit::AuditArgs),
    Keys(keys::KeysArgs),
    Rekey(rekey::RekeyArgs),
    Doctor(doctor::DoctorArgs),
}

pub(crate) fn run(ctx: &Context, command: &ServerCommand) -> Result<(), CliError> {
    match command {
        ServerCommand::RecoverAdmin(args) => recover_admin::run(ctx, args),
        ServerCommand::Backup(args) => backup::run(ctx, args),
        ServerCommand::Restore(args) => restore::run(ctx, args),
        ServerCommand::Migrate(args) => migrate::run(ctx, args),
        ServerCommand::Config(args) => config::run(ctx, args),
        ServerCommand::Audit(args) => audit::run(ctx, args),
        ServerCommand::Keys(args) => keys::run(ctx, args),
        ServerCommand::Rekey(args) => rekey::run(ctx, args),
        ServerCommand::Doctor(args) => doctor::run(ctx, args),
    }
}
