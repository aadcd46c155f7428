//! HTTP only: sockets, limits, headers, pages; no policy.

pub mod address;
pub mod edge;
pub mod host;
