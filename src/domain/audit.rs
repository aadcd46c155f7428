//! The audit log: its vocabulary (D-26, A-25) and the chain that shows tampering (D-12).

use std::{fmt, net::IpAddr, str::FromStr};

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditId, SessionId, TokenId, UserId, time::Timestamp};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What happened; one vocabulary for people, filters and alerts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the word in the log.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in.
    Login = "login",
    /// A sign-in was refused.
    LoginFailed = "login_failed",
    /// Somebody signed out.
    Logout = "logout",
    /// Sessions were ended by somebody else or by a change.
    SessionRevoke = "session.revoke",
    /// Somebody let a device or a program sign in, or have a token, in their name.
    DeviceApprove = "device.approve",
    /// Somebody refused that.
    DeviceDeny = "device.deny",
    /// The first admin was made.
    Bootstrap = "bootstrap",
    /// An admin was made or restored on the server's host.
    RecoverAdmin = "recover_admin",
    /// An admin route was refused.
    AccessDenied = "access_denied",
    /// A user was added.
    UserCreate = "user.create",
    /// A user was changed, switched on or off.
    UserUpdate = "user.update",
    /// A user was deleted.
    UserDelete = "user.delete",
    /// A one-time reset value was made.
    UserResetPassword = "user.reset_password",
    /// A password was set, by an admin, the user, or a reset value.
    UserSetPassword = "user.set_password",
    /// A token was made.
    TokenCreate = "token.create",
    /// A token was ended by its owner, or by whoever held it.
    TokenRevoke = "token.revoke",
    /// A token was ended by an admin.
    TokenAdminRevoke = "token.admin_revoke",
    /// A token was replaced by a new one; both work for a while.
    TokenRotate = "token.rotate",
    /// Which of the two is used while both work: the new one for the first time, the old one at most once a day.
    TokenUsedInOverlap = "token.used_in_overlap",
    /// A token came from another address than the last time.
    TokenFirstUseNewIp = "token.first_use_new_ip",
    /// A new signing key took the place of the active one.
    KeyRotate = "key.rotate",
    /// A signing key was ended, with all that it signed.
    KeyRetire = "key.retire",
    /// The master key changed; rows before this one were sealed anew.
    MasterKeyRekey = "master_key.rekey",
    /// A backup became the store; rows that were newer than the backup are gone.
    StoreRestore = "store.restore",
}

/// The text names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown audit action")]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text).ok_or(UnknownAction)
    }
}

impl TryFrom<String> for Action {
    type Error = UnknownAction;

    fn try_from(text: String) -> Result<Self, UnknownAction> {
        text.parse()
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.as_str().to_owned()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which credential did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// An interactive session.
    Session(SessionId),
    /// A personal access token.
    Token(TokenId),
    /// The server itself, or a command on its host that held the data directory.
    System,
    /// A command on its host, through the admin socket, of this user of the system (O-01).
    Host(u32),
    /// Nobody known: a refused sign-in, a reset value.
    Anonymous,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::System => f.write_str("system"),
            Self::Host(uid) => write!(f, "host:{uid}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

/// How it ended: `ok`, or a short reason.
pub type Outcome = &'static str;

/// A row that is about to be written; the store adds number, id, time and seal.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// What happened.
    pub action: Action,
    /// Who acted, if known.
    pub user_id: Option<UserId>,
    /// With which credential.
    pub via: Via,
    /// On what: `user:ID`, `token:ID`, `session:ID`, `key:KID`, `master_key`, `auth`, or a route.
    pub resource: String,
    /// Details, never a secret.
    pub params: Value,
    /// How it ended.
    pub result: Outcome,
    /// The resolved client address.
    pub ip: Option<IpAddr>,
    /// The request, as in the access log and the answer.
    pub request_id: Option<String>,
}

/// A written row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the chain, from 1, without gaps.
    pub seq: i64,
    /// Its id on the wire.
    pub id: AuditId,
    /// When it was written.
    pub at: Timestamp,
    /// As in [`AuditEntry`].
    pub user_id: Option<UserId>,
    /// [`Via`], as text.
    pub via: String,
    /// [`Action`], as text: an older log may hold one that this version does not know.
    pub action: String,
    /// As in [`AuditEntry`].
    pub resource: String,
    /// JSON text.
    pub params: String,
    /// As in [`AuditEntry`].
    pub result: String,
    /// As in [`AuditEntry`], as text.
    pub ip: Option<String>,
    /// As in [`AuditEntry`].
    pub request_id: Option<String>,
}

/// The seal of a row: a MAC over the row and the seal before it.
pub type Seal = [u8; 32];

/// The seal before the first row.
pub const GENESIS: Seal = [0; 32];

/// The newest row's number and seal, itself sealed so that a cut-off tail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The newest row's number; 0 before the first.
    pub seq: i64,
    /// The newest row's seal.
    pub seal: Seal,
}

impl fmt::Display for ChainHead {
    /// Writes `NUMBER:SEAL`, the seal in hexadecimal: the form in logs, read back by [`ChainHead::from_str`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.seal.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no head of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `NUMBER:SEAL` as the server's log gives it")]
pub struct InvalidHead;

impl FromStr for ChainHead {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        let (seq, hex) = text.split_once(':').ok_or(InvalidHead)?;
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(InvalidHead);
        }
        let mut seal = GENESIS;
        for (index, byte) in seal.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).map_err(|_| InvalidHead)?;
        }
        Ok(Self { seq: seq.parse().map_err(|_| InvalidHead)?, seal })
    }
}

/// The key of the chain: HMAC-SHA256, derived from the master key (D-08), so that whoever writes the file cannot
/// recompute the chain.
#[derive(Clone)]
pub struct ChainKey(hmac::Key);

impl ChainKey {
    /// Takes 32 bytes of key.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns the seal of `row` after a row sealed `previous`.
    #[must_use]
    pub fn seal(&self, previous: &Seal, row: &AuditRow) -> Seal {
        let mut mac = Framed(hmac::Context::with_key(&self.0));
        mac.field(b"da/audit/row/v1");
        mac.field(previous);
        mac.field(&row.seq.to_be_bytes());
        mac.field(row.id.as_bytes());
        mac.field(&row.at.as_micros().to_be_bytes());
        mac.optional(row.user_id.as_ref().map(|id| id.as_bytes().as_slice()));
        mac.field(row.via.as_bytes());
        mac.field(row.action.as_bytes());
        mac.field(row.resource.as_bytes());
        mac.field(row.params.as_bytes());
        mac.field(row.result.as_bytes());
        mac.optional(row.ip.as_deref().map(str::as_bytes));
        mac.optional(row.request_id.as_deref().map(str::as_bytes));
        mac.finish()
    }

    /// Returns the seal of the head itself.
    #[must_use]
    pub fn seal_head(&self, head: &ChainHead) -> Seal {
        let mut mac = Framed(hmac::Context::with_key(&self.0));
        mac.field(b"da/audit/head/v1");
        mac.field(&head.seq.to_be_bytes());
        mac.field(&head.seal);
        mac.finish()
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

/// Length-prefixed fields, so that no two different rows give the same bytes.
struct Framed(hmac::Context);

impl Framed {
    fn field(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.0.update(&[u8::from(bytes.is_some())]);
        self.field(bytes.unwrap_or_default());
    }

    fn finish(self) -> Seal {
        let mut seal = [0; 32];
        seal.copy_from_slice(self.0.sign().as_ref());
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            seq: 1,
            id: AuditId::from_bytes([7; 16]),
            at: Timestamp::from_micros(1),
            user_id: None,
            via: "system".to_owned(),
            action: "login".to_owned(),
            resource: "auth".to_owned(),
            params: "{}".to_owned(),
            result: "ok".to_owned(),
            ip: None,
            request_id: None,
        }
    }

    #[test]
    fn every_field_and_the_key_are_sealed() {
        let key = ChainKey::new(&[1; 32]);
        let seal = key.seal(&GENESIS, &row());
        let changed = [
            AuditRow { seq: 2, ..row() },
            AuditRow { id: AuditId::from_bytes([8; 16]), ..row() },
            AuditRow { at: Timestamp::from_micros(2), ..row() },
            AuditRow { user_id: Some(UserId::from_bytes([0; 16])), ..row() },
            AuditRow { via: "systemlogin".to_owned(), action: String::new(), ..row() },
            AuditRow { resource: "auth{}".to_owned(), params: String::new(), ..row() },
            AuditRow { result: "no".to_owned(), ..row() },
            AuditRow { ip: Some(String::new()), ..row() },
            AuditRow { request_id: Some(String::new()), ..row() },
        ];
        for other in changed {
            assert_ne!(key.seal(&GENESIS, &other), seal, "{other:?}");
        }
        assert_ne!(key.seal(&[1; 32], &row()), seal);
        assert_ne!(ChainKey::new(&[2; 32]).seal(&GENESIS, &row()), seal);
    }

    #[test]
    fn heads_round_trip_and_nothing_else_is_read() {
        let head = ChainHead { seq: 42, seal: [0xa5; 32] };
        assert_eq!(head.to_string().parse(), Ok(head));
        for text in ["", "42", "42:", ":", "42:zz", &format!("x:{}", "a".repeat(64)), &format!("1:{}", "é".repeat(32))]
        {
            assert_eq!(text.parse::<ChainHead>(), Err(InvalidHead), "{text}");
        }
    }

    #[test]
    fn actions_round_trip() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
    }
}
