use clap::Args;

use super::reference::UserRef;
use crate::{
    api::users::{self, UserItem},
    cli::{context::Context, error::CliError, moment, pages::each_of_array},
    client::ClientError,
};

/// List all users
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin list-users\n  da admin list-users --json")]
pub(crate) struct ListUsersArgs {}

/// Show one user
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin show-user ann@example.org")]
pub(crate) struct ShowUserArgs {
    /// Id or e-mail address
    user: UserRef,
}

pub(super) fn list(ctx: &Context, _: &ListUsersArgs) -> Result<(), CliError> {
    let (ui, mut list) = (ctx.ui(), ctx.ui().json_list());
    let query = users::ListQuery::default();
    each_of_array::<users::List, _>(ctx.administrator()?, "Could not list the users", &query, |page| {
        page.iter().try_for_each(|user| {
            if ui.is_json() {
                return list.item(user);
            }
            let id = user.id.prefix();
            ui.line(&format!("  {:<30} role={:<10} {:<12} id={id}", user.email, user.role, state(user)))
        })
    })?;
    if ui.is_json() { list.end() } else { Ok(()) }
}

pub(super) fn show(ctx: &Context, args: &ShowUserArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let user = find(ctx, &args.user)?;
    if ui.is_json() {
        return ui.json(&user);
    }
    ui.line(&format!("id:          {}", user.id))?;
    ui.line(&format!("email:       {}", user.email))?;
    ui.line(&format!("name:        {}", user.name))?;
    ui.line(&format!("role:        {}", user.role))?;
    ui.line(&format!("status:      {}", state(&user)))?;
    ui.line(&format!("created:     {}", moment::or_unknown(user.created_at)))?;
    ui.line(&format!("last login:  {}", moment::or_never(user.last_login_at)))?;
    match user.deactivated_at {
        Some(at) => ui.line(&format!("deactivated: {}", moment::written(at))),
        None => Ok(()),
    }
}

fn find(ctx: &Context, user: &UserRef) -> Result<UserItem, CliError> {
    let admin = ctx.administrator()?;
    let id = match user.to_string().contains('@') {
        true => return user.user(admin),
        false => user.id(admin)?,
    };
    match admin.client.get::<users::Show>(&id) {
        // The original server has the list only.
        Err(ClientError::Http(failure)) if failure.status == 405 => user.user(admin),
        other => other.map_err(|error| admin.explain("Could not show the user", error)),
    }
}

fn state(user: &UserItem) -> &'static str {
    if user.active { "active" } else { "DEACTIVATED" }
}
