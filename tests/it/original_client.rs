//! The original command line's own HTTP requests against `da serve`: what it sends is understood, and what it reads is
//! there (contract sections 2 and 4). It cannot run here, so its requests are replayed as they were observed.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer, jwt_part, keys};

/// The headers that its HTTP library sends with each request.
const LIBRARY: &str = "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: python-httpx/0.28.1\r\n";

/// The original client, with or without a saved token.
struct Client {
    api: Api,
    token: Option<String>,
}

impl Client {
    fn of(server: &TestServer) -> Self {
        Self { api: server.stranger(), token: None }
    }

    fn logged_in(server: &TestServer) -> Self {
        let mut client = Self::of(server);
        let answer = client.login(ADMIN_EMAIL, ADMIN_PASSWORD).is(200).json();
        client.token = Some(answer["access_token"].as_str().unwrap().to_owned());
        client
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut headers = LIBRARY.to_owned();
        if let Some(token) = &self.token {
            headers.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if !body.is_empty() {
            headers.push_str("Content-Type: application/json\r\n");
        }
        self.api.send(method, path, &headers, body)
    }

    fn login(&self, email: &str, password: &str) -> Answer {
        // Its library writes JSON without blanks.
        self.send("POST", "/auth/token", &format!(r#"{{"email":"{email}","password":"{password}"}}"#))
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text in {value}"))
}

/// Asserts that its parser of times understands the text: ISO 8601, with a blank or a `T`.
fn is_time(value: &Value) {
    let text = value.as_str().unwrap();
    let (date, clock) = text.split_at(10);
    assert_eq!(date.split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2], "{text}");
    assert!(clock.starts_with(['T', ' ']) && clock.ends_with("+00:00"), "{text}");
}

#[test]
fn login_reads_token_email_and_role() {
    let server = TestServer::start();
    let client = Client::of(&server);
    let answer = client.login(ADMIN_EMAIL, ADMIN_PASSWORD).is(200).json();
    assert_eq!(keys(&answer)[..2], ["access_token", "email"]);
    assert_eq!((text(&answer, "email"), text(&answer, "role")), (ADMIN_EMAIL, "admin"));
    assert_eq!(text(&answer, "token_type"), "bearer");
    assert_eq!(text(&answer, "user_id").len(), 36);
    // It sends the password only when one was given.
    let refused = client.send("POST", "/auth/token", &format!(r#"{{"email":"{ADMIN_EMAIL}"}}"#)).is(401).json();
    assert_eq!(text(&refused, "detail"), "Invalid email or password");
    // The alias answers the same without the id.
    let body = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD }).to_string();
    let alias = client.send("POST", "/auth/password/login", &body).is(200).json();
    assert!(alias["user_id"].is_null() && alias["access_token"].is_string(), "{alias}");
}

#[test]
fn whoami_reads_the_token_itself() {
    let server = TestServer::start();
    let client = Client::logged_in(&server);
    let claims = jwt_part(client.token.as_deref().unwrap(), 1);
    assert_eq!((text(&claims, "email"), text(&claims, "role")), (ADMIN_EMAIL, "admin"));
    assert_eq!((text(&claims, "typ"), text(&claims, "sub").len()), ("session", 36));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 86_400);
}

#[test]
fn import_token_asks_the_catalog() {
    let server = TestServer::start();
    let mut client = Client::logged_in(&server);
    assert_eq!(client.send("GET", "/api/catalog/tables", "").is(200).json(), json!({ "tables": [], "count": 0 }));
    let made = client.send("POST", "/auth/tokens", r#"{"name":"ci","expires_in_days":90}"#).is(201).json();
    client.token = Some(text(&made, "token").to_owned());
    client.send("GET", "/api/catalog/tables", "").is(200);
    client.send("DELETE", &format!("/auth/tokens/{}", text(&made, "id")), "").is(204);
    let refused = client.send("GET", "/api/catalog/tables", "").is(401).json();
    assert_eq!(text(&refused, "detail"), "Token revoked");
    client.token = Some("abc.def.ghi".to_owned());
    assert_eq!(
        text(&client.send("GET", "/api/catalog/tables", "").is(401).json(), "detail"),
        "Invalid or expired token"
    );
    client.token = None;
    let missing = client.send("GET", "/api/catalog/tables", "").is(401).json();
    assert_eq!(text(&missing, "detail"), "Missing or invalid Authorization header");
}

#[test]
fn tokens_are_created_listed_found_and_revoked() {
    let server = TestServer::start();
    let client = Client::logged_in(&server);
    let made = client.send("POST", "/auth/tokens", r#"{"name":"laptop","expires_in_days":90}"#).is(201).json();
    for key in ["id", "name", "prefix", "token"] {
        text(&made, key);
    }
    is_time(&made["expires_at"]);
    is_time(&made["created_at"]);
    let forever = client.send("POST", "/auth/tokens", r#"{"name":"keep","expires_in_days":null}"#).is(201).json();
    assert!(forever["expires_at"].is_null() && jwt_part(text(&forever, "token"), 1)["exp"].is_null());

    let rows = client.send("GET", "/auth/tokens", "").is(200).json();
    let names: Vec<_> = rows.as_array().unwrap().iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, ["keep", "laptop"], "a bare list, newest first");
    let row = &rows[1];
    assert_eq!((text(row, "id"), text(row, "prefix")), (text(&made, "id"), &text(&made, "id")[..8]));
    assert!(row["last_used_at"].is_null() && row["revoked_at"].is_null() && row["token"].is_null());
    is_time(&row["created_at"]);

    let path = format!("/auth/tokens/{}", text(&made, "id"));
    assert!(client.send("DELETE", &path, "").is(204).body.is_empty());
    client.send("DELETE", &path, "").is(204);
    is_time(&client.send("GET", &path, "").is(200).json()["revoked_at"]);
    let unknown = client.send("DELETE", "/auth/tokens/00000000-0000-4000-8000-000000000000", "").is(404).json();
    assert_eq!(text(&unknown, "detail"), "Token not found");
}

#[test]
fn a_token_is_refused_what_needs_a_session_in_the_known_words() {
    let server = TestServer::start();
    let mut client = Client::logged_in(&server);
    let made = client.send("POST", "/auth/tokens", r#"{"name":"ci","expires_in_days":30}"#).is(201).json();
    client.token = Some(text(&made, "token").to_owned());
    let refused = client.send("POST", "/auth/tokens", r#"{"name":"more","expires_in_days":30}"#).is(403).json();
    assert_eq!(text(&refused, "detail"), "This endpoint requires an interactive session, not a PAT");
    client.send("GET", "/auth/tokens", "").is(200);
    client.send("GET", "/api/users", "").is(200);
}

#[test]
fn faults_of_a_request_have_the_known_words() {
    let server = TestServer::start();
    let client = Client::logged_in(&server);
    let detail = |body: &str, status: u16| {
        client.send("POST", "/auth/tokens", body).is(status).json()["detail"].as_str().map(str::to_owned)
    };
    assert_eq!(detail(r#"{"name":" "}"#, 400).as_deref(), Some("name is required"));
    let positive = "expires_in_days must be a positive integer";
    assert_eq!(detail(r#"{"name":"x","expires_in_days":0}"#, 400).as_deref(), Some(positive));
    let bounded = "expires_in_days must not exceed 3650 (10 years)";
    assert_eq!(detail(r#"{"name":"x","expires_in_days":3651}"#, 400).as_deref(), Some(bounded));
    assert_eq!(detail("{}", 422), None);
    let faults = client.send("POST", "/auth/tokens", "{}").is(422).json();
    assert_eq!(
        (text(&faults["detail"][0], "type"), &faults["detail"][0]["loc"]),
        ("missing", &json!(["body", "name"]))
    );
}

#[test]
fn users_are_administered() {
    let server = TestServer::start();
    let client = Client::logged_in(&server);
    let body = r#"{"email":"eve@example.com","name":"Eve","role":"analyst"}"#;
    let made = client.send("POST", "/api/users", body).is(201).json();
    assert_eq!((text(&made, "email"), text(&made, "role")), ("eve@example.com", "analyst"));
    let twice = client.send("POST", "/api/users", body).is(409).json();
    assert_eq!(text(&twice, "detail"), "User with this email already exists");
    // An e-mail reference is looked up in the list.
    let users = client.send("GET", "/api/users", "").is(200).json();
    let row = users.as_array().unwrap().iter().find(|user| user["email"] == "eve@example.com").unwrap();
    assert_eq!((row["active"].as_bool(), row["deactivated_at"].is_null()), (Some(true), true));
    is_time(&row["created_at"]);
    let path = format!("/api/users/{}", text(row, "id"));

    let patched = client.send("PATCH", &path, r#"{"role":"km_admin"}"#).is(200).json();
    assert_eq!(text(&patched, "role"), "km_admin");
    let role = client.send("PATCH", &path, r#"{"role":"boss"}"#).is(400).json();
    assert_eq!(text(&role, "detail"), "Unknown role: boss");
    assert_eq!(client.send("POST", &format!("{path}/deactivate"), "").is(200).json()["active"], false);
    assert_eq!(client.send("POST", &format!("{path}/activate"), "").is(200).json()["active"], true);

    let reset = client.send("POST", &format!("{path}/reset-password"), "").is(200).json();
    assert_eq!((text(&reset, "reset_token").len(), reset["email_sent"].as_bool()), (43, Some(false)));
    let set = format!("{path}/set-password");
    assert!(client.send("POST", &set, r#"{"password":"a quiet morning"}"#).is(204).body.is_empty());
    let weak = client.send("POST", &set, r#"{"password":"short"}"#).is(400).json();
    assert_eq!(text(&weak, "detail"), "Password must be at least 8 characters");
    client.login("eve@example.com", "a quiet morning").is(200);

    assert!(client.send("DELETE", &path, "").is(204).body.is_empty());
    assert_eq!(text(&client.send("DELETE", &path, "").is(404).json(), "detail"), "User not found");
    let own = users.as_array().unwrap().iter().find(|user| user["email"] == ADMIN_EMAIL).unwrap();
    let own = format!("/api/users/{}", text(own, "id"));
    assert_eq!(text(&client.send("DELETE", &own, "").is(409).json(), "detail"), "Cannot delete yourself");
    let off = client.send("PATCH", &own, r#"{"active":false}"#).is(409).json();
    assert_eq!(text(&off, "detail"), "Cannot deactivate yourself");
}

#[test]
fn who_is_no_admin_reads_the_known_refusal() {
    let server = TestServer::start();
    let eve = server.user(&server.admin(), "eve@example.com", "analyst");
    let client = Client { api: server.stranger(), token: Some(eve.bearer().to_owned()) };
    for path in ["/api/users", "/auth/admin/tokens"] {
        let refused = client.send("GET", path, "").is(403).json();
        assert_eq!(text(&refused, "detail"), "Requires role admin or higher");
    }
}

#[test]
fn status_reads_the_health() {
    let server = TestServer::start();
    let health = Client::of(&server).send("GET", "/api/health", "").is(200).json();
    assert_eq!(text(&health, "status"), "healthy");
    text(&health, "version");
    text(&Client::of(&server).send("GET", "/api/version", "").is(200).json(), "version");
}

#[test]
fn bootstrap_without_a_code_is_the_one_exception() {
    let server = TestServer::empty().start();
    let body = r#"{"email":"ann@example.org","name":"","password":"a quiet morning"}"#;
    let refused = Client::of(&server).send("POST", "/auth/bootstrap", body).is(403).json();
    assert!(text(&refused, "detail").contains("da setup bootstrap"), "{refused}");
}
