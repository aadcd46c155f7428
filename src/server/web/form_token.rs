//! The token that shows that a form was ours (S-32): a random cookie, repeated in a hidden field.
//!
//! A page of another origin can make a browser send the cookie, `SameSite=Strict` aside, but can neither read nor set
//! it, so it cannot fill in the field; its prefix on https keeps neighbours in the domain from setting it (RFC 6265bis,
//! section 4.1.3.2). It guards the sign-in form too, where there is no session yet.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;

use super::set_cookie;
use crate::{
    app::AppError,
    domain::Secret,
    server::{auth, call::Call, edge::Body, error::ServerError},
};

const TOKEN_CHARS: usize = 22;

/// A form token on its way into a page.
pub(super) struct FormToken {
    value: Secret,
    fresh: bool,
}

impl FormToken {
    /// Takes the browser's token, or makes one.
    pub(super) fn of(call: &Call) -> Result<Self, ServerError> {
        if let Some(value) =
            auth::cookie(&call.headers, cookie(call)).filter(|value| value.expose().len() == TOKEN_CHARS)
        {
            return Ok(Self { value, fresh: false });
        }
        let mut bytes = [0; 16];
        rand::fill(&mut bytes).map_err(|_| AppError::Internal("no random bytes".to_owned()))?;
        Ok(Self { value: Secret::new(URL_SAFE_NO_PAD.encode(bytes)), fresh: true })
    }

    /// Returns the value of the hidden field; the page that holds it is never cached.
    pub(super) fn field(&self) -> &str {
        self.value.expose()
    }

    /// Adds the cookie to the page, if the browser has none.
    pub(super) fn attach(&self, call: &Call, response: &mut Response<Body>) {
        if self.fresh {
            let secure = if call.base.is_https() { "; Secure" } else { "" };
            let name = cookie(call);
            let cookie = format!("{name}={}; HttpOnly; Path=/; SameSite=Strict{secure}", self.value.expose());
            set_cookie(response, &cookie);
        }
    }
}

/// Refuses a form whose field is not the browser's token.
pub(super) fn check(call: &Call, field: &str) -> Result<(), ServerError> {
    call.refuse_cross_origin()?;
    match auth::cookie(&call.headers, cookie(call)) {
        Some(value) if value.matches(field) => Ok(()),
        _ => Err(ServerError::StaleForm),
    }
}

/// Returns the name of the cookie.
fn cookie(call: &Call) -> &'static str {
    if call.base.is_https() { "__Host-da_form" } else { "da_form" }
}
