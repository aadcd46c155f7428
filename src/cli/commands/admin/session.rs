use clap::{Args, Subcommand};
use serde_json::json;

use super::reference::UserRef;
use crate::{
    api::{
        Empty, RowId,
        sessions::{self, AdminListQuery, AdminSessionItem},
    },
    cli::{
        commands::{
            confirmed,
            session::{Selection, counted, device},
        },
        context::{Caller, Context},
        error::CliError,
        moment,
        pages::{self, PAGE},
        table::Table,
    },
    domain::{SessionId, Timestamp, email},
};

/// List and end everybody's sign-ins
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin session list --user ann@example.org
  da admin session revoke-user ann@example.org")]
pub(crate) struct AdminSessionArgs {
    #[command(subcommand)]
    pub(super) command: AdminSessionCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminSessionCommand {
    List(ListArgs),
    Revoke(RevokeArgs),
    RevokeUser(RevokeUserArgs),
}

/// List everybody's live sign-ins, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin session list --user ann@example.org
  da admin session list --all --json")]
pub(crate) struct ListArgs {
    /// Only this user's: id or e-mail address
    #[arg(long, value_name = "USER")]
    user: Option<UserRef>,
    /// Only those of this sign-in provider; `local` is the password
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Also those that have ended
    #[arg(long)]
    all: bool,
}

/// End anybody's sign-in, effective at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin session revoke 1a2b3c4d --yes")]
pub(crate) struct RevokeArgs {
    /// Id, or its start as `da admin session list` shows it
    session: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// End every sign-in of a user
///
/// The user's tokens go on working; `da admin deactivate` refuses them, too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin session revoke-user ann@example.org --yes")]
pub(crate) struct RevokeUserArgs {
    /// E-mail address or id
    user: UserRef,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(ctx: &Context, command: &AdminSessionCommand) -> Result<(), CliError> {
    match command {
        AdminSessionCommand::List(args) => list(ctx, args),
        AdminSessionCommand::Revoke(args) => revoke(ctx, args),
        AdminSessionCommand::RevokeUser(args) => revoke_user(ctx, args),
    }
}

fn list(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    // A mistyped address must not look like a user without sessions.
    let user = args.user.as_ref().map(|user| user.id(admin)).transpose()?;
    let query = AdminListQuery {
        user_id: user.map(|id: RowId| id.to_string()),
        provider: args.provider.clone(),
        active: (!args.all).then_some(true),
        ..AdminListQuery::default()
    };
    let (ui, mut list) = (ctx.ui(), ctx.ui().json_list());
    let mut table =
        Table::new(&[("ID", 36), ("OWNER", 24), ("DEVICE", 28), ("ADDRESS", 15), ("LAST ACTIVE", 20), ("STATUS", 0)]);
    each_session(admin, &query, |page| {
        if ui.is_json() {
            return page.iter().try_for_each(|item| list.item(item));
        }
        page.iter().for_each(|item| table.row(row(item, ctx.now())));
        table.print(ui)
    })?;
    if ui.is_json() { list.end() } else { Ok(()) }
}

fn row(item: &AdminSessionItem, now: Timestamp) -> Vec<String> {
    let session = &item.session;
    let ended = session.expires_at.is_some_and(|end| end <= now);
    let status = session.revoked_reason.clone().unwrap_or_else(|| if ended { "expired" } else { "live" }.to_owned());
    vec![
        session.id.to_string(),
        email::shown(&item.user_email),
        device(session),
        session.ip.clone().unwrap_or_else(|| "-".to_owned()),
        moment::or_unknown(session.last_active_at),
        status,
    ]
}

fn revoke(ctx: &Context, args: &RevokeArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let id: RowId = match args.session.parse::<SessionId>() {
        Ok(id) => id.into(),
        Err(_) => {
            let mut selection = Selection::new(&args.session);
            each_session(admin, &AdminListQuery { active: Some(true), ..AdminListQuery::default() }, |page| {
                selection.look_at(page.iter().map(|item| &item.session));
                Ok(())
            })?;
            selection.chosen()?
        }
    };
    confirmed(ctx.ui(), args.yes, &format!("End the session {id}?"))?;
    admin.get::<sessions::AdminRevoke>("Could not end the session", &id)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "revoked": [{ "id": id }] }));
    }
    ctx.ui().line(&format!("Ended session {id}"))
}

fn revoke_user(ctx: &Context, args: &RevokeUserArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let user = args.user.user(admin)?;
    confirmed(ctx.ui(), args.yes, &format!("End every session of {}?", email::shown(&user.email)))?;
    let ended = admin.get::<sessions::AdminRevokeUser>("Could not end the sessions", &user.id)?.revoked;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "email": user.email, "ended": ended }));
    }
    ctx.ui().line(&format!(
        "Ended {} of {}",
        counted(usize::try_from(ended).unwrap_or(usize::MAX), "session"),
        email::shown(&user.email)
    ))
}

fn each_session(
    admin: Caller<'_>,
    query: &AdminListQuery,
    take: impl FnMut(Vec<AdminSessionItem>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let fetch = |cursor| {
        let query = AdminListQuery { limit: Some(PAGE), cursor, ..query.clone() };
        admin.call::<sessions::AdminList>("Could not list the sessions", (), &query, &Empty {})
    };
    pages::each(fetch, take)
}
