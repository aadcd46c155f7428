use std::str::FromStr;

use clap::{Args, Subcommand};
use serde_json::json;

use super::reference::UserRef;
use crate::{
    api::{
        RowId,
        tokens::{self, AdminListQuery, AdminTokenItem},
    },
    cli::{
        commands::{
            confirmed,
            token::select::{Selection, status, word},
        },
        context::{Caller, Context},
        error::CliError,
        moment::{self, TimeOrSpan},
        pages::each_of_array,
        table::Table,
    },
    domain::{Timestamp, TokenId, email, token::TokenStatus},
};

/// List and revoke everybody's tokens
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin token list --user ann@example.org
  da admin token revoke 1a2b3c4d")]
pub(crate) struct AdminTokenArgs {
    #[command(subcommand)]
    pub(super) command: AdminTokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminTokenCommand {
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// List everybody's tokens
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin token list --status active
  da admin token list --user ann@example.org --json
  da admin token list --last-used never
  da admin token list --last-used 90d")]
pub(crate) struct ListArgs {
    /// Only this user's: id or e-mail address
    #[arg(long, value_name = "USER")]
    user: Option<UserRef>,
    /// Only these: active, replaced, expired or revoked
    ///
    /// `active` are all that work now; `replaced` are those of them that work beside the token that replaced them.
    #[arg(long, value_name = "STATUS", value_parser = ["active", "replaced", "expired", "revoked"])]
    status: Option<String>,
    /// Only those last used before this time, or longer ago than such as `90d`, or `never`
    #[arg(long, value_name = "TIME")]
    last_used: Option<LastUsed>,
}

/// Revoke anybody's token, effective at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin token revoke 1a2b3c4d --yes")]
pub(crate) struct RevokeArgs {
    /// Id, prefix or name
    token: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// When a token was last used, at the latest.
#[derive(Debug, Clone, Copy)]
enum LastUsed {
    Never,
    Before(TimeOrSpan),
}

impl FromStr for LastUsed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        text.parse().map(Self::Before).map_err(|expected: &str| format!("{expected}, or `never`"))
    }
}

impl LastUsed {
    /// Tells whether a token was last used then.
    fn fits(self, last_used_at: Option<Timestamp>, now: Timestamp) -> bool {
        match self {
            Self::Never => last_used_at.is_none(),
            Self::Before(time) => last_used_at.is_none_or(|used| used < time.at(now)),
        }
    }

    /// Returns it as the server takes it.
    fn to_query(self, now: Timestamp) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::Before(time) => time.at(now).to_string(),
        }
    }
}

pub(super) fn run(ctx: &Context, command: &AdminTokenCommand) -> Result<(), CliError> {
    match command {
        AdminTokenCommand::List(args) => list(ctx, args),
        AdminTokenCommand::Revoke(args) => revoke(ctx, args),
    }
}

fn list(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    // A mistyped address must not look like a user without tokens.
    let user = args.user.as_ref().map(|user| user.id(admin)).transpose()?;
    let now = ctx.now();
    let query = AdminListQuery {
        user: user.as_ref().map(ToString::to_string),
        status: args.status.clone(),
        last_used: args.last_used.map(|last_used| last_used.to_query(now)),
        ..AdminListQuery::default()
    };
    let (mut table, mut list) = (header(), ctx.ui().json_list());
    each_of_array::<tokens::AdminList, _>(admin, ACTION, &query, |page| {
        // The original server ignores every filter.
        for item in page.iter().filter(|item| is_meant(args, user.as_ref(), item, now)) {
            if ctx.ui().is_json() {
                list.item(item)?;
            } else {
                table.row(row(item, now));
            }
        }
        if ctx.ui().is_json() { Ok(()) } else { table.print(ctx.ui()) }
    })?;
    if ctx.ui().is_json() { list.end() } else { Ok(()) }
}

const ACTION: &str = "Could not list the tokens";

fn is_meant(args: &ListArgs, user: Option<&RowId>, item: &AdminTokenItem, now: Timestamp) -> bool {
    user.is_none_or(|user| item.user_id.as_ref() == Some(user))
        && args.status.as_deref().is_none_or(|wanted| {
            let works = status(&item.token, now);
            works.as_str() == wanted || word(&item.token, now) == wanted
        })
        && args.last_used.is_none_or(|last_used| last_used.fits(item.token.last_used_at, now))
}

fn header() -> Table {
    Table::new(&[
        ("ID", 36),
        ("OWNER", 24),
        ("NAME", 20),
        ("EXPIRES", 20),
        ("LAST USED", 20),
        ("FROM", 15),
        ("STATUS", 0),
    ])
}

fn row(item: &AdminTokenItem, now: Timestamp) -> Vec<String> {
    let token = &item.token;
    vec![
        token.id.to_string(),
        item.user_email
            .as_deref()
            .map(email::shown)
            .or_else(|| item.user_id.as_ref().map(ToString::to_string))
            .unwrap_or_default(),
        token.name.clone(),
        moment::or_never(token.expires_at),
        moment::or_never(token.last_used_at),
        item.last_used_ip.clone().unwrap_or_else(|| "-".to_owned()),
        word(token, now).to_owned(),
    ]
}

fn revoke(ctx: &Context, args: &RevokeArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let (id, name): (RowId, _) = match args.token.parse::<TokenId>() {
        Ok(id) => (id.into(), None),
        Err(_) => {
            let mut selection = Selection::new(&args.token, ctx.now());
            each_of_array::<tokens::AdminList, _>(admin, ACTION, &AdminListQuery::default(), |page| {
                selection.look_at(page.into_iter().map(|item| item.token));
                Ok(())
            })?;
            let token = selection
                .chosen()
                .map_err(|error| error.with_hint("`da admin token list` shows them; name one by its id"))?;
            (token.id, Some(token.name))
        }
    };
    let described = name.map_or_else(|| id.to_string(), |name| format!("{id} ({name})"));
    confirmed(ctx.ui(), args.yes, &format!("Revoke the token {described}?"))?;
    admin.get::<tokens::AdminRevoke>("Could not revoke the token", &id)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "revoked": [{ "id": id }] }));
    }
    ctx.ui().line(&format!("Revoked token {described}"))
}

/// Revokes every token of a user that still works. A server that has done it already lists none.
pub(super) fn revoke_all_of(ctx: &Context, admin: Caller<'_>, user: &RowId) -> Result<(), CliError> {
    let active = TokenStatus::Active.as_str().to_owned();
    let query = AdminListQuery { user: Some(user.to_string()), status: Some(active), ..AdminListQuery::default() };
    let mut left = Vec::new();
    each_of_array::<tokens::AdminList, _>(admin, ACTION, &query, |page| {
        // The original server ignores every filter.
        let of_user = page.into_iter().filter(|item| item.user_id.as_ref() == Some(user)).map(|item| item.token);
        left.extend(of_user.filter(|token| status(token, ctx.now()) == TokenStatus::Active).map(|token| token.id));
        Ok(())
    })?;
    left.iter()
        .try_for_each(|id| admin.get::<tokens::AdminRevoke>(&format!("Could not revoke the token {id}"), id).map(drop))
}
