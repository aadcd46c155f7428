use clap::Args;
use serde_json::json;

use super::{reference::UserRef, token};
use crate::{
    api::users::{self, DeactivateRequest, UpdateRequest, UserItem},
    cli::{
        answered::{self, Ignored},
        commands::confirmed,
        context::Context,
        error::CliError,
    },
};

/// Delete a user, with tokens and sessions
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin remove-user ann@example.org --yes")]
pub(crate) struct RemoveUserArgs {
    /// Id or e-mail address
    user: UserRef,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Give a user another role
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin set-role ann@example.org admin")]
pub(crate) struct SetRoleArgs {
    /// Id or e-mail address
    user: UserRef,
    /// `viewer`, `analyst`, `km_admin` or `admin`
    role: String,
}

/// Activate an account again
///
/// Its tokens work again, unless they were revoked; its sessions stay ended.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin activate ann@example.org")]
pub(crate) struct ActivateArgs {
    /// Id or e-mail address
    user: UserRef,
}

/// Deactivate an account: its sessions and tokens are refused at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin deactivate ann@example.org
  da admin deactivate ann@example.org --revoke-tokens")]
pub(crate) struct DeactivateArgs {
    /// Id or e-mail address
    user: UserRef,
    /// Revoke the user's tokens for good
    #[arg(long)]
    revoke_tokens: bool,
}

pub(super) fn remove(ctx: &Context, args: &RemoveUserArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    confirmed(ctx.ui(), args.yes, &format!("Delete the user {} with all tokens and sessions?", args.user))?;
    admin.get::<users::Delete>("Could not remove the user", &id)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "removed": id }));
    }
    ctx.ui().line("User removed.")
}

pub(super) fn set_role(ctx: &Context, args: &SetRoleArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let request = UpdateRequest { role: Some(args.role.clone()), ..UpdateRequest::default() };
    let user = admin.send::<users::Update>("Could not change the role", &id, &request)?;
    answered::check("set-role", user.role == args.role, format!("the role of {} is {}", args.user, user.role))
        .map_err(Ignored::error)?;
    tell(ctx, &user, &format!("Updated role for {} → {}", args.user, user.role))
}

pub(super) fn activate(ctx: &Context, args: &ActivateArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let user = admin.get::<users::Activate>("Could not activate the user", &id)?;
    answered::check("activate", user.active, format!("{} is still deactivated", args.user)).map_err(Ignored::error)?;
    tell(ctx, &user, &format!("Activated {}", args.user))
}

pub(super) fn deactivate(ctx: &Context, args: &DeactivateArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let request = DeactivateRequest { revoke_tokens: args.revoke_tokens };
    let user = admin.send::<users::Deactivate>("Could not deactivate the user", &id, &request)?;
    answered::check("deactivate", !user.active, format!("{} is still active", args.user)).map_err(Ignored::error)?;
    if args.revoke_tokens {
        token::revoke_all_of(ctx, admin, &id).map_err(|error| {
            half_done(&format!("The user {} is deactivated, but not all tokens are revoked", args.user), &error)
        })?;
    }
    tell(ctx, &user, &format!("Deactivated {}", args.user))
}

/// Returns the error of a command whose first part is done: it fails, whatever kept it from the rest.
fn half_done(done: &str, error: &CliError) -> CliError {
    CliError::failed(format!("{done}: {}", error.message())).with_hint("Run the same command again")
}

fn tell(ctx: &Context, user: &UserItem, text: &str) -> Result<(), CliError> {
    if ctx.ui().is_json() { ctx.ui().json(user) } else { ctx.ui().line(text) }
}
