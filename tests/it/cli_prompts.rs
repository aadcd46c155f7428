//! Where people are asked: the controlling terminal, whatever standard input is (issue 11 items 28 and 38).

use std::fs;

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Person, Terminal, TestServer, original};

const DA: &str = env!("CARGO_BIN_EXE_da");
const PASSWORD: &str = "a quiet morning";

/// Starts a shell script on a terminal; `$DA` is the program.
fn script(person: &Person, script: &str) -> Terminal {
    let mut command = person.da(["x"]).into_command();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", script]).env("DA", DA).current_dir(person.home.path()).env("TERM", "dumb");
    for (name, value) in command.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        shell.env(name, value);
    }
    shell.env("TERM", "dumb");
    command.env_clear();
    Terminal::start(&shell)
}

#[test]
fn the_code_comes_from_a_pipe_and_the_password_from_the_terminal() {
    let server = TestServer::empty().start();
    let person = Person::at(server.url());
    fs::copy(server.data_dir().join("setup-code"), person.home.path().join("code")).unwrap();
    let mut terminal = script(&person, &format!("cat code | \"$DA\" setup bootstrap {ADMIN_EMAIL} --code-file -"));
    for prompt in ["New password: ", "The same again: "] {
        terminal.expect(prompt);
        terminal.send_line(PASSWORD);
    }
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Admin user created: ") && !screen.contains(PASSWORD), "{screen}");
}

#[test]
fn the_reset_value_comes_from_a_pipe_and_the_password_from_the_terminal() {
    let server = TestServer::start();
    let run = Person::admin(&server).run(["admin", "reset-password", ADMIN_EMAIL, "--json"]).exits(0);
    let reset: Value = serde_json::from_str(&run.stdout).unwrap();
    let person = Person::at(server.url());
    fs::write(person.home.path().join("value"), reset["reset_token"].as_str().unwrap()).unwrap();
    let mut terminal = script(&person, "\"$DA\" auth password reset --token - < value");
    for prompt in ["New password: ", "The same again: "] {
        terminal.expect(prompt);
        terminal.send_line(PASSWORD);
    }
    assert_eq!(terminal.wait().0, Some(0));
    person.sign_in(ADMIN_EMAIL, PASSWORD);
}

#[test]
fn a_confirmation_is_asked_for_on_the_terminal_when_input_and_output_are_redirected() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    person.new_token("ci");
    for (answer, code) in [("n", 1), ("y", 0)] {
        let mut terminal = script(&person, "echo y | \"$DA\" token revoke --all > out 2> err");
        terminal.expect("Revoke all your 1 active tokens? [y/N]: ");
        terminal.send_line(answer);
        assert_eq!(terminal.wait().0, Some(code), "{answer}");
    }
    let mut terminal = script(&person, "\"$DA\" login --password-stdin < /dev/null");
    terminal.expect("Email: ");
    terminal.send_line("nobody@example.org");
    assert_ne!(terminal.wait().0, Some(0));
}

#[test]
fn without_a_terminal_and_a_code_the_server_decides() {
    let server = original::start();
    let person = Person::at(server.url());
    let bootstrap = ["setup", "bootstrap", "a@b.c", "--password", PASSWORD];
    let run = person.run(bootstrap).exits(0);
    assert_eq!(run.stdout, "Admin user created: a@b.c\n");
    let asked = server.asked().pop().unwrap();
    assert_eq!((asked.path.as_str(), asked.json().get("setup_code")), ("/auth/bootstrap", None));

    let server = TestServer::empty().start();
    let run = Person::at(server.url()).run(bootstrap).exits(5);
    assert!(run.stderr.contains("hint: Give the setup code") && run.stderr.contains("--code-file"), "{}", run.stderr);
}

#[test]
fn on_a_terminal_an_empty_code_is_none() {
    let server = original::start();
    let person = Person::at(server.url());
    let mut terminal = script(&person, &format!("\"$DA\" setup bootstrap a@b.c --password '{PASSWORD}'"));
    terminal.expect("Setup code: ");
    terminal.send_line("");
    terminal.expect("Admin user created: a@b.c");
    assert_eq!(terminal.wait().0, Some(0));
    assert_eq!(server.asked().pop().unwrap().json().get("setup_code"), None);
}

#[test]
fn a_background_job_is_not_stopped_by_a_question() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let mut terminal = script(&person, "set -m; \"$DA\" token revoke --all < /dev/null & wait $!; echo \"code $?\"");
    terminal.expect("there is no terminal");
    terminal.expect("code 2");
}

#[test]
fn what_cannot_be_undone_needs_yes_without_a_terminal() {
    let server = TestServer::start();
    server.admin().add_user("bob@example.com", "viewer", PASSWORD);
    let (admin, bob) = (Person::admin(&server), Person::at(server.url()));
    bob.sign_in("bob@example.com", PASSWORD);
    admin.new_token("ci");
    let list: Value = serde_json::from_str(&bob.run(["session", "list", "--json"]).exits(0).stdout).unwrap();
    let session = list[0]["id"].as_str().unwrap();
    for args in [
        &["session", "revoke-others"][..],
        &["token", "revoke", "--all"],
        &["admin", "session", "revoke", session],
        &["admin", "session", "revoke-user", "bob@example.com"],
        &["admin", "token", "revoke", "ci"],
        &["admin", "remove-user", "bob@example.com"],
    ] {
        let run = admin.run(args).exits(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("Use `--yes`"), "{args:?}: {run:?}");
        let run = admin.run([&["--json"], args].concat()).exits(2);
        let error: Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!(error["error"]["exit_code"], json!(2), "{args:?}");
        bob.run(["whoami"]).exits(0);
    }
    bob.run(["session", "revoke", session]).exits(2);
    // Scripts of the original revoke one token of their own without being asked.
    admin.run(["token", "revoke", "ci"]).exits(0);
    admin.run(["admin", "remove-user", "bob@example.com", "--yes"]).exits(0);
}
