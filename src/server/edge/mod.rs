//! From socket to request: the part of the server that strangers touch first (D-02, S-40..S-42, S-52).
//!
//! [`serve`] accepts connections, bounds them, and hands every well-formed request to one service. hyper parses and
//! writes HTTP/1.1; what it leaves open is done here:
//!
//! - `gate` sits between the socket and hyper. It passes on exactly one request at a time, so it always knows whether
//!   a connection is idle, in the middle of a head or of a body, and holds each of them to its own deadline (hyper's
//!   single header timer would also be its keep-alive timer).
//! - `head` judges the raw bytes of a request head. hyper mends some ambiguous framing silently (it drops a
//!   `Content-Length` beside `Transfer-Encoding`, and folds equal lengths into one); a mended request looks innocent
//!   afterwards, so the bytes are judged before hyper sees them. Two parsers have to agree.
//! - `listen` and `census` bound the connections, in all and per address; `connection` drives one of them.
//! - `admin_socket` does the same for the socket of the server's own host, whose callers need no credential (O-01).
//!
//! A connection costs one task and no thread; whatever a client does or leaves undone ends that task alone.

#[cfg(unix)]
mod admin_socket;
mod body;
mod census;
mod certificate;
mod connection;
mod gate;
mod head;
mod limits;
mod listen;
mod refusal;
#[cfg(test)]
mod tests;
mod tls;

use std::{fmt, net::SocketAddr};

#[cfg(unix)]
pub use admin_socket::serve_host;
pub use body::{Body, BodyError, RequestBody, read_body};
pub use census::Census;
pub use certificate::{ends_at, refusals};
pub use head::{Framing, judge};
pub use limits::EdgeLimits;
pub use listen::serve;
pub use refusal::{Refusal, RefusalCounts};
pub use tls::{TlsError, TlsReloader};

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Somebody in the network.
    Network {
        /// The address of the socket: the client itself, or a proxy (D-13).
        address: SocketAddr,
        /// Whether the connection is TLS.
        tls: bool,
    },
    /// Somebody on this host, through the admin socket.
    Host {
        /// The user of the system, as the kernel tells it.
        uid: u32,
    },
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network { address, .. } => address.fmt(f),
            Self::Host { uid } => write!(f, "host:{uid}"),
        }
    }
}
