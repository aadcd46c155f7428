//! What `da status` shows: always the same keys.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    cli::{
        error::CliError,
        profiles::Chosen,
        settings::ServerSource,
        token_source::{TokenSource, lasting},
        ui::Ui,
    },
    client::ServerUrl,
    credentials::{Place, Storage},
    domain::{Timestamp, email},
};

pub(super) struct Report {
    pub(super) status: Option<String>,
    pub(super) profile: Chosen,
    pub(super) server: ServerReport,
    pub(super) account: Option<AccountReport>,
    pub(super) token: Option<TokenReport>,
    /// There may be a saved token, but its place cannot be read now.
    pub(super) is_token_hidden: bool,
    pub(super) clock_skew_seconds: Option<i64>,
    pub(super) warnings: Vec<Warning>,
}

pub(super) struct ServerReport {
    pub(super) url: ServerUrl,
    pub(super) source: ServerSource,
    pub(super) reachable: Option<bool>,
    pub(super) version: Option<String>,
    pub(super) latency_ms: Option<u128>,
}

#[derive(Serialize)]
pub(super) struct AccountReport {
    pub(super) email: String,
    pub(super) role: String,
    /// Whether the server said so.
    pub(super) verified: bool,
    pub(super) must_change_password: Option<bool>,
}

pub(super) struct TokenReport {
    pub(super) source: TokenSource,
    pub(super) kind: Option<String>,
    pub(super) accepted: Option<bool>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) refresh_expires_at: Option<Timestamp>,
}

/// Something that works, but that the user may want to change.
#[derive(Serialize)]
pub(super) struct Warning {
    pub(super) code: WarningCode,
    pub(super) message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WarningCode {
    ClearTextStorage,
    SavedTokenHidden,
    ClockSkew,
    TokenEndsSoon,
}

impl Report {
    pub(super) fn show(&self, ui: &Ui, now: Timestamp) -> Result<(), CliError> {
        if ui.is_json() {
            return ui.json(&self.to_json());
        }
        ui.line(&format!("Status: {}", self.status.as_deref().unwrap_or("not asked")))?;
        ui.line(&format!("  profile: {} ({})", self.profile.name, self.profile.source))?;
        ui.line(&format!("  server: {}", self.server.line()))?;
        match (&self.token, &self.account) {
            (None, _) if self.is_token_hidden => ui.line("  account: unknown, as the token cannot be read")?,
            (None, _) => ui.line("  account: not logged in")?,
            (Some(token), None) if token.accepted.is_none() => {
                ui.line(&format!("  account: unknown, as the {} could not be checked", token.source))?;
            }
            (Some(token), None) => ui.line(&format!("  account: {} not accepted", token.source))?,
            (Some(token), Some(who)) => {
                ui.line(&format!("  account: {} (role {})", email::shown(&who.email), who.role))?;
                let lasting = lasting(token.refresh_expires_at, token.expires_at, now);
                ui.line(&format!("  token: {}, {lasting}", token.source.place()))?;
            }
        }
        self.warnings.iter().try_for_each(|warning| ui.line(&format!("  warning: {}", warning.message)))
    }

    /// Returns every key, known or not: what reads this need not ask whether one is there.
    fn to_json(&self) -> Value {
        json!({
            "status": self.status,
            "profile": { "name": self.profile.name, "source": self.profile.source.as_str() },
            "server": {
                "url": self.server.url,
                "source": self.server.source_word(),
                "reachable": self.server.reachable,
                "version": self.server.version,
                "latency_ms": self.server.latency_ms,
            },
            "account": self.account,
            "token": self.token.as_ref().map(TokenReport::to_json),
            "clock_skew_seconds": self.clock_skew_seconds,
            "warnings": self.warnings,
        })
    }
}

impl ServerReport {
    fn line(&self) -> String {
        let version = self.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
        let latency = self.latency_ms.map(|millis| format!(", {millis}ms")).unwrap_or_default();
        format!("{} (from {}{version}{latency})", self.url, self.source_text())
    }

    fn source_word(&self) -> &'static str {
        match self.source {
            ServerSource::Flag => "flag",
            ServerSource::Variable => "environment",
            ServerSource::Profile => "profile",
            ServerSource::Config => "config",
            ServerSource::Default => "default",
        }
    }

    fn source_text(&self) -> &'static str {
        match self.source {
            ServerSource::Flag => "`--server`",
            ServerSource::Variable => "`DA_SERVER`",
            ServerSource::Profile => "the profile",
            ServerSource::Config => "the config file",
            ServerSource::Default => "the default",
        }
    }
}

impl TokenReport {
    fn to_json(&self) -> Value {
        let storage = match &self.source {
            TokenSource::Saved(storage) => Some(storage),
            _ => None,
        };
        json!({
            "source": self.source.as_str(),
            "storage": storage.map(Storage::place),
            "path": storage.and_then(Storage::path),
            "clear_text": storage.map(|storage| storage.place() == Place::File),
            "kind": self.kind,
            "accepted": self.accepted,
            "expires_at": self.expires_at,
            "refresh_expires_at": self.refresh_expires_at,
        })
    }
}
