//! The cookie of a browser's session (C-27, S-35).

use crate::{
    app::logins::SignIn,
    server::{auth::COOKIE, host::BaseUrl},
};

/// Returns the `Set-Cookie` that hands a session to a browser: `HttpOnly`, `SameSite=Lax`, `Secure` on https.
#[must_use]
pub fn issued(base: &BaseUrl, signed_in: &SignIn) -> String {
    let lifetime = signed_in.session.expires_at.since(signed_in.session.created_at);
    set(base, signed_in.token.expose(), lifetime.as_secs())
}

/// Returns the `Set-Cookie` that makes a browser forget the session.
#[must_use]
pub fn cleared(base: &BaseUrl) -> String {
    set(base, "", 0)
}

fn set(base: &BaseUrl, value: &str, max_age: u64) -> String {
    let secure = if base.is_https() { "; Secure" } else { "" };
    format!("{COOKIE}={value}; HttpOnly; Max-Age={max_age}; Path=/; SameSite=Lax{secure}")
}
