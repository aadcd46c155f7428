//! Nouns and rules of the token authority.
//!
//! Everything here is plain data: no HTTP, SQL, terminal, files or environment. A value of one of these types has
//! been checked once, at the edge where it came in, and is trusted from then on.

pub mod access;
pub mod agent_setup;
pub mod audit;
pub mod email;
pub mod grant;
pub mod id;
pub mod key;
pub mod landing;
pub mod login_attempt;
pub mod metrics;
pub mod name;
pub mod opaque;
pub mod password;
pub mod pkce;
pub mod redact;
pub mod refresh;
pub mod role;
pub mod rotation;
pub mod secret;
pub mod session;
pub mod shell;
pub mod text;
pub mod time;
pub mod token;
pub mod token_network;
pub mod token_policy;
pub mod user;
pub mod user_code;
pub mod username;

pub use access::Access;
pub use audit::{Action, AuditEntry, Outcome, Via};
pub use email::Email;
pub use grant::{Grant, GrantCode, GrantStatus, Wanted};
pub use id::{AuditId, GrantId, SessionId, TokenId, UserId};
pub use key::{KeyId, KeyNumber};
pub use login_attempt::{LoginAttempts, LoginNameKey, Network};
pub use name::{DisplayName, TokenName};
pub use pkce::{CodeChallenge, CodeVerifier, LoopbackRedirect};
pub use refresh::{RefreshKey, RefreshToken};
pub use role::Role;
pub use secret::Secret;
pub use session::{Device, RevokedReason, Session};
pub use time::{Clock, Lifetime, Timestamp};
pub use token::{Expiry, Token, TokenHash, TokenKind};
pub use token_policy::{AskedLifetime, TokenPolicy};
pub use user::{User, UserSearch};
pub use user_code::{UserCode, UserCodeKey};
pub use username::Username;
