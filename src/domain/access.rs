//! Who may call an operation.

use serde::Serialize;

/// Who may call an endpoint; judged before the body is read (C-08).
///
/// A session is *held* while its user must change the password that an admin set: it reaches what says so and what ends
/// that, and nothing else. Tokens go on working (S-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anyone.
    Public,
    /// A person's credential: session or personal access token.
    Any,
    /// As [`Access::Any`], open also to a session whose user must change the password first.
    AnyEvenHeld,
    /// An interactive session; a token gets 403.
    Session,
    /// As [`Access::Session`], open also where the user must change the password first: it is how they do.
    SessionEvenHeld,
    /// An interactive session, or the very token that the path names, if it was made to rotate itself (O-06): which of
    /// them it is the use case decides, another token gets the 403 of [`Access::Session`].
    SessionOrItself,
    /// An active admin, by either credential.
    Admin,
    /// Whoever works on the server's host, through the admin socket (O-01); over the network nobody.
    Host,
}
