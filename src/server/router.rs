//! The whole URL map, one line per operation.

use super::{
    handlers::{
        audit, catalog, grants, health, keys, logins, metrics, passwords, profile, sessions, settings, tokens, users,
    },
    mount::Routes,
    url_map::{RouteInfo, UrlMap},
    web,
};
use crate::api::{self, Access, Method};

fn routes() -> Routes {
    Routes::default()
        .mount::<api::logins::Login>(logins::login)
        .mount::<api::logins::PasswordLogin>(logins::password_login)
        .mount::<api::logins::Bootstrap>(logins::bootstrap)
        .mount::<api::logins::Logout>(logins::logout)
        .mount_in_place::<api::logins::Me>(logins::me)
        .mount::<api::sessions::Refresh>(sessions::refresh)
        .mount::<api::grants::Start>(grants::start)
        .mount::<api::grants::Poll>(grants::poll)
        .mount::<api::grants::Approve>(grants::approve)
        .mount::<api::grants::Deny>(grants::deny)
        .mount::<api::grants::Redeem>(grants::redeem)
        .mount::<api::sessions::List>(sessions::list)
        .mount::<api::sessions::RevokeAll>(sessions::revoke_all)
        .mount::<api::sessions::Revoke>(sessions::revoke)
        .mount::<api::sessions::AdminList>(sessions::admin_list)
        .mount::<api::sessions::AdminRevoke>(sessions::admin_revoke)
        .mount::<api::sessions::AdminRevokeUser>(sessions::admin_revoke_user)
        .mount::<api::passwords::Reset>(passwords::reset)
        .mount::<api::passwords::Change>(passwords::change)
        .mount::<api::profile::Show>(profile::show)
        .mount::<api::profile::Update>(profile::update)
        .mount::<api::tokens::Create>(tokens::create)
        .mount::<api::tokens::List>(tokens::list)
        .mount::<api::tokens::Show>(tokens::show)
        .mount::<api::tokens::Revoke>(tokens::revoke)
        .mount::<api::tokens::Rotate>(tokens::rotate)
        .mount::<api::tokens::AdminList>(tokens::admin_list)
        .mount::<api::tokens::AdminRevoke>(tokens::admin_revoke)
        .mount::<api::users::List>(users::list)
        .mount::<api::users::Create>(users::create)
        .mount::<api::users::Show>(users::show)
        .mount::<api::users::Update>(users::update)
        .mount::<api::users::Delete>(users::delete)
        .mount::<api::users::Activate>(users::activate)
        .mount::<api::users::Deactivate>(users::deactivate)
        .mount::<api::users::ResetPassword>(users::reset_password)
        .mount::<api::users::SetPassword>(users::set_password)
        .mount::<api::users::RecoverAdmin>(users::recover_admin)
        .mount::<api::audit::List>(audit::list)
        .mount_in_place::<api::catalog::Tables>(catalog::tables)
        .mount_in_place::<api::catalog::SyncManifest>(catalog::sync_manifest)
        .mount_in_place::<api::keys::Jwks>(keys::jwks)
        .mount::<api::keys::List>(keys::list)
        .mount::<api::keys::Rotate>(keys::rotate)
        .mount::<api::keys::Retire>(keys::retire)
        .mount::<api::settings::List>(settings::list)
        .mount_probe::<api::health::Health>(health::health)
        .mount::<api::health::DetailedHealth>(health::health)
        .mount_in_place::<api::health::Version>(health::version)
        .mount_in_place::<api::health::Live>(health::live)
        .mount_probe::<api::health::Ready>(health::ready)
        .mount_probe::<api::health::Healthz>(health::healthz)
        .page(Method::Get, "/metrics", Access::Public, metrics::show)
        .page(Method::Get, "/", Access::Any, web::home::show)
        .page(Method::Post, "/", Access::AnyEvenHeld, web::home::sign_out)
        .page(Method::Get, "/login", Access::Public, web::login::show)
        .page(Method::Post, "/login", Access::Public, web::login::submit)
        .page(Method::Get, "/tokens", Access::Any, web::tokens::show)
        .page(Method::Post, "/tokens", Access::Any, web::tokens::submit)
        .page(Method::Get, "/profile", Access::Any, web::account::profile)
        .page(Method::Get, "/me/profile", Access::Any, web::account::profile)
        .page(Method::Get, "/account", Access::AnyEvenHeld, web::account::show)
        .page(Method::Post, "/account", Access::SessionEvenHeld, web::account::submit)
        .page(Method::Get, "/device", Access::Session, web::device::show)
        .page(Method::Post, "/device", Access::Session, web::device::submit)
        .page(Method::Get, "/authorize", Access::Session, web::authorize::show)
        .page(Method::Post, "/authorize", Access::Session, web::authorize::submit)
        .page(Method::Get, "/admin/users", Access::Admin, web::admin::users::show)
        .page(Method::Post, "/admin/users", Access::Admin, web::admin::users::submit)
        .page(Method::Get, "/admin/tokens", Access::Admin, web::admin::tokens::show)
        .page(Method::Post, "/admin/tokens", Access::Admin, web::admin::tokens::submit)
        .page(Method::Get, "/admin/sessions", Access::Admin, web::admin::sessions::show)
        .page(Method::Post, "/admin/sessions", Access::Admin, web::admin::sessions::submit)
        .page(Method::Get, "/admin/audit", Access::Admin, web::admin::audit::show)
        .page(Method::Get, "/setup", Access::Public, web::setup::show)
        .page(Method::Post, "/setup", Access::Public, web::setup::submit)
        .page(Method::Get, "/docs", Access::Public, web::docs::show)
        .page(Method::Get, "/install", Access::Public, web::install::show)
        .page(Method::Post, "/install", Access::Session, web::install::set_up_agent)
        .page(Method::Get, web::assets::STYLE.path(), Access::Public, web::assets::style)
        .page(Method::Get, web::assets::SCRIPT.path(), Access::Public, web::assets::script)
        .page(Method::Get, web::assets::ICON.path(), Access::Public, web::assets::icon)
        .page(Method::Get, "/cli/install.sh", Access::Public, web::install::script)
        .page(Method::Get, "/cli/download", Access::Public, web::install::download)
}

/// Returns the map, ready to answer.
#[must_use]
pub fn url_map() -> UrlMap {
    routes().finish()
}

/// Returns what every line of the map says of itself: the matrix of routes, credentials and roles is generated from it.
#[must_use]
pub fn table() -> Vec<RouteInfo> {
    url_map().lines().iter().map(|line| line.route).collect()
}
