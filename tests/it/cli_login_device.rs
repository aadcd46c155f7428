//! `da login --device`: RFC 8628 from the terminal's side, K-05, O-07.

use serde_json::{Value, json};

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Browser, Person, Running, StandIn, TestServer, original, reply, transcript,
};

fn start(person: &Person, args: &[&str]) -> (Running, String) {
    Running::showing_a_code(person.da(args).into_command())
}

#[test]
fn a_page_and_a_code_lead_to_a_session() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, code) = start(&person, &["login", "--device"]);
    server.admin().decide("approve", &code);
    transcript!(running.ends(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    Open this page on any device, and type the code:

        http://127.0.0.1:[PORT]/device
        [CODE]

    Or open it with the code in it:

        http://127.0.0.1:[PORT]/device?user_code=[CODE]

    Waiting for up to 15 minutes; Ctrl-C gives up
    ");
    person.saved_refresh_token();
    person.run(["whoami"]).exits(0);
    let sessions = person.run(["session", "list", "--json"]).exits(0);
    let sessions: Value = serde_json::from_str(&sessions.stdout).unwrap();
    assert!(sessions.to_string().contains("(linux)"), "{sessions}");
}

#[test]
fn the_same_as_json() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut running = Running::start(person.da(["login", "--device", "--json"]).into_command());
    let shown: Value = serde_json::from_str(&running.says("sign_in")).unwrap();
    server.admin().decide("approve", shown["sign_in"]["user_code"].as_str().unwrap());
    transcript!(running.ends(), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": "file",
      "expires_at": "[TIME]",
      "refresh_expires_at": "[TIME]",
      "must_change_password": false
    }

    ----- stderr -----
    {"sign_in":{"verification_uri":"http://127.0.0.1:[PORT]/device","verification_uri_complete":"http://127.0.0.1:[PORT]/device?user_code=[CODE]","user_code":"[CODE]","expires_in":900}}
    "#);
}

#[test]
fn a_denied_sign_in_is_4_and_the_code_is_shown_to_the_quiet_too() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, code) = start(&person, &["login", "--device", "--quiet"]);
    server.admin().decide("deny", &code);
    transcript!(running.ends(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    Open this page on any device, and type the code:

        http://127.0.0.1:[PORT]/device
        [CODE]

    Or open it with the code in it:

        http://127.0.0.1:[PORT]/device?user_code=[CODE]

    Waiting for up to 15 minutes; Ctrl-C gives up
    error: The sign-in was denied
    ");
    assert!(!person.token_file().exists());
}

#[test]
fn a_code_that_nobody_types_in_time_is_4() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, _) = start(&person, &["login", "--device"]);
    server.change_store("UPDATE device_authorizations SET expires_at = created_at", []);
    let run = running.ends().exits(4);
    let (_, told) = run.stderr.split_once("gives up\n").unwrap();
    assert_eq!(told, "error: Nobody approved the sign-in in time\nhint: Run the command again\n");
}

#[test]
fn a_server_that_restarts_meanwhile_is_asked_again() {
    let mut server = TestServer::start();
    let person = Person::at(server.url());
    let (mut running, code) = start(&person, &["login", "--device", "-vvv"]);
    server.kill9();
    running.says("The server does not answer now");
    server.restart();
    server.admin().decide("approve", &code);
    let run = running.ends().exits(0);
    assert_eq!(run.stdout, "Logged in as admin@example.com (role: admin)\n");
    assert_eq!(run.stderr.matches("does not answer").count(), 1, "it is said once");
    for secret in ["dad_", &person.saved_token(), &person.saved_refresh_token()] {
        assert!(!run.stderr.contains(secret) && !server.log().contains(secret), "{secret}");
    }
}

#[test]
fn a_real_browser_approves_what_a_terminal_without_a_display_shows() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["login"]);
    terminal.expect("Or open it with the code in it:");
    let page = format!("http{}", terminal.expect_line("http"));
    let browser = Browser::start();
    browser.open(&page);
    browser.fill("E-mail", ADMIN_EMAIL);
    browser.fill("Password", ADMIN_PASSWORD);
    browser.press("Sign in");
    assert!(browser.text("//main").contains("127.0.0.1, where you are"));
    browser.press("Approve");
    assert!(browser.text("//*[@role='status']").contains("Approved"));
    terminal.expect("Logged in as admin@example.com");
    assert_eq!(terminal.wait().0, Some(0));
    person.run(["whoami"]).exits(0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn ctrl_c_gives_up_and_leaves_nothing() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["login", "--device"]);
    terminal.expect("Ctrl-C gives up");
    terminal.interrupt();
    let (code, screen) = terminal.wait();
    assert!(code.is_none() && !screen.contains("error"), "{code:?} {screen}");
    assert!(!person.token_file().exists());
}

#[test]
fn an_original_server_is_given_the_password_it_wants() {
    let server = original::start();
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["login"]);
    terminal.expect("This server knows no sign-in by browser or device; it takes a password");
    terminal.expect("Email: ");
    terminal.send_line(original::EMAIL);
    terminal.expect("Password: ");
    terminal.send_line(original::PASSWORD);
    terminal.expect("Logged in as");
    assert_eq!(terminal.wait().0, Some(0));
    transcript!(person.run(["login", "--device"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    This server knows no sign-in by browser or device; it takes a password
    error: Cannot ask for `Email`: there is no terminal
    hint: Use `--email EMAIL`
    ");
    transcript!(person.run(["login", "--no-browser"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    This server knows no sign-in by browser or device; it takes a password
    error: Cannot ask for `Email`: there is no terminal
    hint: Use `--email EMAIL`
    ");
}

#[test]
fn what_a_hostile_server_says_is_harmless() {
    let hostile = "\u{202e}\u{1b}[31m\u{7}";
    for (address, shown) in [
        ("javascript:alert(1)".to_owned(), "/device"),
        (format!("https://id.example.org/{hostile}"), "/device"),
        (format!("https://{}", "x".repeat(5000)), "/device"),
        ("https://id.example.org/device".to_owned(), "https://id.example.org/device"),
    ] {
        let started = json!({
            "device_code": "x".repeat(5000),
            "user_code": format!("{hostile}{}", "Y".repeat(5000)),
            "verification_uri": address,
            "verification_uri_complete": address,
            "expires_in": u64::MAX,
            "interval": 0,
        });
        let server = StandIn::start(move |asked, stream| match asked.path.as_str() {
            "/auth/device" => reply(stream, 200, "", &started.to_string()),
            _ => reply(stream, 400, "", r#"{"detail":"\u001b[31mno","code":"access_denied"}"#),
        });
        let run = Person::at(server.url()).run(["login", "--device"]).exits(4);
        assert!(!run.stderr.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{:?}", run.stderr);
        assert!(run.stderr.contains(&format!(
            "    {}",
            if shown.starts_with('/') { server.url() + shown } else { shown.to_owned() }
        )));
        assert!(run.stderr.contains("Waiting for up to 30 minutes") && run.stderr.len() < 2000, "{}", run.stderr);
    }
}

#[test]
fn answers_that_are_no_session_are_told() {
    const STARTED: &str = r#"{"device_code":"c","user_code":"ABCD-EFGH","verification_uri":"http://127.0.0.1/d","verification_uri_complete":"http://127.0.0.1/d","expires_in":60,"interval":1}"#;
    for (status, body, code, told) in [
        (200, r#"{"email":"a@b.c"}"#, 1, "it has another shape"),
        (200, r#"{"access_token":"a b","token_type":"bearer","email":"a@b.c","role":"viewer"}"#, 1, "not a token"),
        (400, r#"{"detail":"The code is used","code":"invalid_grant"}"#, 1, "Login failed: The code is used"),
        (404, r#"{"detail":"Not Found"}"#, 1, "Login failed: Not Found"),
    ] {
        let server = StandIn::start(move |asked, stream| match asked.path.as_str() {
            "/auth/device" => reply(stream, 200, "", STARTED),
            _ => reply(stream, status, "", body),
        });
        let person = Person::at(server.url());
        let run = person.run(["login", "--device"]).exits(code);
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
        assert!(!person.token_file().exists());
        let polled = server.asked().into_iter().find(|asked| asked.path == "/auth/device/token").unwrap();
        assert_eq!(polled.json(), json!({ "device_code": "c" }));
    }
}

#[test]
fn ways_that_exclude_each_other_are_wrong_usage() {
    let person = Person::at("http://127.0.0.1:9");
    for args in [
        &["login", "--device", "--no-browser"][..],
        &["login", "--device", "--email", "a@b.c"],
        &["login", "--no-browser", "--password-stdin"],
    ] {
        let run = person.run(args).exits(2);
        assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
    }
    let run = person.run(["login", "--device"]).exits(3);
    assert!(run.stderr.starts_with("error: Login failed\n  caused by: cannot reach"), "{}", run.stderr);
}
