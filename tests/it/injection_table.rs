//! The injection table: hostile text is refused or kept to the letter, wherever it enters and wherever it shows.
//! S-20, S-22, S-23, S-33, S-34.

use da::{
    api::{Access, Method},
    domain::Device,
    server::router::table,
};
use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Answer, Api, TestServer};

/// Texts that SQL, HTML, shells, templates, paths, logs and terminals would act on.
const PAYLOADS: [&str; 34] = [
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    "\" OR \"\"=\"",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "') UNION SELECT password_hash FROM users --",
    "%' OR name LIKE '%",
    "_",
    "*",
    "?1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title><svg onload=alert(1)>",
    "&lt;b&gt;&#60;",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}${7*7}#{7*7}",
    "$(touch pwned)`touch pwned`",
    "; touch pwned |& cat",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "%00%0d%0a%2e%2e%2f",
    "%s%n%d{}{0}",
    "a\u{0}b",
    "a\r\nX-Injected: yes\r\n\r\nb",
    "a\nb",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "\u{7f}",
    "\u{202e}gnp.exe",
    "\u{2066}\u{200b}\u{feff}x",
    "Ünïcødé 名前 🙂 e\u{301}",
    "İstanbul ſ ß",
    "=cmd|' /C calc'!A0",
    "null",
];

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[track_caller]
fn is_refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what:?}: {} {}", answer.status, answer.text());
    assert!(answer.json()["code"].is_string(), "{what:?}");
}

/// Asserts that a page shows hostile text, if at all, only escaped.
#[track_caller]
fn is_inert(answer: &Answer, payload: &str) {
    assert!(answer.status < 500, "{payload:?}: {answer:?}");
    assert!(!answer.header_names().contains(&"x-injected"), "{payload:?}: {answer:?}");
    if payload.contains(['<', '>', '"', '\'', '&']) {
        assert!(!answer.text().contains(payload), "{payload:?}: {}", answer.text());
    }
}

fn admin_row(admin: &Api, action: &str) -> Value {
    admin.get(&format!("/api/admin/audit?action={action}&limit=1")).is(200).json()["items"][0].clone()
}

/// Tells whether a payload holds a control character, or one that is invisible or reorders text.
fn hides_something(payload: &str) -> bool {
    let is_hidden = |c: char| c.is_control() || ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}'].contains(&c);
    payload.trim().chars().any(is_hidden)
}

#[test]
fn token_names_are_refused_or_kept_to_the_letter() {
    let server = TestServer::start();
    let admin = server.admin();
    let mut kept = 0;
    for payload in PAYLOADS {
        let answer = admin.post("/auth/tokens", &json!({ "name": payload }));
        if hides_something(payload) {
            answer.refused_as(400, "invalid_name");
            continue;
        }
        let created = answer.is(201).json();
        kept += 1;
        assert_eq!(created["name"], payload.trim());
        let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
        assert_eq!(admin.get(&path).is(200).json()["name"], payload.trim());
        let row = admin_row(&admin, "token.create");
        assert_eq!(
            (&row["params"]["name"], &row["resource"]),
            (&json!(payload.trim()), &json!(format!("token:{}", created["id"].as_str().unwrap())))
        );
    }
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), kept);
    assert_eq!(admin.get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn names_of_users_are_refused_or_kept_to_the_letter() {
    let server = TestServer::start();
    let admin = server.admin();
    for (n, payload) in PAYLOADS.into_iter().enumerate() {
        let email = format!("user{n}@example.com");
        let answer = admin.post("/api/users", &json!({ "email": email, "name": payload }));
        if hides_something(payload) {
            answer.refused_as(400, "invalid_name");
            continue;
        }
        let created = answer.is(201).json();
        let path = format!("/api/users/{}", created["id"].as_str().unwrap());
        assert_eq!(admin.get(&path).is(200).json()["name"], payload.trim());
        let renamed = format!("{payload} again");
        admin.patch(&path, &json!({ "name": renamed })).is(200);
        assert_eq!(admin.get(&path).json()["name"], renamed.trim());
        assert_eq!(admin_row(&admin, "user.update")["params"]["name"], renamed.trim());
    }
}

#[test]
fn what_is_no_address_is_no_user_and_no_answer_repeats_it() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    for payload in PAYLOADS {
        for email in [payload.to_owned(), format!("{payload}@example.com"), format!("a@{payload}")] {
            let answer = admin.post("/api/users", &json!({ "email": email, "role": "viewer" }));
            match answer.status {
                201 => assert_eq!(answer.json()["email"], email.trim().to_lowercase()),
                _ => is_refused(&answer, &email),
            }
        }
        is_refused(&admin.post("/api/users", &json!({ "email": "x@example.com", "role": payload })), payload);
        is_refused(&server.stranger().try_sign_in(payload, payload), payload);
    }
    let twins = admin.get("/api/users").is(200).json();
    assert!(twins.as_array().unwrap().iter().all(|user| user["role"] != "admin" || user["email"] == ADMIN_EMAIL));
}

#[test]
fn device_labels_and_user_agents_harm_nobody() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let long = "x".repeat(10_000);
    for payload in PAYLOADS.into_iter().chain([long.as_str()]) {
        let body = json!({ "email": ADMIN_EMAIL, "password": crate::support::ADMIN_PASSWORD, "device_label": payload });
        let agent: String = payload.chars().filter(|c| !c.is_control()).collect();
        let headers = format!("Content-Type: application/json\r\nUser-Agent: {agent}\r\n");
        let answer = server.stranger().send("POST", "/auth/token", &headers, body.to_string()).is(200);
        let admin = server.stranger().with(answer.json()["access_token"].as_str().unwrap());
        let row = admin_row(&admin, "login");
        let label = row["params"]["device_label"].as_str().unwrap();
        assert!(!label.chars().any(char::is_control) && label.chars().count() <= Device::MAX_LABEL_CHARS, "{label:?}");
        let rest: String = payload.chars().filter(|c| c.is_alphanumeric()).take(20).collect();
        // Nothing but what a terminal would obey is missing.
        let kept: String = label.chars().filter(|c| c.is_alphanumeric()).take(20).collect();
        assert_eq!(kept, rest, "{payload:?}");
    }
}

#[test]
fn queries_are_refused_or_find_nothing() {
    const NAMES: [&str; 14] = [
        "user",
        "status",
        "last_used",
        "limit",
        "cursor",
        "user_id",
        "action",
        "resource",
        "since",
        "until",
        "next",
        "os",
        "arch",
        "part",
    ];
    let server = TestServer::start();
    let admin = server.admin();
    admin.create_token("kept");
    for line in table().into_iter().filter(|line| line.method == Method::Get) {
        for (n, name) in NAMES.into_iter().enumerate() {
            // Each name meets each third payload on each line, and each payload meets each third name.
            for payload in PAYLOADS.into_iter().skip(n % 3).step_by(3) {
                // No build is for this system: the download answers with a sentence, not with a program.
                let system = if matches!(name, "os" | "arch" | "part") { "" } else { "&os=none" };
                let target = format!("{}?{name}={}{system}", line.path.replace("{id}", "x"), percent(payload));
                is_inert(&admin.get(&target), payload);
            }
        }
    }
    for payload in PAYLOADS {
        for name in ["user", "status"] {
            let answer = admin.get(&format!("/auth/admin/tokens?{name}={}", percent(payload)));
            let found = answer.status == 200 && answer.json() != json!([]);
            assert!(!found, "{name}={payload:?}: {}", answer.text());
        }
        for name in ["action", "resource"] {
            let answer = admin.get(&format!("/api/admin/audit?{name}={}", percent(payload)));
            let found = answer.status == 200 && answer.json()["items"] != json!([]);
            assert!(!found, "{name}={payload:?}: {}", answer.text());
        }
    }
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 1);
}

#[test]
fn numbers_and_times_at_their_ends_are_refused_or_bounded() {
    let server = TestServer::start();
    let admin = server.admin();
    let numbers = ["0", "-0", "-1", "+1", "1.0", "1e3", "", "%201", "0x1", "4294967295", "4294967296", "1&limit=2"];
    let times = [
        "0000-01-01T00:00:00Z",
        "-009999-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "+294247-01-10T04:00:54Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T00:00:00%2B99:99",
        "2026-01-01",
        "1e400",
        "0",
        "",
    ];
    for line in table().into_iter().filter(|line| line.method == Method::Get && !line.page) {
        let call = |query: &str| {
            let answer = admin.get(&format!("{}?{query}", line.path.replace("{id}", "x")));
            assert!(answer.status < 500, "{} {query}: {}", line.path, answer.text());
        };
        numbers.iter().for_each(|number| call(&format!("limit={number}")));
        for name in ["since", "until", "last_used"] {
            times.iter().for_each(|time| call(&format!("{name}={time}")));
        }
    }
}

#[test]
fn hostile_ids_are_not_found() {
    let server = TestServer::start();
    let admin = server.admin();
    let bearer = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", admin.bearer());
    let me = admin.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    let near = [me.replace('-', ""), format!("{{{me}}}"), format!("urn:uuid:{me}"), format!("{me}%20"), "%".to_owned()];
    for line in table().into_iter().filter(|line| line.path.contains("{id}") && line.access != Access::Host) {
        let body = if line.method == Method::Get { "" } else { r#"{"password":"a quiet morning"}"# };
        for id in PAYLOADS.map(percent).into_iter().chain(near.clone()) {
            let answer = admin.send(line.method.as_str(), &line.path.replace("{id}", &id), &bearer, body);
            assert!(matches!(answer.status, 400 | 404), "{id}: {} {}", answer.status, answer.text());
        }
    }
    admin.get("/auth/me").is(200);
}

/// Returns a browser on the sign-in page: the header lines of its form, and the form's token.
fn browser(server: &TestServer) -> (String, String) {
    let page = server.stranger().get("/login").is(200);
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    let headers =
        format!("Cookie: {cookie}\r\nOrigin: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", server.url());
    (headers, token)
}

#[test]
fn pages_show_hostile_text_escaped_or_not_at_all() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let (headers, token) = browser(&server);
    for payload in PAYLOADS {
        for next in [payload.to_owned(), format!("/{payload}"), format!("//{payload}"), format!("/\\{payload}")] {
            is_inert(&server.stranger().get(&format!("/login?next={}", percent(&next))).is(200), payload);
        }
        let form = format!("email={0}&password=x&next=/{0}&form_token={token}", percent(payload));
        let answer = server.stranger().send("POST", "/login", &headers, &form).is(401);
        is_inert(&answer, payload);
    }
}

#[test]
fn a_cookie_planted_by_a_neighbour_is_escaped_in_the_form() {
    let server = TestServer::start();
    for planted in ["\"><script>alert(1)</sc", "'onfocus='alert(1)'x='"] {
        assert_eq!(planted.len(), 22, "as long as a form token");
        let page = server.stranger().send("GET", "/login", &format!("Cookie: da_form={planted}\r\n"), "").is(200);
        is_inert(&page, planted);
    }
}

#[test]
fn signing_in_never_leads_to_another_site() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let (headers, token) = browser(&server);
    let (email, password) = (percent(ADMIN_EMAIL), percent(crate::support::ADMIN_PASSWORD));
    for (next, location) in [
        ("/tokens?a=b", "/tokens?a=b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("\u{0}/", "/"),
        ("evil.example", "/"),
        ("", "/"),
    ] {
        let form = format!("email={email}&password={password}&next={}&form_token={token}", percent(next));
        let answer = server.stranger().send("POST", "/login", &headers, &form).is(302);
        assert_eq!(answer.header("location"), Some(location), "{next:?}");
        assert!(answer.header("set-cookie").unwrap().starts_with("access_token="));
    }
}

#[test]
fn members_that_the_server_sets_have_no_effect() {
    let server = TestServer::start();
    let admin = server.admin();
    let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
    let extra = json!({
        "id": id, "user_id": id, "owner": id, "owner_id": id, "is_owner": true, "is_admin": true, "active": false,
        "permissions": ["*"], "scopes": ["*"], "groups": ["admin"], "created_at": "2000-01-01T00:00:00Z",
        "updated_at": "2000-01-01T00:00:00Z", "deactivated_at": "2000-01-01T00:00:00Z", "revoked_at": "2000-01-01T00:00:00Z",
        "expires_at": "2999-01-01T00:00:00Z", "last_used_at": "2000-01-01T00:00:00Z", "password_hash": "x",
        "token_hash": "x", "prefix": "00000000", "token": "x", "reset_token": "x", "created_by": id, "__proto__": {},
    });
    let with = |own: Value| {
        let mut body = extra.clone();
        body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        body
    };
    let eve = with(json!({ "email": "eve@example.com", "password": "a quiet morning" }));
    let made = admin.post("/api/users", &eve).is(201).json();
    let unchanged = |row: &Value| {
        assert_ne!(row["id"], id);
        assert_eq!((&row["role"], &row["is_owner"]), (&json!("analyst"), &json!(false)), "{row}");
        assert!(row["created_at"].as_str().unwrap() > "2020", "{row}");
        let text = row.to_string();
        assert!(
            !["password_hash", "token_hash", "reset_token", "argon2"].iter().any(|name| text.contains(name)),
            "{text}"
        );
    };
    unchanged(&made);
    assert_eq!((&made["active"], &made["deactivated_at"], made.get("token")), (&json!(true), &Value::Null, None));

    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    let mut change = with(json!({ "email": "mallory@example.com", "name": "Eve" }));
    change.as_object_mut().unwrap().shift_remove("active");
    unchanged(&admin.patch(&path, &change).is(200).json());
    let after = admin.get(&path).is(200).json();
    assert_eq!((&after["email"], &after["name"]), (&json!("eve@example.com"), &json!("Eve")));

    let eve = server.stranger().sign_in("eve@example.com", "a quiet morning");
    let mut new = with(json!({ "name": "hers" }));
    eve.post("/auth/tokens", &new).refused_as(400, "unsupported_restriction");
    new.as_object_mut().unwrap().shift_remove("scopes");
    let token = eve.post("/auth/tokens", &new).is(201).json();
    assert_ne!(token["id"], id);
    let row = eve.get(&format!("/auth/tokens/{}", token["id"].as_str().unwrap())).is(200).json();
    assert_eq!((&row["revoked_at"], &row["last_used_at"]), (&Value::Null, &Value::Null));
    assert!(row["expires_at"].as_str().unwrap() < "2900", "{row}");
    let me = eve.with(token["token"].as_str().unwrap()).get("/auth/me").is(200).json();
    assert_eq!((&me["id"], &me["role"], &me["is_owner"]), (&made["id"], &json!("analyst"), &json!(false)));
}

#[test]
fn the_log_stays_one_line_per_entry() {
    let server = TestServer::start();
    for payload in PAYLOADS {
        server.stranger().get(&format!("/{}", percent(payload)));
        let agent: String = payload.chars().filter(|c| !c.is_control()).collect();
        server.stranger().send("GET", "/live", &format!("User-Agent: {agent}\r\n"), "").is(200);
    }
    for line in server.log().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
