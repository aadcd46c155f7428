//! One command, one file; the path of a file is the command line.

mod admin;
mod auth;
mod completion;
mod credential;
mod diagnose;
mod exec;
mod generate;
mod help;
mod import_token;
mod login;
mod logout;
mod pair;
mod profile;
mod serve;
pub(super) mod server;
mod session;
mod setup;
mod setup_instructions;
mod status;
pub(crate) mod token;
mod whoami;

use clap::Subcommand;

use super::{context::Context, error::CliError, ui::Ui};

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::LoginArgs),
    Logout(logout::LogoutArgs),
    Whoami(whoami::WhoamiArgs),
    ImportToken(import_token::ImportTokenArgs),
    Pair(pair::PairArgs),
    Token(token::TokenArgs),
    Exec(exec::ExecArgs),
    Credential(credential::CredentialArgs),
    Auth(auth::AuthArgs),
    Admin(admin::AdminArgs),
    Profile(profile::ProfileArgs),
    Status(status::StatusArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Session(session::SessionArgs),
    Setup(setup::SetupArgs),
    SetupInstructions(setup_instructions::SetupInstructionsArgs),
    Serve(serve::ServeArgs),
    Server(server::ServerArgs),
    Completion(completion::CompletionArgs),
    Help(help::HelpArgs),
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

/// Runs a command.
pub(crate) fn run(ctx: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Login(args) => login::run(ctx, &args),
        Command::Logout(args) => logout::run(ctx, &args),
        Command::Whoami(args) => whoami::run(ctx, &args),
        Command::ImportToken(args) => import_token::run(ctx, &args),
        Command::Pair(args) => pair::run(ctx, &args),
        Command::Token(args) => token::run(ctx, &args.command),
        Command::Exec(args) => exec::run(ctx, &args),
        Command::Credential(args) => credential::run(ctx, &args.command),
        Command::Auth(args) => auth::run(ctx, args.command),
        Command::Admin(args) => admin::run(ctx, &args),
        Command::Profile(args) => profile::run(ctx, &args.command),
        Command::Status(args) => status::run(ctx, &args),
        Command::Diagnose(args) => diagnose::run(ctx, &args),
        Command::Session(args) => session::run(ctx, &args.command),
        Command::Setup(args) => setup::run(ctx, &args.command),
        Command::SetupInstructions(args) => setup_instructions::run(ctx, &args),
        Command::Serve(args) => serve::run(ctx, &args),
        Command::Server(args) => server::run(ctx, &args.command),
        Command::Completion(args) => completion::run(&args),
        Command::Help(args) => help::run(ctx, &args),
        Command::Generate(args) => generate::run(&args),
    }
}

/// Asks before something ends, on a terminal; scripts of the original never were asked, and must not hang.
fn confirmed(ui: &Ui, yes: bool, question: &str) -> Result<(), CliError> {
    if yes || !ui.is_interactive() || ui.confirm(question, "`--yes`")? {
        return Ok(());
    }
    Err(CliError::failed("Nothing was done"))
}
