//! Tokens for one piece of work: made with a session, ended when the work is done, and soon over by themselves.

use std::time::Duration;

use super::{
    answered,
    commands::token,
    context::Context,
    error::{CliError, Doing as _},
    span::{InvalidSpan, Span},
};
use crate::{
    api::{
        RowId,
        tokens::{self, CreateRequest},
    },
    client::{Bearer, ClientError},
    domain::{AskedLifetime, Timestamp, TokenName, token::CreatedVia},
};

/// How long such a token may live.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A token for one piece of work.
pub(crate) struct BriefToken {
    pub(crate) id: RowId,
    pub(crate) bearer: Bearer,
    /// When the server ends it.
    pub(crate) expires_at: Option<Timestamp>,
    /// Whether the server recorded what the token is for; other and older servers ignore it.
    pub(crate) is_recorded: bool,
    /// When it was to end, if the server ends it later: it is to be revoked by then.
    pub(crate) revoke_by: Option<Timestamp>,
}

/// Reads a lifetime from the command line.
pub(crate) fn lifetime(text: &str) -> Result<Duration, String> {
    let Span(span) = text.parse().map_err(|error: InvalidSpan| error.to_string())?;
    let fits = (SHORTEST..=LONGEST).contains(&span);
    if fits { Ok(span) } else { Err("expected one minute (`1m`) to one day (`24h`)".to_owned()) }
}

impl BriefToken {
    /// Creates one for `via`; needs a session.
    pub(crate) fn make(ctx: &Context, via: CreatedVia, name: &TokenName, lifetime: Duration) -> Result<Self, CliError> {
        let request = CreateRequest {
            name: name.to_string(),
            // A server that counts in days alone makes one of a day.
            expires_in_days: AskedLifetime::Days(1),
            expires_in_seconds: i64::try_from(lifetime.as_secs()).ok(),
            created_via: Some(via.as_str().to_owned()),
            ..CreateRequest::default()
        };
        let (created, bearer) = token::create(ctx, &request)?;
        let is_recorded = created.created_via.as_deref() == Some(via.as_str());
        let now = ctx.now();
        let ends_by = |lifetime| answered::ends_by(created.expires_at, now.plus(lifetime));
        // What ends within a day can be revoked in time by the command that made it; if that fails, it ends soon.
        if let Err(ignored) = answered::check("--ttl", ends_by(LONGEST), "it made a token that lives longer than a day")
        {
            return Err(token::undone(ctx, ignored, &created));
        }
        let revoke_by = (!ends_by(lifetime)).then(|| now.plus(lifetime));
        Ok(Self { id: created.id, bearer, expires_at: created.expires_at, is_recorded, revoke_by })
    }

    /// Ends it, by itself: the session that made it may have ended meanwhile.
    pub(crate) fn revoke(&self, ctx: &Context) -> Result<(), CliError> {
        match ctx.client(Some(self.bearer.clone()))?.get::<tokens::Revoke>(&self.id) {
            Ok(_) => Ok(()),
            // It has ended already.
            Err(ClientError::Http(failure)) if failure.status == 401 => Ok(()),
            Err(error) => Err(error).doing("Could not revoke the token"),
        }
    }
}
