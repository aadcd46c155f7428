//! The wire contract, compiled into client and server.
//!
//! An operation is declared once, as a type that implements [`Endpoint`]; the client calls it and the router mounts it,
//! so that a drift between the two does not compile. Bodies are listed field by field: no column reaches the network
//! because an attribute was forgotten (S-22, S-23). Texts that the server judges with an answer of its own (a role, an
//! e-mail address, a name) travel as plain strings.

pub mod audit;
pub mod catalog;
pub mod error;
pub mod grants;
pub mod health;
pub mod keys;
pub(crate) mod lenient;
pub mod logins;
pub mod passwords;
pub mod profile;
pub mod restrictions;
mod row_id;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod users;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::domain::{KeyId, SessionId, TokenId, UserId};

pub use crate::domain::Access;
pub use error::{Detail, ErrorBody, ErrorCode};
pub use row_id::{FillPath, InvalidRowId, RowId};

/// A request method of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; never writes (S-32).
    Get,
    /// Does something.
    Post,
    /// Changes the fields that are given.
    Patch,
    /// Ends or removes.
    Delete,
}

impl Method {
    /// Returns the name on the request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation.
pub trait Endpoint {
    /// The method.
    const METHOD: Method;
    /// The path below the base URL; at most one parameter, written `{id}`.
    const PATH: &'static str;
    /// Who may call it.
    const ACCESS: Access;
    /// The status of success.
    const SUCCESS: u16 = 200;
    /// The path parameter, `()` for none.
    type Id: PathId;
    /// The query, [`Empty`] for none.
    type Query: Query;
    /// The body, [`Empty`] for none. A body whose fields are all optional may be left out.
    type Request: Serialize + DeserializeOwned;
    /// The answer, [`Empty`] for none.
    type Response: Serialize + DeserializeOwned;
}

/// The parameters that an operation reads from the query of a request.
pub trait Query: Serialize + DeserializeOwned {
    /// Whether they select a part of a list: the answer is one page, and its bytes count against the server's budget.
    const OF_LIST: bool;
    /// Whether a parameter that is not declared is refused.
    const STRICT: bool;
}

impl Query for Empty {
    const OF_LIST: bool = false;
    const STRICT: bool = false;
}

/// The query of a list that has no parameters, because it is short by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeList {}

macro_rules! list_queries {
    ($($type:ty),+ $(,)?) => {$(
        impl Query for $type {
            const OF_LIST: bool = true;
            const STRICT: bool = true;
        }
    )+};
}

list_queries!(
    WholeList,
    audit::ListQuery,
    sessions::AdminListQuery,
    sessions::PageQuery,
    tokens::AdminListQuery,
    tokens::ListQuery,
    users::ListQuery,
);

/// What may stand for `{id}` in a path.
pub trait PathId: Copy + fmt::Debug + Send + Sync + 'static {
    /// Returns the path with this id in place.
    fn fill(self, path: &str) -> String;

    /// Reads the id from the path segment; nothing if it cannot be one.
    fn parse(segment: Option<&str>) -> Option<Self>;

    /// The text and the code of the 404 for an id that is unknown, foreign or malformed alike (S-21).
    const NOT_FOUND: (&'static str, ErrorCode);
}

impl PathId for () {
    fn fill(self, path: &str) -> String {
        path.to_owned()
    }

    fn parse(_: Option<&str>) -> Option<Self> {
        Some(())
    }

    const NOT_FOUND: (&'static str, ErrorCode) = ("Not Found", ErrorCode::NotFound);
}

impl PathId for TokenId {
    fn fill(self, path: &str) -> String {
        path.replace("{id}", &self.to_string())
    }

    fn parse(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }

    const NOT_FOUND: (&'static str, ErrorCode) = ("Token not found", ErrorCode::TokenNotFound);
}

impl PathId for UserId {
    fn fill(self, path: &str) -> String {
        path.replace("{id}", &self.to_string())
    }

    fn parse(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }

    const NOT_FOUND: (&'static str, ErrorCode) = ("User not found", ErrorCode::UserNotFound);
}

impl PathId for SessionId {
    fn fill(self, path: &str) -> String {
        path.replace("{id}", &self.to_string())
    }

    fn parse(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }

    const NOT_FOUND: (&'static str, ErrorCode) = ("Session not found", ErrorCode::SessionNotFound);
}

impl PathId for KeyId {
    fn fill(self, path: &str) -> String {
        path.replace("{id}", &self.to_string())
    }

    fn parse(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }

    const NOT_FOUND: (&'static str, ErrorCode) = ("Signing key not found", ErrorCode::KeyNotFound);
}

/// No query, no body or no answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// How many items a page has when nothing is said.
pub const DEFAULT_LIMIT: u32 = 50;
/// How many items a page of any list has at most; a larger `limit` is cut to this.
pub const MAX_LIMIT: u32 = 1_000;

/// One page of a list (C-28).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    pub next_cursor: Option<String>,
}

/// The header that tells a client when the calling token ends (O-04).
pub const EXPIRES_HEADER: &str = "da-token-expires";
/// The header that names the request in answers and logs.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
