//! `da session ...`

use clap::{Args, Subcommand};
use serde_json::json;

use super::confirmed;
use crate::{
    api::{
        Empty, Page,
        sessions::{self, PageQuery, RevokeAllQuery, SessionItem},
    },
    cli::{
        context::{Context, SignedIn},
        error::CliError,
        moment,
        table::Table,
    },
    domain::SessionId,
};

/// List and end your sign-ins
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da session list
  da session revoke 1a2b3c4d
  da session revoke-others")]
pub(crate) struct SessionArgs {
    #[command(subcommand)]
    pub(super) command: SessionCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    List(ListArgs),
    Revoke(RevokeArgs),
    RevokeOthers(RevokeOthersArgs),
}

/// List your sign-ins, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da session list --json")]
pub(crate) struct ListArgs {}

/// End one of your sign-ins, effective at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da session revoke 1a2b3c4d --yes")]
pub(crate) struct RevokeArgs {
    /// Id, or its start as `da session list` shows it
    session: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// End every sign-in of yours but this one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da session revoke-others --yes")]
pub(crate) struct RevokeOthersArgs {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(ctx: &Context, command: &SessionCommand) -> Result<(), CliError> {
    match command {
        SessionCommand::List(_) => list(ctx),
        SessionCommand::Revoke(args) => revoke(ctx, args),
        SessionCommand::RevokeOthers(args) => revoke_others(ctx, args),
    }
}

fn list(ctx: &Context) -> Result<(), CliError> {
    let sessions = fetch(ctx.signed_in()?)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&sessions);
    }
    let mut table =
        Table::new(&[("ID", 36), ("DEVICE", 28), ("ADDRESS", 15), ("SIGNED IN", 20), ("LAST ACTIVE", 20), ("", 0)]);
    for session in &sessions {
        table.row(vec![
            session.id.to_string(),
            device(session),
            session.ip.clone().unwrap_or_else(|| "-".to_owned()),
            moment::written(session.created_at),
            moment::written(session.last_active_at),
            if session.current { "this one".to_owned() } else { String::new() },
        ]);
    }
    table.print(ctx.ui())
}

/// Returns what a client calls its device, else what its software is.
pub(super) fn device(session: &SessionItem) -> String {
    let named = [&session.device_label, &session.user_agent].into_iter().find(|text| !text.is_empty());
    named.map_or_else(|| "unknown device".to_owned(), Clone::clone)
}

fn revoke(ctx: &Context, args: &RevokeArgs) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let id = match args.session.parse::<SessionId>() {
        Ok(id) => id,
        Err(_) => select(&fetch(signed_in)?, &args.session)?,
    };
    confirmed(ctx.ui(), args.yes, &format!("End the session {id}?"))?;
    signed_in.get::<sessions::Revoke>("Could not end the session", id)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "revoked": [{ "id": id }] }));
    }
    ctx.ui().line(&format!("Ended session {id}"))
}

fn revoke_others(ctx: &Context, args: &RevokeOthersArgs) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let others = fetch(signed_in)?.iter().filter(|session| !session.current).count();
    confirmed(ctx.ui(), args.yes, &format!("End {}?", counted(others, "other session")))?;
    let query = RevokeAllQuery { except: Some("current".to_owned()) };
    signed_in.call::<sessions::RevokeAll>("Could not end the other sessions", (), &query, &Empty {})?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "ended": others }));
    }
    ctx.ui().line(&format!("Ended {}", counted(others, "other session")))
}

/// Returns a number of things in words: `1 session`, `2 sessions`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Finds the session whose id begins with `start`.
pub(super) fn select(sessions: &[SessionItem], start: &str) -> Result<SessionId, CliError> {
    let hint = "Name one by its id, as the list shows it";
    let start = start.to_lowercase();
    let mut fitting = sessions.iter().filter(|item| !start.is_empty() && item.id.to_string().starts_with(&start));
    match (fitting.next(), fitting.next()) {
        (Some(session), None) => Ok(session.id),
        (Some(_), Some(_)) => Err(CliError::failed(format!("Several sessions fit: {start}")).with_hint(hint)),
        (None, _) => Err(CliError::failed(format!("Session not found: {start}")).with_hint(hint)),
    }
}

fn fetch(signed_in: &SignedIn) -> Result<Vec<SessionItem>, CliError> {
    pages(|cursor| {
        let query = PageQuery { limit: Some(crate::api::MAX_LIMIT), cursor };
        signed_in.call::<sessions::List>("Could not list your sessions", (), &query, &Empty {})
    })
}

/// Fetches every page of a list.
pub(super) fn pages<T>(mut fetch: impl FnMut(Option<String>) -> Result<Page<T>, CliError>) -> Result<Vec<T>, CliError> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let Page { items, next_cursor } = fetch(cursor)?;
        // A page without items would go on for ever.
        let is_last = next_cursor.is_none() || items.is_empty();
        all.extend(items);
        if is_last {
            return Ok(all);
        }
        cursor = next_cursor;
    }
}
