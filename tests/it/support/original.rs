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

struct State {
    kind: Kind,
    tokens: Vec<Value>,
    users: Vec<Value>,
}

/// What differs from the observed version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Roles of requests are ignored, and answers have none but `is_admin`, as at newer versions.
    pub(crate) has_no_roles: bool,
    /// `active` stays as it is.
    pub(crate) keeps_accounts_active: bool,
    /// A reset is answered with an address, as at newer versions.
    pub(crate) sends_reset_urls: bool,
    /// Every token lives for ninety days.
    pub(crate) knows_one_lifetime: bool,
    /// Users and tokens cannot be removed.
    pub(crate) removes_nothing: bool,
}

/// Starts it.
pub(crate) fn start() -> StandIn {
    start_as(Kind::default(), Vec::new())
}

/// Starts another version of it, with these rows beside the account's own.
pub(crate) fn start_as(kind: Kind, more_users: Vec<Value>) -> StandIn {
    let users = [vec![user()], more_users].concat();
    let state = Mutex::new(State { kind, tokens: Vec::new(), users });
    StandIn::start(move |asked, stream| state.lock().unwrap().answer(asked, stream))
}

/// Returns a row of another user.
pub(crate) fn other_user(id: &str, email: &str) -> Value {
    let mut row = user();
    (row["id"], row["email"], row["role"]) = (id.into(), email.into(), "analyst".into());
    row
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
        let path: Vec<&str> =
            asked.path.split('?').next().unwrap_or_default().trim_start_matches('/').split('/').collect();
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["api", "health"]) => Ok((200, health())),
            ("POST", ["auth", "token"]) => login(&asked.json()),
            ("GET", ["api", "catalog", "tables"]) => {
                self.bearer(asked).map(|_| (200, json!({"tables": [], "count": 0})))
            }
            ("POST", ["auth", "tokens"]) => self.create(asked),
            ("GET", ["auth", "tokens"]) => self.bearer(asked).map(|_| (200, self.list())),
            ("DELETE", ["auth", "tokens", id]) => self.revoke(asked, id),
            ("GET", ["auth", "admin", "tokens"]) => self.bearer(asked).map(|_| (200, self.list())),
            ("DELETE", ["auth", "admin", "tokens", id]) => self.revoke(asked, id),
            ("POST", ["auth", "bootstrap"]) => bootstrap(&asked.json()),
            ("GET", ["api", "users"]) => self.bearer(asked).map(|_| (200, self.users.clone().into())),
            ("GET", ["api", "users", _]) => Err((405, "Method Not Allowed")),
            (_, ["api", "users", ..]) => self.bearer(asked).and_then(|_| self.administer(asked, &path[2..])),
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
        let days = if self.kind.knows_one_lifetime { Some(90) } else { days };
        let mut claims = json!({
            "sub": USER_ID, "email": EMAIL, "role": "admin", "typ": "pat", "iat": now(), "jti": id,
        });
        if let Some(days) = days {
            claims["exp"] = (now() + days * DAY).into();
        }
        let end = days.map(|days| written(now() + days * DAY));
        self.tokens.insert(
            0,
            json!({
                "id": id, "name": request["name"], "prefix": &id[..8], "created_at": written(now()),
                "expires_at": end, "last_used_at": null, "revoked_at": null, "user_id": self.owner(asked),
                "user_email": EMAIL, "last_used_ip": null,
            }),
        );
        let mut answer = json!({
            "id": id, "name": request["name"], "prefix": &id[..8], "token": jwt(claims),
            "created_at": format!("{}+00:00", written(now())),
        });
        answer["expires_at"] = end.map(|end| format!("{end}+00:00")).into();
        Ok((201, answer))
    }

    /// Returns whose token is made: that of the user whom the test has named, as a real one would be by signing in.
    fn owner(&self, asked: &Asked) -> Value {
        let name = asked.json()["name"].as_str().unwrap_or_default().to_owned();
        let owner = self.users.iter().find(|user| name.starts_with(user["email"].as_str().unwrap_or("?")));
        owner.map_or_else(|| USER_ID.into(), |user| user["id"].clone())
    }

    /// Answers a call to change users; members of a request that it does not know are ignored.
    fn administer(&mut self, asked: &Asked, path: &[&str]) -> Result<(u16, Value), (u16, &'static str)> {
        let (kind, request) = (self.kind, asked.json());
        if path.is_empty() {
            let mut row = other_user(&uuid::Uuid::new_v4().to_string(), request["email"].as_str().unwrap_or_default());
            row["name"] = request["name"].clone();
            row["role"] = request.get("role").cloned().unwrap_or("analyst".into());
            let row = kind.shown(row);
            self.users.push(row.clone());
            return Ok((201, row));
        }
        let id = path[0];
        let at = self.users.iter().position(|user| user["id"] == *id).ok_or((404, "User not found"))?;
        let row = &mut self.users[at];
        match (asked.method.as_str(), &path[1..]) {
            ("DELETE", []) if kind.removes_nothing => Err((500, "Internal Server Error")),
            ("DELETE", []) => {
                self.users.remove(at);
                Ok((204, Value::Null))
            }
            ("PATCH", []) => {
                if let Some(role) = request.get("role").filter(|_| !kind.has_no_roles) {
                    row["role"] = role.clone();
                }
                Ok((200, row.clone()))
            }
            ("POST", [what @ ("activate" | "deactivate")]) => {
                if !kind.keeps_accounts_active {
                    row["active"] = (*what == "activate").into();
                }
                Ok((200, row.clone()))
            }
            ("POST", ["set-password"]) if request["password"].as_str().is_none_or(|text| text.len() < 8) => {
                Err((400, "Password must be at least 8 characters"))
            }
            ("POST", ["set-password"]) => {
                row["has_password"] = true.into();
                Ok((204, Value::Null))
            }
            ("POST", ["reset-password"]) if kind.sends_reset_urls => {
                Ok((200, json!({ "reset_url": "https://agnes.test/reset?token=abc", "email_sent": true })))
            }
            ("POST", ["reset-password"]) => Ok((200, json!({ "reset_token": "r".repeat(43), "email_sent": false }))),
            _ => Err((405, "Method Not Allowed")),
        }
    }

    fn list(&self) -> Value {
        self.tokens.clone().into()
    }

    fn revoke(&mut self, asked: &Asked, id: &str) -> Result<(u16, Value), (u16, &'static str)> {
        self.bearer(asked)?;
        if self.kind.removes_nothing {
            return Err((500, "Internal Server Error"));
        }
        let row = self.tokens.iter_mut().find(|row| row["id"] == id).ok_or((404, "Token not found"))?;
        row["revoked_at"] = "2026-11-22 02:00:00".into();
        Ok((204, Value::Null))
    }
}

impl Kind {
    /// Returns a row as this version sends it.
    fn shown(self, mut row: Value) -> Value {
        if self.has_no_roles {
            let fields = row.as_object_mut().unwrap();
            fields.remove("role");
            fields.insert("is_admin".to_owned(), false.into());
        }
        row
    }
}

/// Writes a time as the original does: naive, in UTC.
fn written(seconds: u64) -> String {
    let time = da::domain::Timestamp::from_micros(i64::try_from(seconds).unwrap() * 1_000_000);
    time.to_string().replace('T', " ").replace("+00:00", "")
}

/// Makes the first admin; no code is asked for.
fn bootstrap(request: &Value) -> Result<(u16, Value), (u16, &'static str)> {
    let body = json!({
        "access_token": session(), "token_type": "bearer", "user_id": USER_ID, "email": request["email"], "role": "admin",
    });
    Ok((200, body))
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
