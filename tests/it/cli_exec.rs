//! `da exec`: a command with a short-lived token of one's own.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use da::domain::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Person, Run, StandIn, Terminal, TestServer, help, process, reply, transcript, wait_for};

const DA: &str = env!("CARGO_BIN_EXE_da");

/// Returns the newest of the person's tokens.
fn newest(person: &Person) -> Value {
    let list: Value = serde_json::from_str(&person.run(["token", "list", "--json"]).exits(0).stdout).unwrap();
    list[0].clone()
}

fn seconds(row: &Value) -> u64 {
    let time = |key: &str| row[key].as_str().unwrap().parse::<Timestamp>().unwrap();
    time("expires_at").since(time("created_at")).as_secs()
}

#[test]
fn a_command_has_a_token_of_its_own_that_ends_with_it() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let script = format!("echo \"$DA_SERVER\"; '{DA}' whoami --json; '{DA}' token print > token; exit 7");
    let run = person.run(["exec", "--ttl", "10m", "--", "sh", "-c", &script]).exits(7);
    assert_eq!(run.stderr, "");
    let (first, me) = run.stdout.split_once('\n').unwrap();
    assert_eq!(first, server.url());
    let me: Value = serde_json::from_str(me).unwrap();
    assert_eq!((&me["type"], &me["source"]), (&json!("pat"), &json!("environment")), "{me}");
    let row = newest(&person);
    assert_eq!((&row["name"], seconds(&row)), (&json!("exec sh"), 600));
    assert!(row["revoked_at"].is_string(), "{row}");
    let token = fs::read_to_string(person.home.path().join("token")).unwrap();
    assert!(!run.stdout.contains(token.trim()));
    server.stranger().with(token.trim()).get("/auth/me").refused(401, "token_revoked", "Token revoked");

    let named = person.run(["exec", "--name", "nightly", "true"]).exits(0);
    assert_eq!((named.stdout.as_str(), named.stderr.as_str()), ("", ""));
    let row = newest(&person);
    assert_eq!((&row["name"], seconds(&row), row["revoked_at"].is_string()), (&json!("nightly"), 3_600, true));
}

#[test]
fn the_token_is_shown_by_the_environment_of_the_command_and_nowhere_else() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let saved = person.saved_token();
    let script = r#"
        for file in /proc/$PPID/cmdline /proc/$PPID/environ /proc/$$/cmdline; do
            [ ! -r "$file" ] || tr '\0' '\n' <"$file"
            echo
        done
        echo ---
        cat /proc/$$/environ"#;
    let run = person.run(["exec", "--name", "a-name", "--", "sh", "-c", script]).exits(0);
    let (shown, environment) = run.stdout.split_once("---\n").unwrap();
    let token = environment.split('\0').find_map(|variable| variable.strip_prefix("DA_TOKEN=")).unwrap();
    assert!(shown.contains("a-name"), "{shown}");
    assert!(!shown.contains(token) && !run.stdout.contains(&saved), "{shown}");
}

#[test]
fn the_command_is_named_by_the_arguments_and_gets_all_of_them() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let run = person.run(["exec", "printf", "%s\n", "--json", "-v", "--", "last"]).exits(0);
    assert_eq!(run.stdout, "--json\n-v\n--\nlast\n");
    let run = person.da(["exec", "env"]).env("DA_TOKEN_FILE", "/nonexistent").run();
    assert_eq!(run.code, Some(1), "a token file that is not there is in force: {}", run.stderr);
}

#[test]
fn a_command_that_does_not_start_leaves_no_token() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["exec", "--", "/nonexistent/command"]), @r"
    exit: 127
    ----- stdout -----

    ----- stderr -----
    error: Cannot run `/nonexistent/command`: No such file or directory (os error 2)
    ");
    assert!(newest(&person)["revoked_at"].is_string());
    let file = person.home.path().join("plain");
    fs::write(&file, "text").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    person.run(["exec", "--", file.to_str().unwrap()]).exits(126);
    assert!(newest(&person)["revoked_at"].is_string());
    assert_eq!(newest(&person)["name"], "exec plain");
}

#[test]
fn a_signal_that_ends_the_command_is_told_by_the_exit_code() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    person.run(["exec", "--", "sh", "-c", "kill -KILL $$"]).exits(137);
    assert!(newest(&person)["revoked_at"].is_string());
}

#[test]
fn signals_are_passed_on_and_the_token_ends() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::INT, "INT"), (Signal::HUP, "HUP")] {
        let script =
            format!("trap 'exit 9' {name}; : > ready; n=0; while [ $n -lt 600 ]; do sleep 0.05; n=$((n+1)); done");
        let ready = person.home.path().join("ready");
        drop(fs::remove_file(&ready));
        // In a session of its own: no terminal tells anybody of anything.
        let mut command = person.home.command("setsid");
        command.args(["--wait", DA, "exec", "--", "sh", "-c", &script]).env("DA_SERVER", server.url());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        wait_for("the command to run", || ready.exists().then_some(()));
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap();
        // `setsid` forks only where it has to.
        let da = children
            .split_whitespace()
            .next()
            .filter(|_| is_setsid(child.id()))
            .map_or(child.id(), |id| id.parse().unwrap());
        let da = rustix::process::Pid::from_raw(i32::try_from(da).unwrap()).unwrap();
        rustix::process::kill_process(da, signal).unwrap();
        assert_eq!(process::wait(&mut child, "the command to end").code(), Some(9), "{name}");
        assert!(newest(&person)["revoked_at"].is_string(), "{name}");
    }
}

fn is_setsid(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/comm")).unwrap().trim() == "setsid"
}

#[test]
fn ctrl_c_reaches_the_command_once() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let script = "n=0; trap 'n=$((n+1))' INT; echo ready; read line; sleep 0.2; echo \"caught $n\"; exit 3";
    let mut terminal = person.terminal(["exec", "--", "sh", "-c", script]);
    terminal.expect("ready");
    terminal.interrupt();
    terminal.send_line("");
    terminal.expect("caught 1");
    assert_eq!(terminal.wait().0, Some(3));
    assert!(newest(&person)["revoked_at"].is_string());
}

#[test]
fn a_token_that_cannot_be_revoked_is_told_and_ends_soon() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let kill = format!("kill -KILL {}", server.pid());
    transcript!(person.run(["exec", "--ttl", "5m", "--", "sh", "-c", &kill]), @r"
    exit: 0
    ----- stdout -----

    ----- stderr -----
    warning: Could not revoke the token; token [UUID] ends [TIME], in 5 minutes
    ");
}

#[test]
fn only_a_login_gets_one() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    transcript!(person.da(["exec", "--", "touch", "ran"]).env("DA_TOKEN", &token).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    Person::at(server.url()).run(["exec", "--", "touch", "ran"]).exits(4);
    assert!(!person.home.path().join("ran").exists());
    for ttl in ["0", "59s", "25h", "1w", "-1h"] {
        person.run(["exec", &format!("--ttl={ttl}"), "--", "touch", "ran"]).exits(2);
    }
    insta::assert_snapshot!(help(["exec"]), @r#"
    Run a command with a short-lived token of your own, which ends with it

    The command finds the token in `DA_TOKEN` and the server in `DA_SERVER`; nothing prints it. It is
    revoked when the command has ended, however that was, and ends by itself after `--ttl` if that
    fails. Needs a login.

    Signals (SIGINT, SIGTERM, SIGHUP) are passed on. The exit code is that of the command, 128 and the
    number of the signal that ended it, 127 where there is no such command, 126 where it cannot be run.

    Usage: da exec [OPTIONS] <COMMAND>...

    Arguments:
      <COMMAND>...
              The command and its arguments

    Options:
          --ttl <SPAN>
              How long the token lives at most: `1m` to `24h`
              
              [default: 1h]

          --name <NAME>
              Name of the token in `da token list` [default: exec and the command's name]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da exec -- ./deploy.sh production
      da exec --ttl 10m --name nightly -- \
        sh -c 'curl -H "Authorization: Bearer $DA_TOKEN" "$DA_SERVER/auth/me"'
    "#);
}

#[test]
fn a_token_of_minutes_is_asked_for_in_seconds() {
    let server = TestServer::start();
    let admin = server.admin();
    let ask = |body: Value| admin.post("/auth/tokens", &body);
    let told = "expires_in_seconds must be from 60 to 315360000 (10 years)";
    for seconds in [59, 0, -1, 315_360_001, i64::MAX] {
        ask(json!({ "name": "x", "expires_in_seconds": seconds })).refused(400, "invalid_lifetime", told);
    }
    ask(json!({ "name": "x", "expires_in_seconds": "60" })).has_fault("int_type", &["body", "expires_in_seconds"]);
    for (span, days) in [(60, json!(1)), (86_400, json!(3650)), (3_600, Value::Null)] {
        let made = ask(json!({ "name": "x", "expires_in_seconds": span, "expires_in_days": days })).is(201).json();
        assert_eq!(seconds(&made), span);
    }
    let null = ask(json!({ "name": "x", "expires_in_seconds": null })).is(201).json();
    assert_eq!(seconds(&null), 90 * 86_400);
}

#[test]
fn nothing_that_the_command_prints_is_changed() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let mut command = person.da(["exec", "--", "cat"]).into_command();
    let run = Run::of(&mut command, b"a\0b\xc3\xa9\n").exits(0);
    assert_eq!(run.stdout, "a\0bé\n");
}

/// A server that answers the request for a token after a while, and says when it was asked.
fn slow_server() -> (StandIn, Arc<AtomicBool>) {
    let asked = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&asked);
    let server = StandIn::start(move |request, stream| {
        if request.method == "POST" {
            told.store(true, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        // A number of seconds, which a client reads, too.
        let body = json!({ "id": "6fa459ea-ee8a-4ca4-894e-db77e160355e", "token": "made", "expires_at": now + 3_600 });
        reply(stream, if request.method == "POST" { 201 } else { 204 }, "", &body.to_string());
    });
    (server, asked)
}

#[test]
fn a_signal_while_the_token_is_made_revokes_it_and_runs_no_command() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (server, asked) = slow_server();
        let person = Person::at(server.url());
        let mut command = person.da(["exec", "--", "touch", "ran"]).env("DA_TOKEN", "session").into_command();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the request for a token", || asked.load(Ordering::SeqCst).then_some(()));
        let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
        assert_eq!(process::wait(&mut child, "`da exec` to end").code(), Some(code));
        assert!(!person.home.path().join("ran").exists());
        let last = server.asked().pop().unwrap();
        let path = "/auth/tokens/6fa459ea-ee8a-4ca4-894e-db77e160355e";
        assert_eq!((last.method.as_str(), last.path.as_str()), ("DELETE", path));
        assert_eq!(last.header("authorization"), Some("Bearer made"));
    }
}

#[test]
fn ctrl_c_on_a_terminal_while_the_token_is_made_runs_no_command() {
    let (server, asked) = slow_server();
    let person = Person::at(server.url());
    let command = person.da(["exec", "--", "touch", "ran"]).env("DA_TOKEN", "session").into_command();
    let mut terminal = Terminal::start(&command);
    wait_for("the request for a token", || asked.load(Ordering::SeqCst).then_some(()));
    terminal.interrupt();
    assert_eq!(terminal.wait().0, Some(130));
    assert!(!person.home.path().join("ran").exists());
    assert_eq!(server.asked().pop().unwrap().method, "DELETE");
}
