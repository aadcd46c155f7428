//! The original server, as the observed contract describes it: no `/auth/me`, no logout, naive times, HS256 tokens, its
//! own texts. A foreign system, so a stand-in is all there can be.

use std::{net::TcpStream, sync::Mutex};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Asked, StandIn, jwt_part, reply};

/// The one account there.
pub(crate) const EMAIL: &str = "admin@agnes.test";
/// Its password.
pub(crate) const PASSWORD: &str = "original password";

const USER_ID: &str = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
const DAY: u64 = 86_400;

#[derive(Default)]
struct State {
    tokens: Vec<Value>,
}

/// Starts it.
pub(crate) fn start() -> StandIn {
    let state = Mutex::new(State::default());
    StandIn::start(move |asked, stream| state.lock().unwrap().answer(asked, stream))
}

/// Returns a session of the account, as the original signs it.
pub(crate) fn session() -> String {
    jwt(json!({
        "sub": USER_ID, "email": EMAIL, "role": "admin", "typ": "session", "iat": now(),
        "jti": "0123456789abcdef0123456789abcdef", "exp": now() + DAY,
    }))
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn jwt(claims: Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"the original's key"))
        .unwrap()
}

impl State {
    fn answer(&mut self, asked: &Asked, stream: &mut TcpStream) {
        let (status, body) = self.route(asked).unwrap_or_else(|(status, detail)| (status, json!({ "detail": detail })));
        let body = if status == 204 { String::new() } else { body.to_string() };
        reply(stream, status, "Content-Type: application/json\r\n", &body);
    }

    fn route(&mut self, asked: &Asked) -> Result<(u16, Value), (u16, &'static str)> {
        let path: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["api", "health"]) => Ok((200, health())),
            ("POST", ["auth", "token"]) => login(&asked.json()),
            ("GET", ["api", "catalog", "tables"]) => {
                self.bearer(asked).map(|_| (200, json!({"tables": [], "count": 0})))
            }
            ("POST", ["auth", "tokens"]) => self.create(asked),
            ("GET", ["auth", "tokens"]) => self.bearer(asked).map(|_| (200, self.list())),
            ("DELETE", ["auth", "tokens", id]) => self.revoke(asked, id),
            ("GET", ["api", "users"]) => self.bearer(asked).map(|_| (200, json!([user()]))),
            ("GET", ["api", "users", _]) => Err((405, "Method Not Allowed")),
            _ => Err((404, "Not Found")),
        }
    }

    fn bearer(&self, asked: &Asked) -> Result<Value, (u16, &'static str)> {
        let header = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let token = header.ok_or((401, "Missing or invalid Authorization header"))?;
        if token.split('.').count() != 3 || jwt_part(token, 0)["alg"] != "HS256" {
            return Err((401, "Invalid or expired token"));
        }
        let claims = jwt_part(token, 1);
        let row = self.tokens.iter().find(|row| row["id"] == claims["jti"]);
        match (claims["typ"].as_str(), row) {
            (Some("pat"), None) => Err((401, "Token unknown")),
            (Some("pat"), Some(row)) if !row["revoked_at"].is_null() => Err((401, "Token revoked")),
            _ => Ok(claims),
        }
    }

    fn create(&mut self, asked: &Asked) -> Result<(u16, Value), (u16, &'static str)> {
        if self.bearer(asked)?["typ"] != "session" {
            return Err((403, "This endpoint requires an interactive session, not a PAT"));
        }
        let request = asked.json();
        let id = uuid::Uuid::new_v4().to_string();
        let days = request.get("expires_in_days").map_or(Some(90), Value::as_u64);
        let mut claims = json!({
            "sub": USER_ID, "email": EMAIL, "role": "admin", "typ": "pat", "iat": now(), "jti": id,
        });
        if let Some(days) = days {
            claims["exp"] = (now() + days * DAY).into();
        }
        let end = days.map(|_| "2147-02-20 01:15:01.991806");
        self.tokens.insert(
            0,
            json!({
                "id": id, "name": request["name"], "prefix": &id[..8], "created_at": "2026-11-22 01:15:01.991806",
                "expires_at": end, "last_used_at": null, "revoked_at": null,
            }),
        );
        let mut answer = json!({
            "id": id, "name": request["name"], "prefix": &id[..8], "token": jwt(claims),
            "created_at": "2026-11-22 01:15:01.991806+00:00",
        });
        answer["expires_at"] = end.map(|end| format!("{end}+00:00")).into();
        Ok((201, answer))
    }

    fn list(&self) -> Value {
        self.tokens.clone().into()
    }

    fn revoke(&mut self, asked: &Asked, id: &str) -> Result<(u16, Value), (u16, &'static str)> {
        self.bearer(asked)?;
        let row = self.tokens.iter_mut().find(|row| row["id"] == id).ok_or((404, "Token not found"))?;
        row["revoked_at"] = "2026-11-22 02:00:00".into();
        Ok((204, Value::Null))
    }
}

fn login(request: &Value) -> Result<(u16, Value), (u16, &'static str)> {
    match (request["email"].as_str(), request["password"].as_str()) {
        (Some("sso@agnes.test"), _) => {
            Err((401, "This account uses external authentication. Please log in via your configured provider."))
        }
        (Some(EMAIL), Some(PASSWORD)) => {
            let token = session();
            let body = json!({
                "access_token": token, "token_type": "bearer", "user_id": USER_ID, "email": EMAIL, "role": "admin",
            });
            Ok((200, body))
        }
        (Some(EMAIL), _) => Err((401, "Invalid password")),
        _ => Err((401, "User not found")),
    }
}

fn user() -> Value {
    json!({
        "id": USER_ID, "email": EMAIL, "name": "Admin", "role": "admin", "active": true,
        "created_at": "2026-04-22 09:00:00", "deactivated_at": null,
    })
}

fn health() -> Value {
    json!({
        "status": "healthy", "version": "2.0.0", "channel": "dev", "image_tag": "unknown", "commit_sha": "d2c76cb22",
        "schema_version": 7, "deployed_at": null, "timestamp": "2026-11-22T01:15:01.991806+00:00",
        "services": {"duckdb_state": {"status": "ok"}, "users": {"status": "ok", "count": 1}},
    })
}
