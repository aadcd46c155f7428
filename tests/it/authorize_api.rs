//! Signing a program in by a browser, as far as no real one is needed: RFC 6749 section 4.1, RFC 7636, RFC 8252, RFC 9207.

use da::domain::{CodeVerifier, Secret};
use serde_json::json;

use crate::support::{ADMIN_EMAIL, Answer, TestServer, Visitor, jwt_part};

const REDIRECT: &str = "http://127.0.0.1:8399/callback";

/// A program that has begun.
struct Program {
    verifier: String,
    fields: Vec<(&'static str, String)>,
}

impl Program {
    fn new() -> Self {
        let verifier = CodeVerifier::random().unwrap();
        let challenge = verifier.challenge().to_string();
        let fields = [
            ("response_type", "code"),
            ("client_id", "da-cli"),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "a-state"),
            ("device_label", "laptop"),
            ("device_fingerprint", "a word"),
        ];
        let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
        Self { verifier: verifier.to_secret().expose().to_owned(), fields }
    }

    /// Begins with another value of a field; nothing leaves it out.
    fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.fields.retain(|(field, _)| *field != name);
        self.fields.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    fn path(&self) -> String {
        format!("/authorize?{}", serde_urlencoded::to_string(&self.fields).unwrap())
    }

    fn decide(&self, visitor: &mut Visitor, action: &str) -> Answer {
        let mut fields: Vec<(&str, &str)> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("action", action));
        visitor.post("/authorize", &fields)
    }

    /// Has it approved; returns the code.
    fn approved(&self, visitor: &mut Visitor) -> String {
        let back = parameters(&self.decide(visitor, "approve"));
        assert_eq!((back[0].0.as_str(), back[1].1.as_str()), ("code", "a-state"));
        back[0].1.clone()
    }

    fn redeem(&self, server: &TestServer, code: &str) -> Answer {
        redeem(server, code, &self.verifier, REDIRECT)
    }
}

fn redeem(server: &TestServer, code: &str, verifier: &str, redirect: &str) -> Answer {
    let request = json!({ "code": code, "code_verifier": verifier, "redirect_uri": redirect });
    server.stranger().post("/auth/authorize/token", &request)
}

/// Returns what a browser takes back to the program.
fn parameters(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.text());
    let (address, query) = answer.header("location").unwrap().split_once('?').unwrap();
    assert_eq!(address, REDIRECT);
    serde_urlencoded::from_str(query).unwrap()
}

#[track_caller]
fn is_refused(answer: &Answer) {
    let body = answer.json();
    assert_eq!((answer.status, &body["error"]), (400, &json!("invalid_grant")), "{body}");
}

#[test]
fn an_approved_program_gets_a_session_for_its_code() {
    let server = TestServer::start();
    let (program, mut visitor) = (Program::new(), Visitor::admin(&server));
    let page = visitor.get(&program.path()).is(200);
    for shown in ["laptop", ADMIN_EMAIL, "http://127.0.0.1:8399", "the da command line"] {
        assert!(page.text().contains(shown), "{shown}");
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8399;"), "{policy}");
    let other = visitor.get("/device").is(200);
    assert!(other.header("content-security-policy").unwrap().contains("form-action 'self';"));

    let back = parameters(&program.decide(&mut visitor, "approve"));
    assert_eq!(back.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "state", "iss"]);
    let answer = program.redeem(&server, &back[0].1).is(200).json();
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(jwt_part(token, 1)["iss"], back[2].1, "the issuer is that of the token");
    let sessions = server.stranger().with(token).get("/api/sessions").is(200).json();
    let session = &sessions["items"][0];
    assert_eq!(
        (&session["device_label"], &session["device_fingerprint"], &session["auth_provider"]),
        (&json!("laptop"), &json!("a word"), &json!("local"))
    );
    let refresh = json!({ "refresh_token": answer["refresh_token"], "device_fingerprint": "a word" });
    server.stranger().post("/auth/refresh", &refresh).is(200);
    let rows = server.admin().get("/api/admin/audit?action=device.approve").is(200).json();
    assert_eq!(rows["items"][0]["params"]["device_label"], "laptop");
}

#[test]
fn a_denied_program_is_told_so() {
    let server = TestServer::start();
    let (program, mut visitor) = (Program::new(), Visitor::admin(&server));
    let back = parameters(&program.decide(&mut visitor, "deny"));
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(back[..2], [("error", "access_denied"), ("state", "a-state")]);
    assert_eq!(back[2].0, "iss");
    let rows = server.admin().get("/api/admin/audit?action=device.deny").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
}

#[test]
fn whatever_is_wrong_is_a_page_and_leads_nowhere() {
    let server = TestServer::start();
    let mut visitor = Visitor::admin(&server);
    let too_long = "x".repeat(513);
    for (name, value) in [
        ("response_type", None),
        ("response_type", Some("token")),
        ("client_id", Some("another")),
        ("redirect_uri", None),
        ("redirect_uri", Some("https://evil.example/callback")),
        ("redirect_uri", Some("http://localhost:8399/callback")),
        ("redirect_uri", Some("http://127.0.0.1:8399/elsewhere")),
        ("redirect_uri", Some("http://127.0.0.1:8399@evil.example/callback")),
        ("redirect_uri", Some("http://127.0.0.1:8399/callback\r\nX: y")),
        ("redirect_uri", Some("javascript:alert(1)")),
        ("code_challenge", None),
        ("code_challenge", Some("short")),
        ("code_challenge_method", None),
        ("code_challenge_method", Some("plain")),
        ("state", None),
        ("state", Some("")),
        ("state", Some("a b")),
        ("state", Some("a\r\nLocation: https://evil.example")),
        ("state", Some(&too_long)),
    ] {
        let program = Program::new().with(name, value);
        for answer in [
            visitor.get(&program.path()),
            program.decide(&mut visitor, "approve"),
            program.decide(&mut visitor, "deny"),
        ] {
            assert_eq!((answer.status, answer.header("location")), (400, None), "{name} {value:?}: {}", answer.text());
        }
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", Program::new().path());
    assert_eq!(visitor.get(&twice).status, 422);
    Program::new().decide(&mut visitor, "something").is(400);
    let rows = server.admin().get("/api/admin/audit?action=device.approve").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_code_is_good_for_the_program_that_began_and_spoilt_by_any_other() {
    let server = TestServer::start();
    let mut visitor = Visitor::admin(&server);
    let (program, other) = (Program::new(), Program::new());
    for (verifier, redirect) in [
        (other.verifier.as_str(), REDIRECT),
        ("", REDIRECT),
        (&program.verifier[1..], REDIRECT),
        (&program.verifier, "http://127.0.0.1:8398/callback"),
        (&program.verifier, "http://[::1]:8399/callback"),
        (&program.verifier, ""),
    ] {
        let code = program.approved(&mut visitor);
        is_refused(&redeem(&server, &code, verifier, redirect));
        // Somebody has seen it who should not have.
        is_refused(&program.redeem(&server, &code));
    }
    for code in ["", "dac_", "x"] {
        is_refused(&program.redeem(&server, code));
    }
    let code = program.approved(&mut visitor);
    is_refused(&server.stranger().post("/auth/device/token", &json!({ "device_code": code })));
    program.redeem(&server, &code).is(200);
}

#[test]
fn a_code_that_comes_twice_ends_what_it_gave() {
    let server = TestServer::start();
    let (program, mut visitor) = (Program::new(), Visitor::admin(&server));
    let code = program.approved(&mut visitor);
    let answer = program.redeem(&server, &code).is(200).json();
    let session = server.stranger().with(answer["access_token"].as_str().unwrap());
    session.get("/auth/me").is(200);
    is_refused(&program.redeem(&server, &code));
    session.get("/auth/me").refused_as(401, "token_revoked");
    let rows = server.admin().get("/api/admin/audit?action=session.revoke").is(200).json();
    assert_eq!(rows["items"][0]["params"]["reason"], "reuse_detected");
    is_refused(&program.redeem(&server, &code));
}

#[test]
fn a_code_lives_for_a_minute() {
    let server = TestServer::start();
    let (program, mut visitor) = (Program::new(), Visitor::admin(&server));
    let code = program.approved(&mut visitor);
    let pass = "UPDATE device_authorizations SET expires_at = expires_at - ?1";
    server.change_store(pass, [60_000_000]);
    is_refused(&program.redeem(&server, &code));
    server.change_store(pass, [-60_000_000]);
    program.redeem(&server, &code).is(200);
}

#[test]
fn a_deactivated_person_has_let_nobody_in() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = server.user(&admin, "bob@example.com", "analyst");
    let id = user.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    let mut visitor = Visitor::new(&server).signed_in("bob@example.com", "a quiet morning");
    let program = Program::new();
    let code = program.approved(&mut visitor);
    admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
    is_refused(&program.redeem(&server, &code));
    admin.post_empty(&format!("/api/users/{id}/activate")).is(200);
    is_refused(&program.redeem(&server, &code));
}

#[test]
fn only_the_form_of_the_page_decides() {
    let server = TestServer::start();
    let (program, mut visitor) = (Program::new(), Visitor::admin(&server));
    let mut fields: Vec<(&str, &str)> = program.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("action", "approve"));
    let token = visitor.form_token();
    // Without the token of the form, with one but from another site, and by a token instead of a session.
    visitor.post_raw("/authorize", "", &fields).is(403);
    fields.push(("form_token", &token));
    visitor.post_raw("/authorize", "Origin: https://evil.example\r\n", &fields).is(403);
    visitor.post_raw("/authorize", "Sec-Fetch-Site: cross-site\r\n", &fields).is(403);
    let pat = server.admin().with_new_token("a job");
    visitor.plant("access_token", pat.bearer());
    visitor.post_raw("/authorize", "Sec-Fetch-Site: same-origin\r\n", &fields).is(403);
    visitor.get(&program.path()).is(403);
}

#[test]
fn a_code_for_the_exchange_is_a_secret_of_debug_output() {
    let verifier = CodeVerifier::try_from(Secret::new("v".repeat(43))).unwrap();
    assert!(!format!("{verifier:?}").contains("vvv"));
}
