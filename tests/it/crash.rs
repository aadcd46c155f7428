//! What was acknowledged holds after a SIGKILL at any instant (S-50).
//!
//! Writers keep ledgers of what the server has acknowledged; the server is killed under their load and started again,
//! and every line of the ledgers must be true.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use uuid::Uuid;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, Run, TestHome, TestServer, Trace, jwt_part, rounds, wait_for};

/// What one writer was told, and what it does next.
trait Ledger: Send {
    /// Asks for one more change; nothing when the server is gone.
    fn work(&mut self, admin: &Api) -> Option<()>;

    /// Asserts that what was touched since the last check, or everything, is as acknowledged. What was in doubt is
    /// settled by what is found: that answer is an acknowledgement, too.
    fn check(&mut self, admin: &Api, everything: bool);
}

fn random(below: usize) -> usize {
    usize::try_from(Uuid::new_v4().as_u128() % below as u128).unwrap()
}

/// A yes or no that was acknowledged, or is in doubt because the server ended before its answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Yes,
    No,
    InDoubt,
}

impl Known {
    #[track_caller]
    fn settle(&mut self, found: bool, what: &str) {
        let found = if found { Self::Yes } else { Self::No };
        assert!(*self == Self::InDoubt || *self == found, "acknowledged: {self:?}, found: {found:?}: {what}");
        *self = found;
    }
}

/// Tokens: created, and some of them revoked.
#[derive(Default)]
struct Tokens(Vec<Token>);

struct Token {
    id: String,
    secret: String,
    works: Known,
    touched: bool,
}

impl Ledger for Tokens {
    fn work(&mut self, admin: &Api) -> Option<()> {
        let chosen = random(self.0.len() + 1);
        match self.0.get_mut(chosen) {
            Some(token) if token.works == Known::Yes && random(2) == 0 => {
                (token.works, token.touched) = (Known::InDoubt, true);
                admin.attempt("DELETE", &format!("/auth/tokens/{}", token.id), &json!({}))?.is(204);
                token.works = Known::No;
            }
            _ => {
                let row = admin.attempt("POST", "/auth/tokens", &json!({ "name": "load" }))?.is(201).json();
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                let (id, secret) = (text("id"), text("token"));
                self.0.push(Token { id, secret, works: Known::Yes, touched: true });
            }
        }
        Some(())
    }

    fn check(&mut self, admin: &Api, everything: bool) {
        for token in self.0.iter_mut().filter(|token| everything || token.touched) {
            let found = admin.with(&token.secret).get("/auth/me").status == 200;
            token.works.settle(found, &format!("token {} works", token.id));
            token.touched = false;
        }
    }
}

/// Users: added, signed in, and some of them deactivated.
#[derive(Default)]
struct Users(Vec<User>);

struct User {
    id: String,
    session: Option<String>,
    active: Known,
    touched: bool,
}

impl Ledger for Users {
    fn work(&mut self, admin: &Api) -> Option<()> {
        let chosen = random(2 * self.0.len() + 2);
        match self.0.get_mut(chosen) {
            Some(user) if user.active == Known::Yes => {
                (user.active, user.touched) = (Known::InDoubt, true);
                let path = format!("/api/users/{}/deactivate", user.id);
                admin.attempt("POST", &path, &json!({}))?.is(200);
                user.active = Known::No;
            }
            _ => {
                let (email, password) = (format!("{}@example.com", Uuid::new_v4()), "a quiet morning");
                let body = json!({ "email": email, "password": password });
                let row = admin.attempt("POST", "/api/users", &body)?.is(201).json();
                let id = row["id"].as_str().unwrap().to_owned();
                self.0.push(User { id, session: None, active: Known::Yes, touched: true });
                let answer = admin.attempt("POST", "/auth/token", &body)?.is(200).json();
                let session = answer["access_token"].as_str().map(str::to_owned);
                self.0.last_mut().unwrap().session = session;
            }
        }
        Some(())
    }

    fn check(&mut self, admin: &Api, everything: bool) {
        for user in self.0.iter_mut().filter(|user| everything || user.touched) {
            let row = admin.get(&format!("/api/users/{}", user.id)).is(200).json();
            user.active.settle(row["active"] == true, &format!("user {} is active", user.id));
            if let Some(session) = &user.session {
                let works = admin.with(session).get("/auth/me").status == 200;
                assert_eq!(works, user.active == Known::Yes, "the session of user {}", user.id);
            }
            user.touched = false;
        }
    }
}

/// One user's password, set again and again.
struct Password {
    id: String,
    email: String,
    acknowledged: String,
    in_doubt: Option<String>,
}

impl Password {
    fn of_a_new_user(admin: &Api) -> Self {
        let (email, acknowledged) = ("restless@example.com".to_owned(), "a quiet morning".to_owned());
        let row = admin.add_user(&email, "analyst", &acknowledged);
        Self { id: row["id"].as_str().unwrap().to_owned(), email, acknowledged, in_doubt: None }
    }
}

impl Ledger for Password {
    fn work(&mut self, admin: &Api) -> Option<()> {
        let next = Uuid::new_v4().to_string();
        self.in_doubt = Some(next.clone());
        let path = format!("/api/users/{}/set-password", self.id);
        admin.attempt("POST", &path, &json!({ "password": next }))?.is(204);
        (self.acknowledged, self.in_doubt) = (next, None);
        Some(())
    }

    fn check(&mut self, admin: &Api, _: bool) {
        let works = |password: &str| admin.try_sign_in(&self.email, password).status == 200;
        match self.in_doubt.take().filter(|password| works(password)) {
            Some(password) => {
                assert!(!works(&self.acknowledged), "two passwords work");
                self.acknowledged = password;
            }
            None => assert!(works(&self.acknowledged), "the acknowledged password does not work"),
        }
    }
}

/// Runs a thread per ledger and kills the server at some instant after the first acknowledgement; counts those.
fn kill_under_load(server: &mut TestServer, admin: &Api, ledgers: &mut [Box<dyn Ledger>]) -> u32 {
    let acknowledged = AtomicU32::new(0);
    thread::scope(|scope| {
        for ledger in ledgers {
            let acknowledged = &acknowledged;
            scope.spawn(move || {
                while ledger.work(admin).is_some() {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait_for("an acknowledgement", || (acknowledged.load(Ordering::Relaxed) > 0).then_some(()));
        thread::sleep(Duration::from_micros(random(500_000) as u64));
        server.kill9();
    });
    acknowledged.into_inner()
}

/// Verifies the audit chain, which must still contain the head that was noted last time; returns the new one.
fn verified_head(server: &TestServer, earlier: Option<&str>) -> String {
    let mut args = vec!["server", "audit", "verify"];
    args.extend(earlier.into_iter().flat_map(|head| ["--head", head]));
    let run = server.on_host(args).run().exits(0);
    assert!(run.stdout.starts_with("The audit log is intact"), "{}", run.stdout);
    run.stderr.split_once("Head: ").unwrap().1.trim().to_owned()
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let rounds = rounds(20, 200);
    let unlimited =
        ["DA_LOGIN_LIMIT_PER_ADDRESS", "DA_LOGIN_LIMIT_PER_ACCOUNT", "DA_SESSIONS_PER_USER"].map(|name| (name, "0"));
    let setup = unlimited.iter().fold(TestServer::with_admin(), |setup, (name, value)| setup.env(name, value));
    let mut server = setup.start();
    let session = server.admin().bearer().to_owned();
    let (tokens, more_tokens) = (Tokens::default(), Tokens::default());
    let password = Password::of_a_new_user(&server.stranger().with(&session));
    let mut ledgers: Vec<Box<dyn Ledger>> =
        vec![Box::new(tokens), Box::new(more_tokens), Box::new(Users::default()), Box::new(password)];
    let (mut head, mut acknowledged, mut slowest) = (None, 0, Duration::ZERO);
    for round in 0..rounds {
        let admin = server.stranger().with(&session);
        acknowledged += kill_under_load(&mut server, &admin, &mut ledgers);

        let down = Instant::now();
        server.restart_elsewhere();
        slowest = slowest.max(down.elapsed());
        assert!(down.elapsed() < Duration::from_secs(10), "round {round}: up after {:?}", down.elapsed());
        let admin = server.stranger().with(&session);
        ledgers.iter_mut().for_each(|ledger| ledger.check(&admin, false));
        let kid = |token: &str| jwt_part(token, 0)["kid"].clone();
        assert_eq!(kid(admin.create_token("after").get("token").unwrap().as_str().unwrap()), kid(&session));
        if round % 5 == 4 {
            head = Some(verified_head(&server, head.as_deref()));
        }
    }
    let admin = server.stranger().with(&session);
    ledgers.iter_mut().for_each(|ledger| ledger.check(&admin, true));
    verified_head(&server, head.as_deref());
    eprintln!("{rounds} kills, {acknowledged} acknowledged changes, none lost; up again after at most {slowest:?}");
}

/// Kills the server as its main thread enters the `nth` call that changes a file; tells whether it came that far.
fn dies_at_change(nth: usize, data: &Path) -> bool {
    let trace = Trace::new();
    let kill = format!("inject=write,pwrite64,ftruncate,rename,fsync,fdatasync,unlink:signal=KILL:when={nth}");
    let words = trace.of(&["trace=write,pwrite64,ftruncate,rename,fsync,fdatasync,unlink", &kill]);
    let home = TestHome::new();
    let mut command = home.command(&words[0]);
    command.args(&words[1..]).args([env!("CARGO_BIN_EXE_da"), "serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    command.arg(data).env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env("DA_ADMIN_PASSWORD", ADMIN_PASSWORD);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    drop(child.kill());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{status}: {:?}", trace.lines());
    !line.starts_with("listening on")
}

#[test]
fn a_first_start_killed_at_any_change_of_a_file_is_completed_by_the_next() {
    let mut left_a_store = Vec::new();
    for nth in 1.. {
        let home = TestHome::new();
        let data = home.path().join("data");
        if !dies_at_change(nth, &data) {
            break;
        }
        left_a_store.push(data.join("da.db").exists());
        let server = TestServer::with_admin().data_in(&data).start();
        server.admin().create_token("after");
    }
    assert!(left_a_store.contains(&true) && left_a_store.contains(&false), "{left_a_store:?}");
    eprintln!("killed at each of {} changes", left_a_store.len());
}

#[test]
fn a_start_after_a_kill_may_be_killed_at_any_change_of_a_file_itself() {
    let mut server = TestServer::start();
    let token = server.admin().with_new_token("before");
    server.kill9();
    let mut deaths = 0;
    while {
        let home = TestHome::new();
        let data = home.path().join("data");
        Run::of(home.command("cp").arg("-a").args([&server.data_dir(), &data]), b"").exits(0);
        let died = dies_at_change(deaths + 1, &data);
        let again = TestServer::with_admin().data_in(&data).start();
        again.stranger().with(token.bearer()).get("/auth/me").is(200);
        died
    } {
        deaths += 1;
    }
    assert!(deaths > 0);
}
