//! `da`: a self-hosted token authority.

pub mod api;
pub mod app;
pub mod client;
pub mod domain;
pub mod server;
pub mod store;
