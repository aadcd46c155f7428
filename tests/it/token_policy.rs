//! The operator's maximum for the life of tokens: C-18.

use da::domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Person, TestServer, Visitor, jwt_part, transcript};

fn limited(days: &str) -> TestServer {
    TestServer::with_admin().env("DA_TOKEN_MAX_DAYS", days).start()
}

fn days_of(created: &Value) -> u64 {
    let time = |key: &str| created[key].as_str().unwrap().parse::<Timestamp>().unwrap();
    time("expires_at").since(time("created_at")).as_secs() / 86_400
}

/// Returns how many days a token lives by its own claims.
fn claimed_days(token: &str) -> i64 {
    let claims = jwt_part(token, 1);
    (claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()) / 86_400
}

fn create(api: &Api, days: Value) -> Answer {
    api.post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": days }))
}

#[test]
fn a_longer_life_than_the_maximum_is_refused_and_the_maximum_named() {
    let server = limited("30");
    let admin = server.admin();
    let beyond = "expires_in_days must not exceed 30, the maximum that this server sets for tokens";
    for days in [31, 3651, i64::MAX] {
        create(&admin, json!(days)).refused(400, "invalid_lifetime", beyond);
    }
    let endless = "Tokens of this server end: expires_in_days must be a number up to 30";
    create(&admin, Value::Null).refused(400, "invalid_lifetime", endless);
    create(&admin, json!(0)).refused(400, "invalid_lifetime", "expires_in_days must be a positive integer");
    assert_eq!(days_of(&create(&admin, json!(30)).is(201).json()), 30);
    assert_eq!(days_of(&admin.create_token("absent")), 30);
    assert_eq!(days_of(&limited("365").admin().create_token("absent")), 90);
}

#[test]
fn no_way_of_making_tokens_leads_past_the_maximum() {
    let server = limited("7");
    let admin = server.admin();
    let new = json!({ "email": "ann@example.com", "role": "viewer", "issue_token": true });
    let first = admin.post("/api/users", &new).is(201).json()["token"].as_str().unwrap().to_owned();
    assert_eq!(claimed_days(&first), 7);

    let mut visitor = Visitor::admin(&server);
    let page = visitor.post("/install", &[]).is(200).text();
    let agent = page.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let agent = agent.filter(|word| word.starts_with("eyJ")).max_by_key(|word| word.len()).unwrap();
    assert_eq!(claimed_days(agent), 7);

    let form = visitor.get("/tokens").is(200).text();
    assert!(form.contains("a token lives at most 7 days") && form.contains(r#"<option value="7" selected>"#), "{form}");
    assert!(!form.contains("no end") && !form.contains("30 days"), "{form}");
    let refused = visitor.post("/tokens", &[("action", "create"), ("name", "x"), ("days", "never")]).is(400).text();
    assert!(refused.contains("Tokens of this server end"), "{refused}");
}

#[test]
fn a_maximum_leaves_the_tokens_that_are_there() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let endless = create(&admin, Value::Null).is(201).json();
    let token = admin.with(endless["token"].as_str().unwrap());
    server.terminate();
    std::fs::write(server.data_dir().join("da-server.yaml"), "token_max_days: 1\n").unwrap();
    server.restart();
    create(&server.admin(), json!(2)).is(400);
    assert_eq!(token.get("/auth/me").is(200).json()["expires_at"], Value::Null);
}

#[test]
fn the_command_line_asks_for_what_the_server_allows_and_tells_the_maximum() {
    let server = limited("30");
    let person = Person::admin(&server);
    let made = person.run(["token", "create", "--name", "ci", "--json"]).exits(0);
    assert_eq!(days_of(&serde_json::from_str(&made.stdout).unwrap()), 30);
    assert_eq!(claimed_days(&person.new_token("again")), 30);
    transcript!(person.run(["token", "create", "--name", "ci", "--ttl", "90d"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: `--ttl` must not exceed 30, the maximum that this server sets for tokens
      caused by: 400 invalid_lifetime (request [REQUEST])
    hint: Choose another `--ttl`, or leave it out for the server's default
    ");
    transcript!(person.run(["token", "create", "--name", "ci", "--ttl", "never"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: Tokens of this server end: `--ttl` must be a number up to 30
      caused by: 400 invalid_lifetime (request [REQUEST])
    hint: Choose another `--ttl`, or leave it out for the server's default
    ");
    let instructions = person.run(["setup-instructions", "--json"]).exits(0);
    assert!(instructions.stdout.contains("instructions"));
}
