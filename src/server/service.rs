//! The one layer around all routes: request id, client address, `Host`, redirect of browsers, headers, access log.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
        uri::{PathAndQuery, Scheme},
    },
};
use tower_service::Service as _;

use super::{
    Server,
    address::{self, TrustedProxies},
    auth,
    call::Call,
    edge::Peer,
    error::ServerError,
    headers,
    host::{BaseUrl, Host, PublicUrl},
    metrics::{Line, Metrics},
    web::failure,
};
use crate::{
    api::ErrorCode,
    app::{Origin, SystemScope},
};

/// What the layer knows of a request; handed to the routes as an extension.
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
    /// Which line of the URL map it comes to.
    pub line: Line,
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
    mut router: Router,
    mut request: Request<Body>,
    peer: Peer,
) -> Response<Body> {
    let began = Instant::now();
    let request_id = fresh_request_id();
    let Sender { ip, https, host: on_host } = Sender::of(peer, request.headers(), &server.trusted_proxies);
    drop_trailing_slash(&mut request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let next = next_after_login(request.uri());
    let browses = may_be_redirected(&method, &path, request.headers());
    let line = Line::default();
    let sent = is_for_a_person(&path, request.headers()).then(|| request.headers().clone());

    let mut response = match Host::from_headers(request.headers()) {
        Err(_) => ServerError::InvalidHost.into_response(&request_id),
        Ok(host) => {
            let base = BaseUrl::from_request(&host, https, server.public_url.as_ref());
            let prefix = base.prefix().to_owned();
            let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
            let origin = Origin {
                ip,
                request_id: Some(request_id.clone()),
                user_agent: user_agent.unwrap_or_default().to_owned(),
            };
            let context = Context { origin, host: on_host, peer, base, line: line.clone() };
            request.extensions_mut().insert(context.clone());
            let answered = router.call(request).await;
            if let Ok(response) = &answered {
                note_refusal(&server.metrics, response);
            }
            match answered {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && browses => {
                    to_login(&format!("{prefix}/login"), &next)
                }
                Ok(response) if must_change_password(&response) && browses => found(&format!("{prefix}/account")),
                Ok(mut response) => {
                    if let Some(headers) = sent.filter(|_| !response.status().is_success()) {
                        failure::replace(&mut response, &call(Arc::clone(&server), context, method.clone(), headers));
                    }
                    response
                }
                Err(never) => match never {},
            }
        }
    };
    // A proxy that ends TLS need not say so when the public URL does.
    let https = https || server.public_url.as_ref().is_some_and(PublicUrl::is_https);
    headers::secure(response.headers_mut(), &request_id, https);
    server.metrics.answered(&line, &method, response.status(), began.elapsed());
    if !is_a_probe(&path, response.status()) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        match ip {
            Some(ip) => tracing::info!(target: "da::access", %method, path, status, %ip, micros, request_id),
            None => tracing::info!(target: "da::access", %method, path, status, %peer, micros, request_id),
        }
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

/// Returns 64 random bits: enough to find a request in a log. They are no secret, so the standard library's hash keys,
/// which differ each time, will do at a tenth of the cost.
pub(super) fn fresh_request_id() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Accepts a trailing slash everywhere without a redirect, which would lose a body and break probes (C-31, M-47).
fn drop_trailing_slash(request: &mut Request<Body>) {
    let uri = request.uri();
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
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
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

/// Returns where somebody who signs in goes on; the query is dropped, as in the original, where a page does without.
fn next_after_login(uri: &Uri) -> String {
    let path = uri.path();
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
    found(&format!("{login}?next={next}"))
}

/// Tells whether an answer refuses somebody until the password is changed: a browser is shown where that is done.
fn must_change_password(response: &Response<Body>) -> bool {
    response.extensions().get::<ErrorCode>() == Some(&ErrorCode::PasswordChangeRequired)
}

fn found(target: &str) -> Response<Body> {
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
            let mut request = Request::builder().uri(uri).body(Body::empty()).expect("a request");
            drop_trailing_slash(&mut request);
            request.uri().to_string()
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
