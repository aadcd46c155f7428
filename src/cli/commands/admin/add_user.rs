use clap::Args;

use crate::{
    api::users::{self, CreateRequest},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
    },
    client::{Bearer, ClientError},
};

/// Add a user
///
/// Without a password the account cannot sign in until one is set: `da admin reset-password` makes a one-time value to
/// hand over.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AddUserArgs {
    /// E-mail address: the login name
    email: String,
    /// Name to show; by default the part of the address before the `@`
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// `viewer`, `analyst`, `km_admin` or `admin`
    #[arg(long, value_name = "ROLE", default_value = "analyst")]
    role: String,
    /// Read a password for the account from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Also make a first token, shown once
    #[arg(long)]
    issue_token: bool,
}

const EXAMPLES: &str = "\
Examples:
  da admin add-user ann@example.org --name Ann
  da admin add-user bot@example.org --role viewer --issue-token --json";

pub(super) fn run(ctx: &Context, args: &AddUserArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let action = "Could not add the user";
    let admin = ctx.administrator()?;
    let password = args.password_stdin.then(|| ui.read_secret()).transpose()?;
    let request = CreateRequest {
        email: args.email.clone(),
        name: args.name.clone(),
        role: Some(args.role.clone()),
        password,
        issue_token: args.issue_token,
    };
    let created = admin.send::<users::Create>(action, (), &request)?;
    let token = created.token.as_ref().map(Bearer::new).transpose();
    let token = token.map_err(|error| ClientError::BadAnswer(error.to_string())).doing(action)?;
    if ui.is_json() {
        return ui.json(&created);
    }
    let user = &created.user;
    ui.line(&format!("Created user: {} (id: {}, role: {})", user.email, user.id, user.role))?;
    match token {
        Some(token) => ui.line(&format!("Token, shown ONCE: {}", token.expose())),
        None if args.issue_token => Err(CliError::failed("The user was added, but this server makes no first tokens")),
        None => Ok(()),
    }
}
