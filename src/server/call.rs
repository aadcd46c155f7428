//! One request, as a handler sees it.

use std::sync::Arc;

use http::{HeaderMap, Method};

use super::{Server, auth, auth::Presented, edge::Peer, error::ServerError, host::BaseUrl};
use crate::app::{
    AdminScope, App, AppError, HeldScope, InteractiveScope, Origin, OwnerScope, PasswordScope, Principal,
    RotationScope, SystemScope,
};

/// What a handler may use.
#[derive(Clone)]
pub struct Call {
    /// The server.
    pub server: Arc<Server>,
    /// Where the request comes from.
    pub origin: Origin,
    /// Proof that the caller is on the server's own host, if so.
    pub host: Option<SystemScope>,
    /// The other end of the connection, whoever it speaks for.
    pub peer: Peer,
    /// How the client calls us.
    pub base: BaseUrl,
    /// The accepted caller; always there where the route asks for one.
    pub principal: Option<Principal>,
    /// The credential as sent, checked or not.
    pub presented: Option<Presented>,
    /// The method.
    pub method: Method,
    /// The headers.
    pub headers: HeaderMap,
}

impl Call {
    /// Returns the use cases.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.server.app
    }

    /// Refuses a write that another site may have made the browser send; for routes that look at the cookie themselves.
    ///
    /// # Errors
    /// [`ServerError::CrossOrigin`].
    pub fn require_same_origin(&self) -> Result<(), ServerError> {
        auth::require_same_origin(&self.method, &self.headers, &self.base)
    }

    /// Refuses a form that the browser says comes from another site; its form token is checked beside.
    ///
    /// # Errors
    /// [`ServerError::CrossOrigin`].
    pub fn refuse_cross_origin(&self) -> Result<(), ServerError> {
        auth::refuse_cross_origin(&self.method, &self.headers, &self.base)
    }

    /// Returns this call with its caller, if a live credential came along: for a public page that greets who is signed
    /// in.
    #[must_use]
    pub fn recognised(&self) -> Self {
        let presented = self.presented.as_ref();
        let principal = presented.and_then(|found| self.app().authenticate(found.token.expose(), &self.origin).ok());
        Self { principal, ..self.clone() }
    }

    /// Returns the proof for one's own things.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn owner(&self) -> Result<OwnerScope<'_>, AppError> {
        OwnerScope::new(self.principal.as_ref())
    }

    /// Returns the proof for who one is, even where the password must be changed first.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn even_held(&self) -> Result<HeldScope<'_>, AppError> {
        HeldScope::new(self.principal.as_ref())
    }

    /// Returns the proof for changing one's password.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn password(&self) -> Result<PasswordScope<'_>, AppError> {
        PasswordScope::new(self.principal.as_ref())
    }

    /// Returns the proof for what needs a session.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn interactive(&self) -> Result<InteractiveScope<'_>, AppError> {
        InteractiveScope::new(self.principal.as_ref())
    }

    /// Returns the proof for rotating tokens.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn rotation(&self) -> Result<RotationScope<'_>, AppError> {
        RotationScope::new(self.principal.as_ref())
    }

    /// Returns the proof for administration.
    ///
    /// # Errors
    /// Those of [`authorize`](crate::app::authz::authorize).
    pub fn admin(&self) -> Result<AdminScope<'_>, AppError> {
        match (self.principal.as_ref(), self.host) {
            (None, Some(host)) => Ok(host.into()),
            (principal, _) => AdminScope::new(principal),
        }
    }

    /// Returns the proof for what only the server's own host may do.
    ///
    /// # Errors
    /// [`AppError::HostRequired`].
    pub fn system(&self) -> Result<SystemScope, AppError> {
        self.host.ok_or(AppError::HostRequired)
    }
}
