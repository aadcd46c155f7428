//! The cookie of a browser's session (C-27, S-35).

use crate::{app::logins::SignIn, server::call::Call};

/// Returns the `Set-Cookie` that hands a session to a browser: `HttpOnly`, `SameSite=Lax`, `Secure` on https.
#[must_use]
pub fn issued(call: &Call, signed_in: &SignIn) -> String {
    let lifetime = signed_in.session.expires_at.since(signed_in.session.created_at);
    set(call, signed_in.token.expose(), lifetime.as_secs())
}

/// Returns the `Set-Cookie` that makes a browser forget the session.
#[must_use]
pub fn cleared(call: &Call) -> String {
    set(call, "", 0)
}

fn set(call: &Call, value: &str, max_age: u64) -> String {
    let name = &call.server.cookie_name;
    let secure = if call.base.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; HttpOnly; Max-Age={max_age}; Path=/; SameSite=Lax{secure}")
}
