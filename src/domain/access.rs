//! Who may call an operation.

use serde::Serialize;

/// Who may call an endpoint; judged before the body is read (C-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anyone.
    Public,
    /// A person's credential: session or personal access token.
    Any,
    /// An interactive session; a token gets 403.
    Session,
    /// An interactive session, or the very token that the path names, if it was made to rotate itself (O-06): which of
    /// them it is the use case decides, another token gets the 403 of [`Access::Session`].
    SessionOrItself,
    /// An active admin, by either credential.
    Admin,
    /// Whoever works on the server's host, through the admin socket (O-01); over the network nobody.
    Host,
}
