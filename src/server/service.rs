//! The one layer around all routes: request id, client address, `Host`, redirect of browsers, headers, access log.

use std::{borrow::Cow, net::IpAddr, sync::Arc, time::Instant};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
    request::Parts,
    uri::{PathAndQuery, Scheme},
};

use super::{
    Server,
    address::{self, TrustedProxies},
    auth,
    call::Call,
    cookie_name::CookieName,
    dispatch::dispatch,
    edge::{Body, Peer, RequestBody},
    error::ServerError,
    headers,
    host::{BaseUrl, Host, PublicUrl},
    metrics::Metrics,
    request_id,
    url_map::{Found, UrlMap},
    web::failure,
};
use crate::{
    api::ErrorCode,
    app::{Origin, SystemScope, error::Rejection},
    domain::redact::redacted,
};

/// What the layer knows of a request, for the routes.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where it comes from.
    pub origin: Origin,
    /// Proof that it comes from the server's own host, if it does.
    pub host: Option<SystemScope>,
    /// The other end of the connection, whoever it speaks for.
    pub peer: Peer,
    /// How the client calls us.
    pub base: BaseUrl,
}

/// Probes and metrics are asked for every few seconds by machines.
const PROBES: [&str; 4] = ["/live", "/ready", "/healthz", "/metrics"];
/// Paths of programs: a 401 stays a 401 there.
const PROGRAMS: [&str; 6] = ["api", "auth", "oauth", "cli", "webhooks", ".well-known"];

/// Pages that are pointless without their query: who has to sign in first comes back with it.
const NEED_THEIR_QUERY: [&str; 2] = ["/device", "/authorize"];

/// Tells whether this is what machines ask for all the time, which stays out of the access log (M-50). What no machine
/// does, such as a scrape from outside, does not.
fn is_a_probe(path: &str, status: StatusCode) -> bool {
    PROBES.contains(&path) && matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE)
}

/// Tells whether a path is one of programs, never of pages.
pub(super) fn is_for_programs(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|first| PROGRAMS.contains(&first))
}

/// Answers a request with one of the routes.
pub async fn respond(
    server: Arc<Server>,
    map: Arc<UrlMap>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Response<Body> {
    let began = Instant::now();
    let request_id = request_id::fresh();
    let (mut parts, body) = request.into_parts();
    let Sender { ip, https, host: on_host } = Sender::of(peer, &parts.headers, &server.trusted_proxies);
    drop_trailing_slash(&mut parts.uri);
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let path = uri.path();
    let browses = may_be_redirected(&method, path, &parts.headers);
    let found = map.find(&method, path);

    let mut response = match Host::from_headers(&parts.headers) {
        Err(_) => ServerError::InvalidHost.into_response(&request_id),
        // The admin socket is no network: nobody's DNS leads to it.
        Ok(host) if on_host.is_none() && !server.allowed_hosts.contains(&host) => {
            ServerError::Misdirected.into_response(&request_id)
        }
        Ok(host) => {
            let base = BaseUrl::from_request(&host, https, server.public_url.as_ref());
            let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
            let origin = Origin {
                ip,
                request_id: Some(request_id.clone()),
                user_agent: redacted(user_agent.unwrap_or_default()).into_owned(),
            };
            let context = Context { origin, host: on_host, peer, base };
            // A person is shown an error as a page, which needs what was asked once more.
            let for_a_person = is_for_a_person(path, &parts.headers).then(|| (context.clone(), parts.headers.clone()));
            let prefix = browses.then(|| context.base.prefix().to_owned());
            let mut response = match &found {
                Found::Line(_, line, id) => {
                    let answered = dispatch(Arc::clone(&server), context, line, id.as_deref(), parts, body).await;
                    answered.unwrap_or_else(|error| error.into_response(&request_id))
                }
                Found::OtherMethods(allow) => other_methods(allow, &request_id),
                Found::Nothing => not_found(&parts, &server.cookie_name).into_response(&request_id),
            };
            note_refusal(&server.metrics, &response);
            match (prefix, for_a_person) {
                (Some(prefix), _) if response.status() == StatusCode::UNAUTHORIZED => {
                    to_login(&format!("{prefix}/login"), &next_after_login(&uri))
                }
                (Some(prefix), _) if must_change_password(&response) => found_at(&format!("{prefix}/account")),
                (_, Some((context, headers))) if !response.status().is_success() => {
                    failure::replace(&mut response, &call(Arc::clone(&server), context, method.clone(), headers));
                    response
                }
                _ => response,
            }
        }
    };
    // A proxy that ends TLS need not say so when the public URL does.
    let https = https || server.public_url.as_ref().is_some_and(PublicUrl::is_https);
    headers::secure(response.headers_mut(), &request_id, https);
    let line = if let Found::Line(number, ..) = found { Some(number) } else { None };
    server.metrics.answered(line, &method, response.status(), began.elapsed());
    if !is_a_probe(path, response.status()) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (status, path) = (response.status().as_u16(), redacted(path));
        // A method is text of the client too.
        let method = redacted(method.as_str());
        match ip {
            Some(ip) => tracing::info!(target: "da::access", %method, %path, status, %ip, micros, request_id),
            None => tracing::info!(target: "da::access", %method, %path, status, %peer, micros, request_id),
        }
    }
    response
}

/// A stranger's browser is asked to sign in first, as for any page: an old bookmark leads somewhere, and nobody learns
/// which pages there are. Everybody else hears the truth.
fn not_found(parts: &Parts, cookie_name: &CookieName) -> ServerError {
    let anonymous = matches!(auth::present(&parts.headers, cookie_name), Ok(None));
    if parts.method == Method::GET && is_for_a_person(parts.uri.path(), &parts.headers) && anonymous {
        ServerError::App(Rejection::Missing.into())
    } else {
        ServerError::NotFound("Not Found", ErrorCode::NotFound)
    }
}

/// Refuses a method, and names those that the path has (RFC 9110 section 15.5.6).
fn other_methods(allow: &str, request_id: &str) -> Response<Body> {
    let mut response = ServerError::MethodNotAllowed.into_response(request_id);
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// What the connection tells of who sends a request.
struct Sender {
    ip: Option<IpAddr>,
    https: bool,
    host: Option<SystemScope>,
}

impl Sender {
    fn of(peer: Peer, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        match peer {
            Peer::Network { address, tls } => Self {
                ip: Some(address::client_address(address.ip(), headers, trusted)),
                https: tls || address::forwarded_https(address.ip(), headers, trusted),
                host: None,
            },
            Peer::Host { uid } => Self { ip: None, https: false, host: Some(SystemScope::over_the_socket(uid)) },
        }
    }
}

/// Counts a request that was refused for who sent it.
fn note_refusal(metrics: &Metrics, response: &Response<Body>) {
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    if refused.contains(&response.status())
        && let Some(code) = response.extensions().get::<ErrorCode>()
    {
        metrics.refused(*code);
    }
}

/// Returns the call that an error page is made for; who made it is not asked yet.
fn call(server: Arc<Server>, context: Context, method: Method, headers: HeaderMap) -> Call {
    let presented = auth::present(&headers, &server.cookie_name).unwrap_or_default();
    let Context { origin, host, peer, base, .. } = context;
    Call { server, origin, host, peer, base, principal: None, presented, method, headers }
}

/// Accepts a trailing slash everywhere without a redirect, which would lose a body and break probes (C-31, M-47).
fn drop_trailing_slash(uri: &mut Uri) {
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/')) else {
        return;
    };
    let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(target) = target.parse::<PathAndQuery>() {
        let mut parts = uri.clone().into_parts();
        if parts.authority.is_some() {
            parts.scheme.get_or_insert(Scheme::HTTP);
        }
        parts.path_and_query = Some(target);
        if let Ok(changed) = Uri::from_parts(parts) {
            *uri = changed;
        }
    }
}

/// Tells whether a person may be waiting for a page: a GET outside the programs' paths whose `Accept` is not JSON only.
fn may_be_redirected(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let json_only = accepts.split(',').all(|range| range.trim().starts_with("application/json"));
    *method == Method::GET && !json_only && !is_for_programs(path)
}

/// Tells whether an error should be a page: a browser asks, outside the programs' paths.
fn is_for_a_person(path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !is_for_programs(path)
}

/// Returns where somebody who signs in goes on: home, if the path holds a credential. The query is dropped, as in the original, where a page does without.
fn next_after_login(uri: &Uri) -> String {
    let path = uri.path();
    if matches!(redacted(path), Cow::Owned(_)) {
        return "/".to_owned();
    }
    match uri.query().filter(|_| NEED_THEIR_QUERY.contains(&path)) {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// Sends a browser to the sign-in page, and to `target` afterwards.
fn to_login(login: &str, target: &str) -> Response<Body> {
    let mut next = String::with_capacity(target.len());
    for byte in target.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            next.push(char::from(byte));
        } else {
            next.push_str(&format!("%{byte:02X}"));
        }
    }
    found_at(&format!("{login}?next={next}"))
}

/// Tells whether an answer refuses somebody until the password is changed: a browser is shown where that is done.
fn must_change_password(response: &Response<Body>) -> bool {
    response.extensions().get::<ErrorCode>() == Some(&ErrorCode::PasswordChangeRequired)
}

fn found_at(target: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(target) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_is_dropped_and_nothing_else_changes() {
        let rewritten = |uri: &str| {
            let mut uri: Uri = uri.parse().expect("a target");
            drop_trailing_slash(&mut uri);
            uri.to_string()
        };
        assert_eq!(rewritten("/live/"), "/live");
        assert_eq!(rewritten("/auth/tokens/?a=b/"), "/auth/tokens?a=b/");
        for same in ["/", "//", "/auth//", "/auth/tokens", "/auth/tokens?x=/"] {
            assert_eq!(rewritten(same), same);
        }
    }

    #[test]
    fn only_browsers_on_pages_are_redirected() {
        let redirected = |method: Method, path: &str, accept: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header value"));
            }
            may_be_redirected(&method, path, &headers)
        };
        assert!(redirected(Method::GET, "/", None));
        assert!(redirected(Method::GET, "/tokens", Some("text/html,application/json;q=0.5")));
        assert!(!redirected(Method::GET, "/tokens", Some("application/json")));
        assert!(!redirected(Method::POST, "/tokens", None));
        assert!(!redirected(Method::GET, "/api/users", Some("text/html")));
        assert!(!redirected(Method::GET, "/auth/me", Some("text/html")));
    }
}
