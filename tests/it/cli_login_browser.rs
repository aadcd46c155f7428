//! `da login` with a browser: RFC 8252 and RFC 7636 from the terminal's side, O-07, D-02.

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
};

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Browser, Person, Run, Running, Terminal, TestServer, Visitor, exchange,
    transcript, wait_for,
};

/// What `da login --no-browser` waits for.
struct Waiting {
    running: Running,
    /// The parameters of the address that it shows.
    fields: Vec<(String, String)>,
}

impl Waiting {
    fn start(person: &Person) -> Self {
        let mut running = Running::start(person.da(["login", "--no-browser", "-vvv"]).into_command());
        let url = running.says("/authorize?");
        let fields = serde_urlencoded::from_str(url.split_once('?').unwrap().1).unwrap();
        Self { running, fields }
    }

    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value).unwrap()
    }

    /// Returns where it listens.
    fn address(&self) -> SocketAddr {
        let redirect = self.field("redirect_uri").strip_prefix("http://").unwrap();
        redirect.strip_suffix("/callback").unwrap().parse().unwrap()
    }

    /// Decides as the admin; returns where the browser is sent.
    fn decide(&self, server: &TestServer, action: &str) -> String {
        let mut fields: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("action", action));
        let answer = Visitor::admin(server).post("/authorize", &fields).is(302);
        answer.header("location").unwrap().strip_prefix(&format!("http://{}", self.address())).unwrap().to_owned()
    }

    /// Asks what waits as a browser would.
    fn get(&self, path: &str) -> Answer {
        get(self.address(), path)
    }

    /// Waits for the end; however much was said, no code was among it.
    fn ends(self) -> Run {
        let mut run = self.running.ends();
        assert!(run.stderr.contains("/auth/authorize/token") && !run.stderr.contains("dac_"), "{}", run.stderr);
        run.stderr =
            run.stderr.lines().filter(|line| !line.contains("took_ms")).map(|line| format!("{line}\n")).collect();
        run
    }
}

fn get(address: SocketAddr, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).unwrap()
}

/// Starts `da login` on a terminal with a display, and with a browser that notes the address it is to open.
fn on_a_desktop(person: &Person) -> (Terminal, String) {
    let (script, noted) = (person.home.path().join("browser"), person.home.path().join("noted"));
    fs::write(&script, format!("#!/bin/sh\nprintf '%s' \"$1\" >{0}.new\nmv {0}.new {0}\n", noted.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let da = person.da(["login"]).env("TERM", "dumb").env("DISPLAY", ":7").env("DA_BROWSER", &script);
    let terminal = Terminal::start(&da.into_command());
    let url = wait_for("the browser to be started", || fs::read_to_string(&noted).ok());
    (terminal, url)
}

#[test]
fn a_real_browser_signs_a_terminal_in() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (mut terminal, url) = on_a_desktop(&person);
    terminal.expect("Your browser opens this page; if it does not, open it yourself on this machine:");
    assert_eq!(terminal.expect_line("http"), url.strip_prefix("http").unwrap(), "the same address is shown");
    let browser = Browser::start();
    browser.open(&url);
    browser.fill("E-mail", ADMIN_EMAIL);
    browser.fill("Password", ADMIN_PASSWORD);
    browser.press("Sign in");
    browser.text("//h1[.='Let this program act as you?']");
    assert!(browser.text("//main").contains("the da command line"));
    browser.press("Approve");
    browser.text("//h1[.='Signed in']");
    assert_eq!(browser.text("//p"), "You can close this window and go on in the terminal.");
    terminal.expect("Logged in as admin@example.com (role: admin)");
    assert_eq!(terminal.wait().0, Some(0));
    person.saved_refresh_token();
    person.run(["whoami"]).exits(0);
    let refused: Vec<String> = browser.complaints().into_iter().filter(|line| !line.contains("favicon")).collect();
    assert_eq!(refused, Vec::<String>::new());

    // Who is signed in there sees the page at once, and may say no.
    let person = Person::at(server.url());
    let (terminal, url) = on_a_desktop(&person);
    browser.open(&url);
    browser.press("Deny");
    browser.text("//h1[.='Denied']");
    let (code, screen) = terminal.wait();
    assert!(code == Some(4) && screen.contains("error: The sign-in was denied"), "{screen}");
    assert!(!person.token_file().exists());
}

#[test]
fn without_a_browser_the_address_is_shown() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let waiting = Waiting::start(&person);
    let page = waiting.get(&waiting.decide(&server, "approve"));
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let text = page.text();
    assert!(text.contains("<h1>Signed in</h1>") && !text.contains("dac_") && !text.contains(waiting.field("state")));
    let (address, mut run) = (waiting.address(), waiting.ends());
    let url = run.stderr.lines().find(|line| line.contains("/authorize?")).unwrap().to_owned();
    run.stderr = run.stderr.replace(url.split_once('?').unwrap().1, "[QUERY]");
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    Open this page in a browser on this machine:

        http://127.0.0.1:[PORT]/authorize?[QUERY]

    Waiting for up to 10 minutes; Ctrl-C gives up
    ");
    person.saved_refresh_token();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn the_listener_takes_the_exact_path_and_state_and_nothing_else() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let waiting = Waiting::start(&person);
    let good = waiting.decide(&server, "approve");
    let state = waiting.field("state").to_owned();
    for path in [
        "/".to_owned(),
        "/callback".to_owned(),
        "/callback?code=x".to_owned(),
        "/callback?code=x&state=".to_owned(),
        "/callback?code=x&state=wrong".to_owned(),
        format!("/callback?code=x&state={}", &state[1..]),
        format!("/callback?code=x&state={state}&state={state}"),
        format!("/callback/?code=x&state={state}"),
        format!("/elsewhere?code=x&state={state}"),
        "/favicon.ico".to_owned(),
    ] {
        let answer = waiting.get(&path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains(&state));
    }
    let address = waiting.address();
    let mut held = Vec::new();
    for request in [
        format!("POST {good} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
        format!("POST {good} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
        format!("GET {good} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999\r\n\r\n"),
        format!("GET {good} HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        format!("GET {good} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
        format!("POST {good} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n\r\n".to_owned(),
        format!("GET {good} HTTP/9.9\r\nHost: x\r\n\r\n"),
        format!("HEAD {good} HTTP/1.1\r\nHost: x\r\n\r\n"),
        "\0\0\0\r\n\r\n".to_owned(),
        "GET".to_owned(),
        String::new(),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        held.push(stream);
        assert_eq!(get(address, "/").status, 404, "it still answers after {request:?}");
    }
    assert!(get(address, &good).text().contains("Signed in"));
    waiting.ends().exits(0);
    person.run(["whoami"]).exits(0);
}

#[test]
fn large_bodies_are_not_read_and_end_the_wait() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let waiting = Waiting::start(&person);
    let request = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n";
    let mut held = Vec::new();
    for n in 0..4 {
        if n > 0 {
            assert_eq!(waiting.get("/").status, 404, "it still answers after {n} of them");
        }
        let mut stream = TcpStream::connect(waiting.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        held.push(stream);
    }
    let run = waiting.ends().exits(1);
    drop(held);
    let (_, told) = run.stderr.split_once("gives up\n").unwrap();
    assert_eq!(
        told,
        "error: Cannot wait for the browser: another program disturbs it\nhint: Use `da login --device`\n"
    );
}

#[test]
fn a_code_of_another_program_signs_nobody_in() {
    let server = TestServer::start();
    let (person, eve) = (Person::at(server.url()), Person::at(server.url()));
    let (waiting, hers) = (Waiting::start(&person), Waiting::start(&eve));
    // Somebody else's code with the right state, as by a program that has seen the address.
    let code = hers.decide(&server, "approve");
    let forged = code.replace(hers.field("state"), waiting.field("state"));
    assert!(waiting.get(&forged).text().contains("Not signed in"));
    let run = waiting.ends().exits(1);
    assert!(run.stderr.contains("Login failed: The code is unknown, was used, or belongs to another client"));
    assert!(!person.token_file().exists());
    // And it is spoilt for her as well.
    assert!(hers.get(&code).text().contains("Not signed in"));
    hers.ends().exits(1);
}

#[test]
fn an_answer_of_another_authority_is_not_trusted() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    for issuer in ["urn:uuid:6fa459ea-ee8a-4ca4-894e-db77e160355e", ""] {
        let waiting = Waiting::start(&person);
        let good = waiting.decide(&server, "approve");
        let (rest, _) = good.split_once("&iss=").unwrap();
        let forged = if issuer.is_empty() { rest.to_owned() } else { format!("{rest}&iss={issuer}") };
        assert!(waiting.get(&forged).text().contains("Not signed in"));
        let run = waiting.ends().exits(1);
        assert!(run.stderr.contains("have talked to different authorities"), "{}", run.stderr);
        assert!(!person.token_file().exists());
    }
    let sessions = server.admin().get("/api/admin/sessions?active=true&limit=50").is(200).json();
    let commands = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|session| session["user_agent"].as_str().unwrap().starts_with("da/"));
    assert_eq!(commands.count(), 0, "the sessions were ended: {sessions}");
}

#[test]
fn a_browser_that_does_not_open_is_told_and_not_needed() {
    let server = TestServer::start();
    for (browser, told) in [("/no/such/browser", "No such file"), ("/bin/false", "exit status: 1")] {
        let person = Person::at(server.url());
        let da = person.da(["login"]).env("TERM", "dumb").env("DISPLAY", ":7").env("DA_BROWSER", browser);
        let mut terminal = Terminal::start(&da.into_command());
        let url = format!("http{}", terminal.expect_line("http"));
        terminal.expect("No browser was opened (");
        terminal.expect(told);
        assert!(url.starts_with(&format!("{}/authorize?", server.url())));
        terminal.interrupt();
        assert_eq!(terminal.wait().0, None);
        assert!(!person.token_file().exists());
    }
}

#[test]
fn over_ssh_no_browser_is_opened() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let da =
        person.da(["login"]).env("TERM", "dumb").env("DISPLAY", ":7").env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    let mut terminal = Terminal::start(&da.into_command());
    terminal.expect("type the code");
    terminal.interrupt();
    assert_eq!(terminal.wait().0, None);
}
