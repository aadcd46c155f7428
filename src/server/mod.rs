//! HTTP only: from a socket to a use case and back.
//!
//! [`edge`] bounds connections and reads requests; [`service`] is the one layer around all routes (request id, client
//! address, `Host`, headers, access log); [`router`] is the whole URL map, in which [`url_map`] finds the line of a
//! request; [`dispatch`] judges the caller; [`mount`] decodes, runs and encodes; [`error`] is the one table from errors
//! to answers.

pub mod address;
pub mod auth;
pub mod body;
pub mod call;
pub mod cookie_name;
pub mod dispatch;
pub mod edge;
pub mod error;
pub mod handlers;
pub mod headers;
pub mod host;
pub mod install;
pub mod list_budget;
pub mod metrics;
pub mod mount;
pub mod query;
mod request_id;
pub mod router;
pub mod run;
pub mod service;
pub mod url_map;
pub mod web;

use std::sync::Arc;

use crate::{api::settings::SettingItem, app::App};
use address::TrustedProxies;
use cookie_name::CookieName;
use host::{AllowedHosts, PublicUrl};
use install::Builds;
use list_budget::ListBudget;
use metrics::Metrics;

/// What every request may use.
pub struct Server {
    /// The use cases.
    pub app: Arc<App>,
    /// The address that clients know; without one, a request's own `Host`.
    pub public_url: Option<PublicUrl>,
    /// The names that requests may use for this server.
    pub allowed_hosts: AllowedHosts,
    /// Peers that speak for others.
    pub trusted_proxies: TrustedProxies,
    /// What the cookie of a browser's session is called.
    pub cookie_name: CookieName,
    /// Builds to hand out.
    pub builds: Builds,
    /// Counts what is answered.
    pub metrics: Metrics,
    /// Bounds the list answers that are held in memory.
    pub lists: ListBudget,
    /// Whether the metrics have a listener of their own, and no place on the main one (M-49).
    pub metrics_elsewhere: bool,
    /// The settings in force, for commands on this host.
    pub settings: Vec<SettingItem>,
}
