//! The receiver of the browser's answer: one request on a random port of 127.0.0.1, then it is gone (RFC 8252 section 7.3).
//!
//! Anybody on this machine can talk to it, and any page in its browser. Only a GET for the exact path with the exact
//! `state` is taken; everything else is 404. The library that serves it trusts its callers too much (D-02), so it is kept
//! on a short lead: connections that say nothing are cut off, its accept loop is begun anew when it ends, a large body is
//! not read, and the memory of the process is capped meanwhile. The worst that a hostile neighbour can bring about is
//! that this sign-in fails.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::domain::{LoopbackRedirect, Secret, pkce::CALLBACK};

/// How often it is looked around.
const STEP: Duration = Duration::from_millis(50);
/// How long a connection may say nothing. The accept loop ends after such a time, too.
#[cfg(unix)]
const SILENCE: Duration = Duration::from_secs(3);
/// How many accept loops are listened to: those before the last have connections that are no older than [`SILENCE`].
const LOOPS: usize = 3;
/// Up to so many bytes of a body the library has read by itself before it hands a request over.
const SMALL_BODY: usize = 1024;
/// How many requests with a larger body are left lying before it gives up: each keeps one of the library's four threads.
const MAX_LARGE_BODIES: u32 = 3;
/// The longest address that is looked at, in bytes.
const MAX_URL_BYTES: usize = 4096;
/// What the process may hold meanwhile, in bytes.
#[cfg(unix)]
const MEMORY: u64 = 256 * 1024 * 1024;

/// The receiver.
pub(super) struct Listener {
    socket: TcpListener,
    /// Each with an accept loop of its own; the last one's runs.
    servers: Vec<Server>,
    redirect: LoopbackRedirect,
}

/// What the browser brought, and the window that waits for a page.
pub(super) struct Callback {
    pub(super) outcome: Outcome,
    request: Request,
}

/// What became of the request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A code, from the authority that says so.
    Code { code: Secret, issuer: Option<String> },
    /// The person said no, or the server had a reason not to.
    Refused,
}

impl Listener {
    /// Listens on a port that the system chooses.
    pub(super) fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Connections have it from the socket that they come from.
        #[cfg(unix)]
        rustix::net::sockopt::set_socket_timeout(&socket, rustix::net::sockopt::Timeout::Recv, Some(SILENCE))?;
        let redirect = LoopbackRedirect::to_port(socket.local_addr()?.port());
        let mut listener = Self { socket, servers: Vec::new(), redirect };
        listener.begin()?;
        Ok(listener)
    }

    /// Begins an accept loop.
    fn begin(&mut self) -> io::Result<()> {
        let server = Server::from_listener(self.socket.try_clone()?, None).map_err(io::Error::other)?;
        self.servers.push(server);
        if self.servers.len() > LOOPS {
            self.servers.remove(0);
        }
        Ok(())
    }

    /// Returns the next request, if one comes soon.
    fn next(&mut self) -> io::Result<Option<Request>> {
        let Some((last, before)) = self.servers.split_last() else { return Ok(None) };
        if let Some(request) = before.iter().find_map(|server| server.try_recv().ok().flatten()) {
            return Ok(Some(request));
        }
        match last.recv_timeout(STEP) {
            Ok(request) => Ok(request),
            // Its accept loop has ended.
            Err(_) => self.begin().map(|()| None),
        }
    }

    /// Returns where the browser is to take the code.
    pub(super) fn redirect(&self) -> &LoopbackRedirect {
        &self.redirect
    }

    /// Waits for the browser, at most until `deadline`; calls `meanwhile` now and then.
    ///
    /// # Errors
    /// When it cannot listen any more.
    pub(super) fn wait(
        mut self,
        state: &Secret,
        deadline: Instant,
        mut meanwhile: impl FnMut(),
    ) -> io::Result<Option<Callback>> {
        #[cfg(unix)]
        let _cap = MemoryCap::begin();
        let mut large_bodies = 0;
        loop {
            if Instant::now() >= deadline {
                return Ok(None);
            }
            let Some(request) = self.next()? else {
                meanwhile();
                continue;
            };
            if has_large_body(&request) {
                // To drop it would be to read it, into a buffer as large as it claims to be.
                std::mem::forget(request);
                large_bodies += 1;
                if large_bodies > MAX_LARGE_BODIES {
                    return Err(io::Error::other("another program disturbs it"));
                }
                continue;
            }
            let outcome = match request.method() {
                Method::Get => judge(request.url(), state),
                _ => None,
            };
            match outcome {
                Some(outcome) => return Ok(Some(Callback { outcome, request })),
                // Whoever asked may have gone.
                None => drop(request.respond(page(404, "Not Found", "There is nothing here."))),
            }
        }
    }
}

/// Tells whether a request has a body that is still to be read. One in pieces is none here: what is left of it is taken
/// for the next request, and refused.
fn has_large_body(request: &Request) -> bool {
    let waits = request.headers().iter().any(|header| header.field.equiv("Expect"));
    request.body_length().is_some_and(|length| length > SMALL_BODY || waits && length > 0)
}

/// Reads what the browser brought; nothing unless path and state are exactly ours.
pub(crate) fn judge(url: &str, state: &Secret) -> Option<Outcome> {
    let (path, query) = url.split_once('?')?;
    if path != CALLBACK || url.len() > MAX_URL_BYTES {
        return None;
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let told = |name: &str| -> Vec<&String> {
        fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value).collect()
    };
    // What is told twice is told by nobody we know.
    match (&*told("state"), &*told("code"), &*told("error"), &*told("iss")) {
        ([given], [code], [], issuer @ ([] | [_])) if state.matches(given) => {
            let issuer = issuer.first().map(|issuer| (*issuer).clone());
            Some(Outcome::Code { code: Secret::new((*code).clone()), issuer })
        }
        ([given], [], [_], [] | [_]) if state.matches(given) => Some(Outcome::Refused),
        _ => None,
    }
}

impl Callback {
    /// Tells whoever looks at the browser how it ended; no secret is on the page.
    pub(super) fn answer(self, title: &str, text: &str) {
        // The window may have been closed.
        drop(self.request.respond(page(200, title, text)));
    }
}

fn page(status: u16, title: &str, text: &str) -> Response<io::Cursor<Vec<u8>>> {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} - da</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
    );
    let mut response = Response::from_string(html).with_status_code(StatusCode(status));
    for (name, value) in [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
    ] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

/// A limit to what this process may allocate, until it is dropped: the library keeps a line of a request for as long as
/// it goes on.
#[cfg(unix)]
struct MemoryCap(Option<rustix::process::Rlimit>);

#[cfg(unix)]
impl MemoryCap {
    fn begin() -> Self {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Data);
        let current = Some(before.current.map_or(MEMORY, |current| current.min(MEMORY)));
        // Without the right to set it, it is as it was.
        let is_set = setrlimit(Resource::Data, Rlimit { current, maximum: before.maximum }).is_ok();
        Self(is_set.then_some(before))
    }
}

#[cfg(unix)]
impl Drop for MemoryCap {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            let _ = rustix::process::setrlimit(rustix::process::Resource::Data, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_until_its_deadline_and_no_longer() {
        let (listener, state) = (Listener::bind().expect("a port"), Secret::new("s1".to_owned()));
        let waited = listener.wait(&state, Instant::now() + Duration::from_millis(1), || {});
        assert!(waited.expect("it could listen").is_none());
    }

    #[test]
    fn only_the_exact_path_and_state_are_taken() {
        let state = Secret::new("s1".to_owned());
        let taken = |url: &str| match judge(url, &state) {
            Some(Outcome::Code { code, issuer }) => Some((code.expose().to_owned(), issuer)),
            Some(Outcome::Refused) => Some((String::new(), None)),
            None => None,
        };
        assert_eq!(taken("/callback?code=c&state=s1&iss=urn%3Ax"), Some(("c".to_owned(), Some("urn:x".to_owned()))));
        assert_eq!(taken("/callback?error=access_denied&state=s1"), Some((String::new(), None)));
        for url in [
            "",
            "/",
            "/callback",
            "/callback?code=c",
            "/callback?code=c&state=s2",
            "/callback?code=c&state=s1&state=s1",
            "/callback?code=c&state=s2&state=s1",
            "/callback?code=c&code=d&state=s1",
            "/callback?code=c&code=d&error=x&state=s1",
            "/callback?error=x&error=y&state=s1",
            "/callback?code=c&state=s1&iss=a&iss=b",
            "/callback?code=c&error=x&state=s1",
            "/callback?state=s1",
            "/callback/?code=c&state=s1",
            "/Callback?code=c&state=s1",
            "//callback?code=c&state=s1",
            "/x/../callback?code=c&state=s1",
            "http://127.0.0.1/callback?code=c&state=s1",
            &format!("/callback?code={}&state=s1", "c".repeat(MAX_URL_BYTES)),
        ] {
            assert_eq!(taken(url), None, "{url}");
        }
    }
}
