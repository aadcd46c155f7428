//! The URL map against every kind of caller: S-21, S-32, C-08. Everything here is generated from the router's own
//! table, so a line that joins the map is covered without a word added.

mod cast;
mod cells;
mod paths;
mod strangers;

use da::server::{router::table, url_map::RouteInfo};

/// An id that nothing has.
const UNKNOWN_ID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
/// The form token of a browser that has one: cookie and field are equal (S-32).
const FORM_TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Returns the path of a line with `id` in the place of its parameter.
fn path(line: &RouteInfo, id: &str) -> String {
    let segments = line.path.split('/').map(|segment| if segment.starts_with('{') { id } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns the lines that ask for a credential.
fn closed_lines() -> impl Iterator<Item = RouteInfo> {
    table().into_iter().filter(|line| line.access != da::api::Access::Public)
}

/// Everything else here takes each line's `access` at its word; this list is where a person has read them.
#[test]
fn who_may_call_what_is_reviewed() {
    let lines: Vec<String> =
        table().iter().map(|line| format!("{:7}{:?} {}", line.method.as_str(), line.access, line.path)).collect();
    let filters = vec![(r"\.[0-9a-f]{16}\.", ".[digest].")];
    insta::with_settings!({ filters => filters }, { insta::assert_snapshot!(lines.join("\n"), @r"
    POST   Public /auth/token
    POST   Public /auth/password/login
    POST   Public /auth/bootstrap
    POST   Public /auth/logout
    GET    AnyEvenHeld /auth/me
    POST   Public /auth/refresh
    POST   Public /auth/device
    POST   Public /auth/device/token
    POST   Session /auth/device/approve
    POST   Session /auth/device/deny
    POST   Public /auth/authorize/token
    GET    Any /api/sessions
    DELETE Any /api/sessions
    DELETE Any /api/sessions/{id}
    GET    Admin /api/admin/sessions
    DELETE Admin /api/admin/sessions/{id}
    POST   Admin /api/admin/users/{id}/revoke-sessions
    POST   Public /auth/password/reset
    POST   SessionEvenHeld /auth/password/change
    GET    Any /api/profile
    PATCH  Session /api/profile
    POST   Session /auth/tokens
    GET    Any /auth/tokens
    GET    Any /auth/tokens/{id}
    DELETE Any /auth/tokens/{id}
    POST   SessionOrItself /auth/tokens/{id}/rotate
    GET    Admin /auth/admin/tokens
    DELETE Admin /auth/admin/tokens/{id}
    GET    Admin /api/users
    POST   Admin /api/users
    GET    Admin /api/users/{id}
    PATCH  Admin /api/users/{id}
    DELETE Admin /api/users/{id}
    POST   Admin /api/users/{id}/activate
    POST   Admin /api/users/{id}/deactivate
    POST   Admin /api/users/{id}/reset-password
    POST   Admin /api/users/{id}/set-password
    POST   Host /api/admin/recover
    GET    Admin /api/admin/audit
    GET    Any /api/catalog/tables
    GET    Any /api/sync/manifest
    GET    Public /.well-known/jwks.json
    GET    Host /api/admin/keys
    POST   Host /api/admin/keys/rotate
    POST   Host /api/admin/keys/{id}/retire
    GET    Host /api/admin/settings
    GET    Public /api/health
    GET    Any /api/health/detailed
    GET    Public /api/version
    GET    Public /live
    GET    Public /ready
    GET    Public /healthz
    GET    Public /metrics
    GET    Any /
    POST   AnyEvenHeld /
    GET    Public /login
    POST   Public /login
    GET    Any /tokens
    POST   Any /tokens
    GET    Any /profile
    GET    Any /me/profile
    GET    AnyEvenHeld /account
    POST   SessionEvenHeld /account
    GET    Session /device
    POST   Session /device
    GET    Session /authorize
    POST   Session /authorize
    GET    Admin /admin/users
    POST   Admin /admin/users
    GET    Admin /admin/tokens
    POST   Admin /admin/tokens
    GET    Admin /admin/sessions
    POST   Admin /admin/sessions
    GET    Admin /admin/audit
    GET    Public /setup
    POST   Public /setup
    GET    Public /docs
    GET    Public /install
    POST   Session /install
    GET    Public /assets/style.[digest].css
    GET    Public /assets/console.[digest].js
    GET    Public /assets/icon.[digest].svg
    GET    Public /cli/install.sh
    GET    Public /cli/download
    ") });
}
