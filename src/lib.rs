#![doc = include_str!("docs/architecture.md")]

pub mod api;
pub mod app;
pub mod cli;
pub mod client;
pub mod credentials;
pub mod docs;
pub mod domain;
pub mod files;
pub mod server;
pub mod store;
