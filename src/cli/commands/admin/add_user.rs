use clap::Args;

use crate::{
    api::{
        restrictions::Restrictions,
        users::{self, CreateRequest, CreateResponse, SetPasswordRequest},
    },
    cli::{
        answered::{self, Ignored},
        context::{Caller, Context},
        error::{CliError, Doing as _},
    },
    client::{Bearer, ClientError},
    domain::{Secret, email::shown},
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
    /// `viewer`, `analyst`, `km_admin` or `admin` [default: analyst]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
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
        role: args.role.clone(),
        password: password.clone(),
        issue_token: args.issue_token,
        restrictions: Restrictions::default(),
        username: None,
        metadata: None,
    };
    let created = admin.send::<users::Create>(action, (), &request)?;
    if let Err(ignored) = check(admin, args, password, &created) {
        let removed = admin.get::<users::Delete>("Could not remove the user", &created.user.id).map(drop);
        return Err(ignored.undone(removed, "The user was removed", &format!("Remove the user {}", args.email)));
    }
    let token = created.token.as_ref().map(Bearer::new).transpose();
    let token = token.map_err(|error| ClientError::BadAnswer(error.to_string())).doing(action)?;
    if ui.is_json() {
        return ui.json(&created);
    }
    let user = &created.user;
    ui.line(&format!("Created user: {} (id: {}, role: {})", shown(&user.email), user.id, user.role))?;
    match token {
        Some(token) => ui.line(&format!("Token, shown ONCE: {}", token.expose())),
        None => Ok(()),
    }
}

/// Checks that the user is the one that was asked for. The answer does not tell whether the password was set: on a
/// server that is no `da` it is set in a second step.
fn check(
    admin: Caller<'_>,
    args: &AddUserArgs,
    password: Option<Secret>,
    created: &CreateResponse,
) -> Result<(), Ignored> {
    let user = &created.user;
    let role = args.role.as_ref();
    answered::check("--role", role.is_none_or(|role| *role == user.role), format!("the role is {}", user.role))?;
    let is_named = args.name.trim().is_empty() || args.name.trim() == user.name;
    answered::check("--name", is_named, format!("the name is {}", user.name))?;
    let has_token = !args.issue_token || created.token.is_some();
    answered::check("--issue-token", has_token, "it makes no first tokens")?;
    let Some(password) = password.filter(|_| !answered::is_da(admin.client)) else { return Ok(()) };
    let request = SetPasswordRequest { password, must_change: false };
    match admin.send::<users::SetPassword>("it sets no password", &user.id, &request) {
        Ok(_) => Ok(()),
        Err(error) => answered::check("--password-stdin", false, error.message()),
    }
}
