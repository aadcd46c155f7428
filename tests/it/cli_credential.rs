//! Credential helpers: the real git against a server that takes tokens for passwords, and docker's protocol by hand.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    races::at_once,
    support::{Api, Person, Run, StandIn, TestServer, jwt_part, original, reply},
};

const DA: &str = env!("CARGO_BIN_EXE_da");
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A git server of one branch, which asks `da` who comes: the password is the token (HTTP's Basic, RFC 7617).
fn git_server(authority: Api) -> StandIn {
    StandIn::start(move |asked, stream| {
        let basic = asked.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let pair = basic.and_then(|text| STANDARD.decode(text).ok()).and_then(|pair| String::from_utf8(pair).ok());
        let token = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password);
        match token.map(|token| authority.with(token).get("/auth/me").status) {
            Some(200) if asked.path.contains("/info/refs") => {
                reply(stream, 200, "Content-Type: text/plain\r\n", &format!("{COMMIT}\trefs/heads/main\n"));
            }
            Some(200) if asked.path.ends_with("/HEAD") => reply(stream, 200, "", "ref: refs/heads/main\n"),
            Some(200) => reply(stream, 404, "", ""),
            _ => reply(stream, 401, "WWW-Authenticate: Basic realm=\"git\"\r\n", ""),
        }
    })
}

fn host(remote: &StandIn) -> String {
    remote.url().trim_start_matches("http://").to_owned()
}

/// Has the real git ask for the branches of a repository, with our helper for `host`.
fn ls_remote(person: &Person, server: &TestServer, remote: &StandIn, host: &str) -> Run {
    let helper = format!("credential.helper=!'{DA}' credential git --host {host}");
    let mut command = person.home.command("git");
    command.args(["-c", &helper, "ls-remote", &format!("{}/repo.git", remote.url())]);
    command.env("DA_SERVER", server.url()).env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1");
    Run::of(&mut command, b"")
}

fn tokens(person: &Person) -> Vec<Value> {
    serde_json::from_str(&person.run(["token", "list", "--json"]).exits(0).stdout).unwrap()
}

fn ask(person: &Person, host: &str, operation: &str, question: &str) -> Run {
    person.da(["credential", "git", "--host", host, operation]).stdin(question).run()
}

fn password(run: &Run) -> String {
    run.stdout.lines().find_map(|line| line.strip_prefix("password=")).unwrap().to_owned()
}

#[test]
fn git_signs_in_with_one_token_however_often_it_asks() {
    let server = TestServer::start();
    let (person, remote) = (Person::admin(&server), git_server(server.stranger()));
    for _ in 0..3 {
        let run = ls_remote(&person, &server, &remote, &host(&remote)).exits(0);
        assert!(run.stdout.contains(&format!("{COMMIT}\trefs/heads/main")), "{}", run.stdout);
    }
    let rows = tokens(&person);
    assert_eq!((rows.len(), &rows[0]["name"], &rows[0]["revoked_at"]), (1, &json!("credential helper"), &Value::Null));

    // A token that ended is replaced: by the helper, which looks, or by git, which has it erased.
    let id = rows[0]["id"].as_str().unwrap();
    person.run(["token", "revoke", id]).exits(0);
    ls_remote(&person, &server, &remote, &host(&remote)).exits(0);
    assert_eq!(tokens(&person).len(), 2);

    // What is kept is private, and goes with the sign-in.
    let kept = fs::read_dir(person.home.config_dir().join("state")).unwrap().map(|entry| entry.unwrap());
    let kept: Vec<_> = kept.filter(|entry| entry.file_name().to_str().unwrap().starts_with("helper-token-")).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let token = serde_json::from_str::<Value>(&fs::read_to_string(kept[0].path()).unwrap()).unwrap();
    let token = server.stranger().with(token["token"].as_str().unwrap());
    token.get("/auth/me").is(200);
    person.run(["logout"]).exits(0);
    assert!(!kept[0].path().exists());
    token.get("/auth/me").is(401);
    let run = ls_remote(&person, &server, &remote, &host(&remote));
    assert!(run.code != Some(0) && run.stderr.contains("Not logged in"), "{}", run.stderr);
}

#[test]
fn a_job_signs_in_with_the_token_it_has() {
    let server = TestServer::start();
    let token = server.user(&server.admin(), "eve@example.com", "analyst").create_token("ci");
    let token = token["token"].as_str().unwrap().to_owned();
    let job = Person::at(server.url());
    let question = "protocol=https\nhost=git.example.org\n\n";
    let asked = ["credential", "git", "--host", "git.example.org", "--username", "ci-bot", "get"];
    let run = job.da(asked).env("DA_TOKEN", &token).stdin(question).run().exits(0);
    let end = jwt_part(&token, 1)["exp"].as_i64().unwrap();
    assert_eq!(run.stdout, format!("username=ci-bot\npassword={token}\npassword_expiry_utc={end}\n"));
}

/// Returns what `da credential docker` and `da credential git` hand out.
fn handed_out(person: &Person) -> [String; 2] {
    let registry = person.da(["credential", "docker", "--host", "git.example.org", "get"]).stdin("git.example.org");
    let registry: Value = serde_json::from_str(&registry.run().exits(0).stdout).unwrap();
    let question = "protocol=https\nhost=git.example.org\n\n";
    let git = password(&ask(person, "git.example.org", "get", question).exits(0));
    [registry["Secret"].as_str().unwrap().to_owned(), git]
}

#[test]
fn the_token_of_a_helper_identifies_an_admin_and_reaches_nothing_else() {
    let server = TestServer::start();
    let (person, admin) = (Person::admin(&server), server.admin());
    let other = admin.create_token("other")["id"].as_str().unwrap().to_owned();
    let user = admin.add_user("eve@example.com", "analyst", "a quiet morning")["id"].as_str().unwrap().to_owned();
    let session = admin.get("/api/sessions").is(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    for token in handed_out(&person) {
        let helper = server.stranger().with(&token);
        let me = helper.get("/auth/me").is(200).json();
        assert_eq!((&me["email"], &me["typ"]), (&json!("admin@example.com"), &json!("pat")));
        helper.get("/api/catalog/tables").is(200);
        for path in ["/api/users", "/auth/admin/tokens", "/api/admin/sessions", "/api/admin/audit"] {
            helper.get(path).refused_as(403, "insufficient_scope");
        }
        helper
            .post(&format!("/api/users/{user}/set-password"), &json!({ "password": "a quiet evening" }))
            .refused_as(403, "insufficient_scope");
        helper.delete(&format!("/api/users/{user}")).refused_as(403, "insufficient_scope");
        helper.delete(&format!("/auth/admin/tokens/{other}")).refused_as(403, "insufficient_scope");
        // It changes nothing of its owner either.
        helper.delete(&format!("/auth/tokens/{other}")).refused_as(403, "insufficient_scope");
        helper.delete(&format!("/api/sessions/{session}")).refused_as(403, "insufficient_scope");
        helper.delete("/api/sessions").refused_as(403, "insufficient_scope");
        helper.post("/auth/tokens", &json!({ "name": "more" })).refused_as(403, "session_required");
        helper
            .post("/auth/tokens", &json!({ "name": "more", "created_via": "helper" }))
            .refused_as(403, "session_required");
    }
    admin.get("/api/users").is(200);
    assert_eq!(tokens(&person)[0]["created_via"], "helper");
    // A helper ends its own token.
    let [token, _] = handed_out(&person);
    let own = jwt_part(&token, 1)["jti"].as_str().unwrap().to_owned();
    server.stranger().with(&token).delete(&format!("/auth/tokens/{own}")).is(204);
    server.stranger().with(&token).get("/auth/me").is(401);
}

#[test]
fn an_admins_own_token_is_not_handed_out() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let token = admin.new_token("ci");
    let job = Person::at(server.url());
    let question = "protocol=https\nhost=git.example.org\n\n";
    let git = job.da(["credential", "git", "--host", "git.example.org", "get"]).env("DA_TOKEN", &token).stdin(question);
    let run = git.run().exits(1);
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.contains("carries admin rights") && run.stderr.contains("leave `DA_TOKEN` unset"),
        "{}",
        run.stderr
    );
    let docker = job.da(["credential", "docker", "--host", "git.example.org", "get"]).env("DA_TOKEN", &token);
    let run = docker.stdin("git.example.org").run().exits(1);
    assert!(run.stdout.contains("carries admin rights") && !run.stdout.contains(&token), "{}", run.stdout);
    // The token of a helper stays one, wherever it is kept.
    let [helper, _] = handed_out(&admin);
    let git =
        job.da(["credential", "git", "--host", "git.example.org", "get"]).env("DA_TOKEN", &helper).stdin(question);
    assert_eq!(password(&git.run().exits(0)), helper);
}

#[test]
fn an_older_server_gives_no_admins_token_to_a_helper() {
    let server = original::start();
    let person = Person::at(server.url());
    person.sign_in(original::EMAIL, original::PASSWORD);
    let run = ask(&person, "git.example.org", "get", "protocol=https\nhost=git.example.org\n\n").exits(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("does not restrict tokens of credential helpers"), "{}", run.stderr);
    let rows = tokens(&person);
    assert_eq!(rows.len(), 1);
    assert!(rows[0]["revoked_at"].is_string(), "the full token is revoked: {rows:?}");
}

#[test]
fn no_other_host_gets_a_token_and_none_in_clear_text() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    for question in [
        "protocol=https\nhost=evil.example\n\n",
        "protocol=https\nhost=git.example.org.evil.example\n\n",
        "protocol=https\nhost=git.example.org:8443\n\n",
        "protocol=http\nhost=git.example.org\n\n",
        "host=git.example.org\n\n",
        "protocol=https\n\nhost=git.example.org\n",
        "",
    ] {
        let run = ask(&person, "git.example.org", "get", question).exits(0);
        assert_eq!(run.stdout, "", "{question:?}");
    }
    assert_eq!(tokens(&person), Vec::<Value>::new());
    let remote = git_server(server.stranger());
    let run = ls_remote(&person, &server, &remote, "git.example.org");
    assert_ne!(run.code, Some(0));
    assert!(remote.asked().iter().all(|asked| asked.header("authorization").is_none()));
    // What git asks besides get is answered by silence.
    for operation in ["store", "erase", "capability"] {
        let question = "protocol=https\nhost=git.example.org\nusername=x\npassword=y\n\n";
        let run = ask(&person, "git.example.org", operation, question).exits(0);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{operation}");
    }
    person.run(["credential", "git", "get"]).exits(2);
}

#[test]
fn git_erases_the_token_that_was_refused_and_no_other() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let question = "protocol=https\nhost=git.example.org\n";
    let first = password(&ask(&person, "git.example.org", "get", question).exits(0));
    let erase = |password: &str| {
        ask(&person, "git.example.org", "erase", &format!("{question}password={password}\n")).exits(0);
    };
    erase("another");
    assert_eq!(password(&ask(&person, "git.example.org", "get", question)), first);
    erase(&first);
    server.stranger().with(&first).get("/auth/me").is(401);
    assert_ne!(password(&ask(&person, "git.example.org", "get", question)), first);
}

#[test]
fn twenty_pushes_at_once_share_one_token() {
    let server = TestServer::start();
    let person = Arc::new(Person::admin(&server));
    let question = "protocol=https\nhost=git.example.org\n\n";
    let given = at_once((0..20).collect(), |_: usize| password(&ask(&person, "git.example.org", "get", question)));
    assert!(given.iter().all(|token| *token == given[0]));
    assert_eq!(tokens(&person).len(), 1);
}

#[test]
fn docker_gets_what_its_protocol_asks_for() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let docker = |operation: &str, input: &str| {
        let args = ["credential", "docker", "--host", "registry.example.org", "--host", "127.0.0.1:5000", operation];
        person.da(args).stdin(input).run()
    };
    let mut secrets = Vec::new();
    for address in ["registry.example.org", "https://registry.example.org/v2/\n", "http://127.0.0.1:5000"] {
        let answer: Value = serde_json::from_str(&docker("get", address).exits(0).stdout).unwrap();
        assert_eq!((&answer["ServerURL"], &answer["Username"]), (&json!(address.trim()), &json!("x-access-token")));
        secrets.push(answer["Secret"].as_str().unwrap().to_owned());
    }
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    server.stranger().with(&secrets[0]).get("/auth/me").is(200);
    for foreign in [
        "evil.example",
        "http://registry.example.org",
        "HTTP://registry.example.org",
        "ws://registry.example.org",
        "https://registry.example.org:444/",
        "x@registry.example.org",
        "",
    ] {
        let run = docker("get", foreign).exits(1);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("credentials not found in native keychain\n", ""));
    }
    let listed: Value = serde_json::from_str(&docker("list", "").exits(0).stdout).unwrap();
    assert_eq!(listed, json!({ "registry.example.org": "x-access-token", "127.0.0.1:5000": "x-access-token" }));
    let stored = r#"{"ServerURL":"registry.example.org","Username":"ann","Secret":"hunter2"}"#;
    let run = docker("store", stored).exits(1);
    assert!(run.stdout.contains("nothing to store") && !run.stdout.contains("hunter2"), "{}", run.stdout);
    docker("erase", "evil.example").exits(0);
    server.stranger().with(&secrets[0]).get("/auth/me").is(200);
    docker("erase", "registry.example.org").exits(0);
    server.stranger().with(&secrets[0]).get("/auth/me").is(401);
    person.run(["logout"]).exits(0);
    let run = docker("get", "registry.example.org").exits(1);
    assert!(run.stdout.starts_with("Not logged in"), "{}", run.stdout);
}
