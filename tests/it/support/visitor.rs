//! A browser's requests by hand: cookies kept, forms with their token, and any of it changed at will.

use std::fmt::Write as _;

use super::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer};

/// Somebody with a cookie jar.
#[derive(Clone)]
pub(crate) struct Visitor {
    api: Api,
    origin: String,
    cookies: Vec<(String, String)>,
}

impl Visitor {
    /// Comes without a cookie.
    pub(crate) fn new(server: &TestServer) -> Self {
        Self { api: server.stranger(), origin: server.url(), cookies: Vec::new() }
    }

    /// Signs in as the first admin.
    pub(crate) fn admin(server: &TestServer) -> Self {
        Self::new(server).signed_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    }

    /// Signs in by the form.
    #[track_caller]
    pub(crate) fn signed_in(mut self, email: &str, password: &str) -> Self {
        self.get("/login").is(200);
        self.post("/login", &[("email", email), ("password", password)]).is(302);
        self
    }

    /// Loads a page.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        let headers = format!("Accept: text/html\r\n{}", self.cookie_line());
        let answer = self.api.send("GET", path, &headers, "");
        self.keep(answer)
    }

    /// Posts a form of ours.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token();
        let mut fields = fields.to_vec();
        fields.push(("form_token", &token));
        let headers = format!("Origin: {}\r\nSec-Fetch-Site: same-origin\r\n", self.origin);
        self.post_raw(path, &headers, &fields)
    }

    /// Posts these fields and headers with the cookies, and nothing else.
    pub(crate) fn post_raw(&mut self, path: &str, headers: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = format!(
            "Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n{}{headers}",
            self.cookie_line()
        );
        let answer = self.api.send("POST", path, &headers, form(fields));
        self.keep(answer)
    }

    /// Returns the token that forms repeat.
    pub(crate) fn form_token(&self) -> String {
        self.cookie("da_form").or_else(|| self.cookie("__Host-da_form")).unwrap_or_default()
    }

    /// Returns the value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// Sets a cookie, as one who got into the browser.
    pub(crate) fn plant(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(key, _)| key != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    fn cookie_line(&self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}\r\n", pairs.join("; "))
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        if let Some((name, rest)) = answer.header("set-cookie").and_then(|cookie| cookie.split_once('=')) {
            self.cookies.retain(|(key, _)| key != name);
            let value = rest.split(';').next().unwrap_or_default();
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }
}

/// Encodes a form.
fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().fold(String::new(), |mut text, (name, value)| {
        let separator = if text.is_empty() { "" } else { "&" };
        write!(text, "{separator}{name}=").unwrap();
        for byte in value.bytes() {
            write!(text, "%{byte:02X}").unwrap();
        }
        text
    })
}
