//! What `da serve` warns of in its log when it starts.

use super::public_host;
use crate::{
    app::{App, SystemScope},
    cli::{
        commands::server::{host, settings::Values},
        error::CliError,
        moment::SystemClock,
    },
    domain::{Clock as _, text::shown},
    server::edge::refusals,
};

/// Says in the log why common clients would refuse the certificate: `da` itself accepts it from a file that names it.
pub(super) fn of_certificate(values: &Values) {
    let Some(file) = values.path("tls_cert") else { return };
    for refusal in refusals(&file, public_host(values).as_deref(), SystemClock.now()).unwrap_or_default() {
        tracing::warn!(file = %file.display(), "the certificate: {refusal}");
    }
}

/// Names the accounts whose e-mail address has no canonical form; the upgrade left them as they were.
pub(super) fn of_older_emails(app: &App) -> Result<(), CliError> {
    for user in app.users_with_older_emails(SystemScope::on_the_host()).map_err(host::said)? {
        tracing::warn!(user = %user.id, email = %shown(user.email.as_str()), "{OLDER_EMAIL}");
    }
    Ok(())
}

const OLDER_EMAIL: &str = "this account keeps an older form of its e-mail address, because another account has the canonical form or the \
     address is no longer supported; it signs in with exactly this form";

/// Names the limits that a setting of 0 disables.
pub(super) fn of_disabled_limits(app: &App) {
    let settings = app.settings();
    let limits = [
        ("login_limit_per_address", settings.login_limit_per_address),
        ("login_limit_per_account", settings.login_limit_per_account),
    ];
    for (limit, _) in limits.iter().filter(|(_, value)| *value == 0) {
        tracing::warn!(limit, "a limit on sign-ins is switched off");
    }
    if settings.token_limit.0 == 0 {
        tracing::warn!(limit = "token_limit", "a user may hold any number of tokens: the limit is switched off");
    }
    if settings.ended_token_days.is_none() {
        tracing::warn!(limit = "ended_token_days", "ended tokens are kept however old they are");
    }
}
