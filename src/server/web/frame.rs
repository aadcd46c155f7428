//! What every page has around its content: who is signed in, where else to go, the token of its forms.

use http::Response;

use super::{assets, form_token::FormToken};
use crate::{
    domain::Role,
    server::{call::Call, edge::Body, error::ServerError},
};

/// The frame of one page.
pub(super) struct Frame<'a> {
    /// The path below which the server is reached.
    pub(super) prefix: &'a str,
    /// The address that clients use.
    pub(super) base: &'a str,
    /// Which entry of the navigation this page is.
    pub(super) here: &'static str,
    /// The login name for people, if somebody is signed in.
    pub(super) email: Option<String>,
    /// Whether the pages of admins are there.
    pub(super) is_admin: bool,
    token: FormToken,
    call: &'a Call,
}

impl<'a> Frame<'a> {
    /// Frames the page `here`.
    pub(super) fn of(call: &'a Call, here: &'static str) -> Result<Self, ServerError> {
        let user = call.principal.as_ref().map(|principal| principal.user());
        Ok(Self {
            prefix: call.base.prefix(),
            base: call.base.as_str(),
            here,
            email: user.map(|user| user.email.shown()),
            is_admin: user.is_some_and(|user| user.role >= Role::Admin),
            token: FormToken::of(call)?,
            call,
        })
    }

    /// Tells whether the page is a table that takes what room there is.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.here, "admin-tokens" | "sessions" | "audit")
    }

    /// Returns the path of the style sheet.
    pub(super) fn style(&self) -> &'static str {
        assets::STYLE.path()
    }

    /// Returns the path of the script.
    pub(super) fn script(&self) -> &'static str {
        assets::SCRIPT.path()
    }

    /// Returns the path of the tab's picture.
    pub(super) fn icon(&self) -> &'static str {
        assets::ICON.path()
    }

    /// Returns the value of the hidden field of every form.
    pub(super) fn form_token(&self) -> &str {
        self.token.field()
    }

    /// Adds what belongs to the frame to the finished page.
    pub(super) fn attach(&self, response: &mut Response<Body>) {
        self.token.attach(self.call, response);
    }
}
