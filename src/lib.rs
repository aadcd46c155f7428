//! `da`: a self-hosted token authority.

pub mod api;
pub mod app;
pub mod cli;
pub mod client;
pub mod credentials;
pub mod domain;
pub mod server;
pub mod store;
