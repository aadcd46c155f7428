use clap::Args;

use super::reference::UserRef;
use crate::{
    api::users::{self, UserItem},
    cli::{context::Context, error::CliError, moment, pages::each_of_array},
    client::ClientError,
    domain::email::shown,
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
            ui.line(&format!("  {:<30} role={:<10} {:<12} id={id}", shown(&user.email), user.role, state(user)))
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
    ui.line(&format!("email:       {}", shown(&user.email)))?;
    ui.line(&format!("name:        {}", user.name))?;
    if let Some(username) = &user.username {
        ui.line(&format!("username:    {username}"))?;
    }
    ui.line(&format!("role:        {}", user.role))?;
    ui.line(&format!("status:      {}", state(&user)))?;
    ui.line(&format!("created:     {}", moment::or_unknown(user.created_at)))?;
    if let Some(at) = user.updated_at {
        ui.line(&format!("updated:     {}", moment::written(at)))?;
    }
    if let Some(by) = &user.created_by {
        ui.line(&format!("created by:  {by}"))?;
    }
    ui.line(&format!("last login:  {}", moment::or_never(user.last_login_at)))?;
    if let Some(at) = user.deactivated_at {
        ui.line(&format!("deactivated: {}", moment::written(at)))?;
    }
    match user.metadata.filter(|notes| !notes.is_empty()) {
        Some(notes) => ui.line(&format!("metadata:    {}", serde_json::Value::Object(notes))),
        None => Ok(()),
    }
}

fn find(ctx: &Context, user: &UserRef) -> Result<UserItem, CliError> {
    let admin = ctx.administrator()?;
    let row = user.to_string().contains('@').then(|| user.user(admin)).transpose()?;
    let id = row.as_ref().map_or_else(|| user.id(admin), |row| Ok(row.id.clone()))?;
    match admin.client.get::<users::Show>(&id) {
        // The original server has the list only.
        Err(ClientError::Http(failure)) if failure.status == 405 => row.map_or_else(|| user.user(admin), Ok),
        other => other.map_err(|error| admin.explain("Could not show the user", error)),
    }
}

fn state(user: &UserItem) -> &'static str {
    if user.active { "active" } else { "DEACTIVATED" }
}
