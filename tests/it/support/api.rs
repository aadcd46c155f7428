//! A caller of the JSON API, with or without a credential.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::http::{Answer, exchange, try_exchange};

/// Somebody who calls a server.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    server: SocketAddr,
    bearer: Option<String>,
}

impl Api {
    /// Calls without a credential.
    pub(crate) fn stranger(server: SocketAddr) -> Self {
        Self { server, bearer: None }
    }

    /// Calls the same server with this bearer.
    pub(crate) fn with(&self, bearer: &str) -> Self {
        Self { server: self.server, bearer: Some(bearer.to_owned()) }
    }

    /// Returns the bearer.
    pub(crate) fn bearer(&self) -> &str {
        self.bearer.as_deref().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, Some(&body.to_string()))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(&body.to_string()))
    }

    /// Posts without a body.
    pub(crate) fn post_empty(&self, path: &str) -> Answer {
        self.call("POST", path, None)
    }

    /// Posts this text as JSON, whatever it is.
    pub(crate) fn post_text(&self, path: &str, text: &str) -> Answer {
        self.call("POST", path, Some(text))
    }

    fn call(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.send(method, path, &self.headers(body.is_some()), body.unwrap_or_default())
    }

    /// Calls a server that may end at any moment; nothing without a whole answer.
    pub(crate) fn attempt(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let request = self.request(method, path, &self.headers(true), body.to_string().as_bytes());
        try_exchange(self.server, &request).ok().flatten()
    }

    fn headers(&self, with_json: bool) -> String {
        let mut headers = String::new();
        if let Some(bearer) = &self.bearer {
            headers.push_str(&format!("Authorization: Bearer {bearer}\r\n"));
        }
        if with_json {
            headers.push_str("Content-Type: application/json\r\n");
        }
        headers
    }

    /// Sends exactly these headers, each ended by CR LF, besides `Host`, `Connection` and `Content-Length`.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        let request = self.request(method, path, headers, body.as_ref());
        exchange(self.server, &request)
            .unwrap_or_else(|| panic!("closed without an answer: {}", String::from_utf8_lossy(&request)))
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{length}{headers}\r\n", self.server);
        [head.as_bytes(), body].concat()
    }

    /// Tries to sign in.
    pub(crate) fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/token", &json!({ "email": email, "password": password }))
    }

    /// Signs in.
    #[track_caller]
    pub(crate) fn sign_in(&self, email: &str, password: &str) -> Self {
        let answer = self.try_sign_in(email, password).is(200).json();
        self.with(answer["access_token"].as_str().unwrap())
    }

    /// Makes a token; returns the answer that shows it.
    #[track_caller]
    pub(crate) fn create_token(&self, name: &str) -> Value {
        self.post("/auth/tokens", &json!({ "name": name })).is(201).json()
    }

    /// Makes a token and calls with it.
    #[track_caller]
    pub(crate) fn with_new_token(&self, name: &str) -> Self {
        self.with(self.create_token(name)["token"].as_str().unwrap())
    }

    /// Approves or denies what a device asks for.
    #[track_caller]
    pub(crate) fn decide(&self, word: &str, user_code: &str) {
        self.post(&format!("/auth/device/{word}"), &json!({ "user_code": user_code })).is(200);
    }

    /// Adds a user, as an admin; returns the row.
    #[track_caller]
    pub(crate) fn add_user(&self, email: &str, role: &str, password: &str) -> Value {
        self.post("/api/users", &json!({ "email": email, "role": role, "password": password })).is(201).json()
    }
}

/// Returns the id in the form in which the store keeps it (D-10).
pub(crate) fn stored_id(id: &str) -> Vec<u8> {
    id.parse::<uuid::Uuid>().unwrap().as_bytes().to_vec()
}

/// Returns the header (0) or the claims (1) of a JWT, unverified.
pub(crate) fn jwt_part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
