//! A token where something else is expected: not used, sent, stored or repeated (issue 11 items 25 and 42).

use crate::support::{Person, StandIn, TestServer, original};

const JWT: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4IiwidHlwIjoicGF0In0.c2lnbmF0dXJl";
const OPAQUE: &str = "da_pat_8fK2mQ9xT4vB7nL1pR6sY3wZ0cD5";

#[test]
fn a_misplaced_token_reaches_neither_output_nor_server_nor_file() {
    let server = original::start();
    let person = Person::at(server.url());
    person.sign_in(original::EMAIL, original::PASSWORD);
    let before = server.asked().len();
    for token in [JWT, OPAQUE] {
        let inline = format!("--token-file={token}");
        let url = format!("http://ann:{token}@127.0.0.1:9");
        for args in [
            &["token", "revoke", token][..],
            &["auth", "token", "revoke", token, "--yes"],
            &["token", "show", token],
            &["token", "rotate", token],
            &["admin", "token", "revoke", token],
            &["session", "revoke", token],
            &["admin", "set-role", token, "admin"],
            &["admin", "add-user", token],
            &["whoami", "--token-file", token],
            &["whoami", &inline],
            &["whoami", "--config-dir", token],
            &["whoami", "--profile", token],
            &["whoami", "--server", &url],
            &["whoami", "--timeout", token],
            &["whoami", "--token", token],
            &["exec", "--", token],
            &["exec", token],
            &["exec", "--name", token, "--", "true"],
            &["token", "create", "--name", token],
            &["import-token", token],
            &["auth", "password", "reset", "--token", token, "--password-stdin"],
            &["login", "--email", token],
            &["login", "--email", "a@b.c", "--password", token],
            &["profile", "add", token],
            &["help", token],
            &[token],
            &["token", token],
        ] {
            for json in [&[][..], &["--json"]] {
                // The options of `da` stand before the command, whose arguments they would be else.
                let run = person.run([json, args].concat()).exits(2);
                assert!(!run.stdout.contains(token) && !run.stderr.contains(token), "{args:?}: {run:?}");
                assert!(run.stderr.contains("hint"), "{args:?}: {}", run.stderr);
            }
        }
        assert!(!person.home.path().join(token).exists());
    }
    assert_eq!(server.asked().len(), before, "nothing was sent");
}

#[test]
fn the_arguments_of_a_command_that_is_run_are_its_own() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let run = person.run(["exec", "--", "echo", JWT]).exits(0);
    assert_eq!(run.stdout.trim_end(), JWT);
    let list = person.run(["token", "list", "--json"]).exits(0).stdout;
    assert!(!list.contains("eyJ") && list.contains("exec echo"), "{list}");
}

#[test]
fn a_token_in_a_variable_or_an_answer_is_not_repeated() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    for name in ["DA_TOKEN_FILE", "DA_SERVER", "DA_PROFILE", "DA_CA_FILE", "DA_CREDENTIAL_STORE"] {
        let run = person.da(["whoami"]).env(name, JWT).run();
        assert!(run.code != Some(0) && !run.stderr.contains(JWT) && !run.stdout.contains(JWT), "{name}: {run:?}");
    }
    let body = format!(r#"{{"detail":"The token {JWT} is unknown"}}"#);
    let echoing = StandIn::fixed(401, "", body);
    for args in [&["whoami"][..], &["whoami", "--json"], &["token", "list"]] {
        let run = Person::at(echoing.url()).env("DA_TOKEN", JWT).run(args).exits(4);
        assert!(!run.stderr.contains(JWT), "{}", run.stderr);
    }
}
