//! All policy: who may do what.
//!
//! A use case cannot be called without the scope that proves its caller's right to it, and the scopes can only be made
//! here. [`OwnerScope`] reaches what belongs to the caller, [`InteractiveScope`] the same with a session in hand,
//! [`AdminScope`] the control plane (C-04, I-04), [`SystemScope`] what only the server's host may do.

use std::time::Duration;

use super::{AppError, Origin, error::Rejection};
use crate::{
    domain::{
        Access, Action, AuditEntry, Expiry, Outcome, Role, SessionId, Timestamp, TokenId, TokenKind, User, UserId, Via,
        session, token::CreatedVia,
    },
    store::{Reader, StoredCredential},
};

/// The credential that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An interactive session.
    Session(SessionId),
    /// A personal access token.
    Token(TokenId),
}

impl Credential {
    /// Returns its kind.
    #[must_use]
    pub fn kind(self) -> TokenKind {
        match self {
            Self::Session(_) => TokenKind::Session,
            Self::Token(_) => TokenKind::Pat,
        }
    }

    /// Reads its row and its user's.
    pub(super) fn stored(self, reader: &dyn Reader) -> Result<Option<StoredCredential>, AppError> {
        Ok(match self {
            Self::Session(id) => reader.session_credential(id)?,
            Self::Token(id) => reader.token_credential(id)?,
        })
    }
}

impl From<Credential> for Via {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Session(id) => Self::Session(id),
            Credential::Token(id) => Self::Token(id),
        }
    }
}

/// Who is asking: made only by [`App::authenticate`](super::App::authenticate).
#[derive(Debug, Clone)]
pub struct Principal {
    pub(super) user: User,
    pub(super) credential: Credential,
    pub(super) expiry: Expiry,
    pub(super) created_via: Option<CreatedVia>,
}

impl Principal {
    /// Returns the user, as the store knew them when the request began.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Returns the accepted credential.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.credential
    }

    /// Returns the end of the credential.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// Tells whether the credential is a token of a credential helper.
    pub(super) fn is_helper(&self) -> bool {
        self.created_via == Some(CreatedVia::Helper)
    }

    /// Refuses a token of a credential helper: git hosts and registries hold it, so it changes nothing of its owner.
    ///
    /// # Errors
    /// [`AppError::HelperToken`].
    pub(super) fn refuse_helper(&self) -> Result<(), AppError> {
        if self.is_helper() { Err(AppError::HelperToken) } else { Ok(()) }
    }

    /// Checks again inside the writer that the credential still lives, so that nothing is changed on behalf of one that
    /// was ended while the request waited (S-06). Returns the user as they are now.
    pub(super) fn recheck(&self, reader: &dyn Reader, now: Timestamp) -> Result<User, AppError> {
        let Some(stored) = self.credential.stored(reader)? else {
            return Err(absent(reader, self.user.id)?.into());
        };
        judge(&stored, now)?;
        Ok(stored.user)
    }

    /// Starts an audit row of this principal.
    pub(super) fn entry(&self, origin: &Origin, action: Action, resource: String) -> AuditEntry {
        entry(origin, Some(self.user.id), self.credential.into(), action, resource)
    }
}

/// Starts an audit row: without details, ended well.
pub(super) fn entry(
    origin: &Origin,
    user_id: Option<UserId>,
    via: Via,
    action: Action,
    resource: String,
) -> AuditEntry {
    const OK: Outcome = "ok";
    let params = serde_json::json!({});
    let Origin { ip, request_id, .. } = origin.clone();
    AuditEntry { action, user_id, via, resource, params, result: OK, ip, request_id }
}

/// Finds the reason why a credential of ours has no row any more: as a rule it went with its user.
pub(super) fn absent(reader: &dyn Reader, user: UserId) -> Result<Rejection, AppError> {
    Ok(match reader.user(user)? {
        None => Rejection::UserUnknown,
        Some(user) if !user.active => Rejection::Deactivated,
        Some(_) => Rejection::Unknown,
    })
}

/// How long the token of a replaced session goes on working, for requests on their way.
pub(super) const TOKEN_OVERLAP: Duration = Duration::from_secs(60);

/// Checks a credential whose hash has matched. The order of the checks is that of the original, as clients see the
/// reason: first the account, then a revocation, then the expiry.
pub(super) fn judge(stored: &StoredCredential, now: Timestamp) -> Result<(), Rejection> {
    let has_rested = stored.last_used.is_some_and(|(last, _)| session::has_rested(last, stored.idle_limit, now));
    // A replaced session that would work for longer than the overlap was replaced before the clock was set back.
    let is_session = stored.created_via.is_none();
    let is_replaced = |until: Timestamp| until <= now || is_session && until.since(now) > TOKEN_OVERLAP;
    if !stored.user.active {
        Err(Rejection::Deactivated)
    } else if stored.revoked || stored.replaced_until.is_some_and(is_replaced) {
        Err(Rejection::Revoked)
    } else if stored.expiry.is_past(now) || has_rested {
        Err(Rejection::Expired)
    } else {
        Ok(())
    }
}

/// Decides whether `principal` may use an operation open to `access`: the one place where roles and credential kinds
/// are compared.
///
/// # Errors
/// 401 without a principal where one is needed, else the 403 that says what is missing: first of all a password of one's
/// own. The role is judged before the kind of credential, as in the original.
pub fn authorize(access: Access, principal: Option<&Principal>) -> Result<(), AppError> {
    let needed = match access {
        Access::Public => return Ok(()),
        _ => principal.ok_or(Rejection::Missing)?,
    };
    let is_session = needed.credential.kind() == TokenKind::Session;
    match access {
        Access::Host => Err(AppError::HostRequired),
        Access::Any | Access::Session | Access::SessionOrItself | Access::Admin
            if is_session && needed.user.must_change_password =>
        {
            Err(AppError::PasswordChangeRequired)
        }
        Access::Admin if needed.user.role < Role::Admin => Err(AppError::RoleRequired(Role::Admin)),
        Access::Admin => needed.refuse_helper(),
        Access::Session | Access::SessionEvenHeld if !is_session => Err(AppError::SessionRequired),
        Access::Public
        | Access::Any
        | Access::AnyEvenHeld
        | Access::Session
        | Access::SessionEvenHeld
        | Access::SessionOrItself => Ok(()),
    }
}

/// Decides whether a caller on the server's host, without a credential, may use an operation open to `access`: whatever
/// administers, and nothing that belongs to a person.
///
/// # Errors
/// [`AppError::PersonRequired`].
pub fn authorize_host(access: Access) -> Result<(), AppError> {
    match access {
        Access::Public | Access::Admin | Access::Host => Ok(()),
        Access::Any | Access::AnyEvenHeld | Access::Session | Access::SessionEvenHeld | Access::SessionOrItself => {
            Err(AppError::PersonRequired)
        }
    }
}

/// The only ownership decision: equality, with no way round it for admins (I-02, C-33).
#[must_use]
pub fn can_act_on(actor: UserId, owner: UserId) -> bool {
    actor == owner
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident needs $access:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a>(&'a Principal);

        impl<'a> $name<'a> {
            /// Proves the right of `principal`.
            ///
            /// # Errors
            /// Those of [`authorize`].
            pub fn new(principal: Option<&'a Principal>) -> Result<Self, AppError> {
                authorize(Access::$access, principal)?;
                principal.map(Self).ok_or(AppError::Rejected(Rejection::Missing))
            }

            /// Returns who it is.
            #[must_use]
            pub fn principal(&self) -> &'a Principal {
                self.0
            }
        }
    )+};
}

scopes! {
    /// Reaches what belongs to the caller.
    OwnerScope needs Any;
    /// Reaches who the caller is and the way out, even where the password must be changed first.
    HeldScope needs AnyEvenHeld;
    /// Reaches the change of one's own password, with a session in hand.
    PasswordScope needs SessionEvenHeld;
    /// Reaches what belongs to the caller and needs the person: a session in hand.
    InteractiveScope needs Session;
    /// Reaches what belongs to the caller with a session in hand; of a token nothing but itself.
    RotationScope needs SessionOrItself;
}

/// Proof that the caller works on the server's host, where no credential is asked for (O-01): with the lock of the data
/// directory in hand, or through the admin socket in it, which only its owner may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemScope(Via);

impl SystemScope {
    /// Claims to be on the host. Call it only from a command that holds the lock of the data directory.
    #[must_use]
    pub fn on_the_host() -> Self {
        Self(Via::System)
    }

    /// Claims to be on the host as the system's user `uid`. Call it only for a connection of the admin socket.
    #[must_use]
    pub fn over_the_socket(uid: u32) -> Self {
        Self(Via::Host(uid))
    }

    /// Starts an audit row of this caller.
    pub(super) fn entry(self, origin: &Origin, action: Action, resource: String) -> AuditEntry {
        entry(origin, None, self.0, action, resource)
    }
}

/// Who administers: an admin by a credential, or whoever works on the server's host.
#[derive(Debug, Clone)]
pub(super) enum Administrator {
    Person(Principal),
    Host(SystemScope),
}

impl Administrator {
    /// Returns the account that acts, if it is one.
    pub(super) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Person(principal) => Some(principal.user.id),
            Self::Host(_) => None,
        }
    }

    /// Tells whether a person acts with a session.
    pub(super) fn has_session(&self) -> bool {
        matches!(self, Self::Person(Principal { credential: Credential::Session(_), .. }))
    }

    /// Tells whether a person acts with a personal access token.
    pub(super) fn has_token(&self) -> bool {
        matches!(self, Self::Person(Principal { credential: Credential::Token(_), .. }))
    }

    /// Refuses a personal access token where its holder would get a credential of an admin that outlives the token: a
    /// password of the token's owner or of an admin (D-44). `target` is the account as the writer has just read it.
    ///
    /// # Errors
    /// [`AppError::AdminSessionRequired`].
    pub(super) fn may_replace_password(&self, target: &User) -> Result<(), AppError> {
        let is_dangerous = target.role == Role::Admin || Some(target.id) == self.user_id();
        if is_dangerous && self.has_token() { Err(AppError::AdminSessionRequired) } else { Ok(()) }
    }

    /// Refuses a personal access token that would make somebody an admin, or would activate one (D-44).
    ///
    /// # Errors
    /// [`AppError::AdminSessionRequired`].
    pub(super) fn may_make_admin(&self) -> Result<(), AppError> {
        if self.has_token() { Err(AppError::AdminSessionRequired) } else { Ok(()) }
    }

    /// Checks again inside the writer that the caller's credential lives and that they are still an admin (C-06).
    pub(super) fn recheck(&self, reader: &dyn Reader, now: Timestamp) -> Result<(), AppError> {
        let Self::Person(principal) = self else { return Ok(()) };
        let user = principal.recheck(reader, now)?;
        if user.role < Role::Admin { Err(AppError::RoleRequired(Role::Admin)) } else { Ok(()) }
    }

    /// Starts an audit row of this caller.
    pub(super) fn entry(&self, origin: &Origin, action: Action, resource: String) -> AuditEntry {
        match self {
            Self::Person(principal) => principal.entry(origin, action, resource),
            Self::Host(scope) => scope.entry(origin, action, resource),
        }
    }
}

/// Reaches users, everybody's token metadata and the audit log.
#[derive(Debug, Clone, Copy)]
pub struct AdminScope<'a>(Granted<'a>);

#[derive(Debug, Clone, Copy)]
enum Granted<'a> {
    Person(&'a Principal),
    Host(SystemScope),
}

impl<'a> AdminScope<'a> {
    /// Proves the right of `principal`.
    ///
    /// # Errors
    /// Those of [`authorize`].
    pub fn new(principal: Option<&'a Principal>) -> Result<Self, AppError> {
        authorize(Access::Admin, principal)?;
        principal.map(|principal| Self(Granted::Person(principal))).ok_or(AppError::Rejected(Rejection::Missing))
    }

    /// Returns who it is, to take into the writer.
    pub(super) fn administrator(&self) -> Administrator {
        match self.0 {
            Granted::Person(principal) => Administrator::Person(principal.clone()),
            Granted::Host(scope) => Administrator::Host(scope),
        }
    }
}

impl From<SystemScope> for AdminScope<'_> {
    fn from(scope: SystemScope) -> Self {
        Self(Granted::Host(scope))
    }
}
