//! One command, one file; the path of a file is the command line.

mod admin;
mod auth;
mod completion;
pub(super) mod credential;
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

use clap::{Args as _, Subcommand};

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

/// Adds to a command what it takes.
type Augment = fn(clap::Command) -> clap::Command;

/// What each command takes, by its name.
const BY_NAME: [(&str, Augment); 21] = [
    ("login", login::LoginArgs::augment_args),
    ("logout", logout::LogoutArgs::augment_args),
    ("whoami", whoami::WhoamiArgs::augment_args),
    ("import-token", import_token::ImportTokenArgs::augment_args),
    ("pair", pair::PairArgs::augment_args),
    ("token", token::TokenArgs::augment_args),
    ("exec", exec::ExecArgs::augment_args),
    ("credential", credential::CredentialArgs::augment_args),
    ("auth", auth::AuthArgs::augment_args),
    ("admin", admin::AdminArgs::augment_args),
    ("profile", profile::ProfileArgs::augment_args),
    ("status", status::StatusArgs::augment_args),
    ("diagnose", diagnose::DiagnoseArgs::augment_args),
    ("session", session::SessionArgs::augment_args),
    ("setup", setup::SetupArgs::augment_args),
    ("setup-instructions", setup_instructions::SetupInstructionsArgs::augment_args),
    ("serve", serve::ServeArgs::augment_args),
    ("server", server::ServerArgs::augment_args),
    ("completion", completion::CompletionArgs::augment_args),
    ("help", help::HelpArgs::augment_args),
    ("generate", generate::GenerateArgs::augment_args),
];

/// Returns the command of that name without all others.
pub(super) fn alone(name: &str) -> Option<clap::Command> {
    let (name, augment) = BY_NAME.into_iter().find(|(known, _)| *known == name)?;
    Some(augment(clap::Command::new(name)))
}

/// Returns the names of the commands that help shows.
fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.iter().map(|(name, _)| *name).filter(|name| *name != "generate")
}

/// Returns the end of the program's long help.
pub(super) fn examples_and_topics(examples: &str) -> String {
    format!("{examples}\n\nHelp topics (`da help TOPIC`):\n{}", help::topics())
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

/// Asks before something ends. Without a terminal `--yes` must say so; the one exception is [`confirmed_unless_scripted`].
fn confirmed(ui: &Ui, yes: bool, question: &str) -> Result<(), CliError> {
    if !yes && !ui.is_interactive() {
        let message = "Cannot ask for confirmation: there is no terminal";
        return Err(CliError::usage(message, "Use `--yes` to do it without being asked"));
    }
    if yes || ui.confirm(question, "`--yes`")? { Ok(()) } else { Err(CliError::failed("Nothing was done")) }
}

/// Asks before something ends, but only on a terminal: for commands that scripts of the original server's client use.
fn confirmed_unless_scripted(ui: &Ui, yes: bool, question: &str) -> Result<(), CliError> {
    confirmed(ui, yes || !ui.is_interactive(), question)
}
