//! `da session ...`

use clap::{Args, Subcommand};
use serde_json::json;

use super::confirmed;
use crate::{
    api::{
        Empty, RowId,
        sessions::{self, PageQuery, RevokeAllQuery, SessionItem},
    },
    cli::{
        context::{Context, SignedIn},
        error::CliError,
        moment,
        pages::{self, PAGE},
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
    let (ui, mut list) = (ctx.ui(), ctx.ui().json_list());
    let mut table =
        Table::new(&[("ID", 36), ("DEVICE", 28), ("ADDRESS", 15), ("SIGNED IN", 20), ("LAST ACTIVE", 20), ("", 0)]);
    each_own_session(ctx.signed_in()?, |page| {
        if ui.is_json() {
            return page.iter().try_for_each(|session| list.item(session));
        }
        for session in &page {
            table.row(vec![
                session.id.to_string(),
                device(session),
                session.ip.clone().unwrap_or_else(|| "-".to_owned()),
                moment::or_unknown(session.created_at),
                moment::or_unknown(session.last_active_at),
                if session.current { "this one".to_owned() } else { String::new() },
            ]);
        }
        table.print(ui)
    })?;
    if ui.is_json() { list.end() } else { Ok(()) }
}

/// Returns what a client calls its device, else what its software is.
pub(super) fn device(session: &SessionItem) -> String {
    let named = [&session.device_label, &session.user_agent].into_iter().find(|text| !text.is_empty());
    named.map_or_else(|| "unknown device".to_owned(), Clone::clone)
}

fn revoke(ctx: &Context, args: &RevokeArgs) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let id: RowId = match args.session.parse::<SessionId>() {
        Ok(id) => id.into(),
        Err(_) => {
            let mut selection = Selection::new(&args.session);
            each_own_session(signed_in, |page| {
                selection.look_at(page.iter());
                Ok(())
            })?;
            selection.chosen()?
        }
    };
    confirmed(ctx.ui(), args.yes, &format!("End the session {id}?"))?;
    signed_in.get::<sessions::Revoke>("Could not end the session", &id)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "revoked": [{ "id": id }] }));
    }
    ctx.ui().line(&format!("Ended session {id}"))
}

fn revoke_others(ctx: &Context, args: &RevokeOthersArgs) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let mut others = 0;
    each_own_session(signed_in, |page| {
        others += page.iter().filter(|session| !session.current).count();
        Ok(())
    })?;
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

/// Looks for the one session whose id begins with a text, page by page.
pub(super) struct Selection {
    start: String,
    found: Option<RowId>,
    several: bool,
}

impl Selection {
    pub(super) fn new(start: &str) -> Self {
        Self { start: start.to_lowercase(), found: None, several: false }
    }

    /// Takes what fits of a page.
    pub(super) fn look_at<'a>(&mut self, sessions: impl Iterator<Item = &'a SessionItem>) {
        let fits = |item: &&SessionItem| !self.start.is_empty() && item.id.as_str().starts_with(&self.start);
        for session in sessions.filter(fits) {
            self.several |= self.found.replace(session.id.clone()).is_some();
        }
    }

    /// Returns the session, once every page was looked at.
    pub(super) fn chosen(self) -> Result<RowId, CliError> {
        let hint = "Name one by its id, as the list shows it";
        match self.found {
            Some(id) if !self.several => Ok(id),
            Some(_) => Err(CliError::failed(format!("Several sessions fit: {}", self.start)).with_hint(hint)),
            None => Err(CliError::failed(format!("Session not found: {}", self.start)).with_hint(hint)),
        }
    }
}

fn each_own_session(
    signed_in: &SignedIn,
    take: impl FnMut(Vec<SessionItem>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let fetch = |cursor| {
        let query = PageQuery { limit: Some(PAGE), cursor };
        signed_in.call::<sessions::List>("Could not list your sessions", (), &query, &Empty {})
    };
    pages::each(fetch, take)
}
