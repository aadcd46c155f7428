//! `da pair`: a machine without a browser gets a token of its own, which a person approves elsewhere (K-03).

use serde_json::{Value, json};

use crate::support::{Person, Running, StandIn, TestServer, help, transcript};

fn start(person: &Person, args: &[&str]) -> (Running, String) {
    Running::showing_a_code(person.da(args).into_command())
}

#[test]
fn a_paired_machine_is_signed_in_with_a_token_of_its_own() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, code) = start(&person, &["pair", "--name", "build agent", "--ttl", "30d"]);
    server.admin().decide("approve", &code);
    transcript!(running.ends(), @r"
    exit: 0
    ----- stdout -----
    Paired as admin@example.com (role: admin): token `build agent`, ends [TIME], in 30 days

    ----- stderr -----
    Open this page on any device, and type the code:

        http://127.0.0.1:[PORT]/device
        [CODE]

    Or open it with the code in it:

        http://127.0.0.1:[PORT]/device?user_code=[CODE]

    Waiting for up to 15 minutes; Ctrl-C gives up
    ");
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    ");
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(person.token_file()).unwrap()).unwrap();
    assert!(stored["refresh_token"].is_null(), "a token is not continued");
    let listed = person.run(["token", "list", "--json"]).exits(0);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&listed[0]["name"], listed.as_array().unwrap().len()), (&json!("build agent"), 1));
    // It ends like any other.
    person.run(["token", "revoke", "build agent", "--yes"]).exits(0);
    person.run(["whoami"]).exits(4);
}

#[test]
fn the_token_alone_and_as_json_is_not_kept() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, code) = start(&person, &["pair", "--name", "ci", "--ttl", "never", "--raw"]);
    server.admin().decide("approve", &code);
    let run = running.ends().exits(0);
    let token = run.stdout.trim_end();
    assert!(!run.stderr.contains(token));
    let me = server.stranger().with(token).get("/auth/me").is(200).json();
    assert_eq!((&me["typ"], &me["expires_at"]), (&json!("pat"), &Value::Null));

    let mut running = Running::start(person.da(["pair", "--name", "ci", "--json"]).into_command());
    let shown: Value = serde_json::from_str(&running.says("sign_in")).unwrap();
    server.admin().decide("approve", shown["sign_in"]["user_code"].as_str().unwrap());
    transcript!(running.ends(), @r#"
    exit: 0
    ----- stdout -----
    {
      "id": "[UUID]",
      "name": "ci",
      "prefix": "[PREFIX]",
      "expires_at": "[TIME]",
      "token": "[TOKEN]",
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]"
    }

    ----- stderr -----
    {"sign_in":{"verification_uri":"http://127.0.0.1:[PORT]/device","verification_uri_complete":"http://127.0.0.1:[PORT]/device?user_code=[CODE]","user_code":"[CODE]","expires_in":900}}
    "#);
    assert!(!person.token_file().exists());
}

#[test]
fn a_denied_pairing_is_4() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let (running, code) = start(&person, &["pair", "--name", "laptop"]);
    server.admin().decide("deny", &code);
    let run = running.ends().exits(4);
    assert!(run.stderr.ends_with("error: The sign-in was denied\n"), "{}", run.stderr);
    assert!(!person.token_file().exists());
}

#[test]
fn a_server_that_cannot_pair_says_what_can_be_done() {
    let old = StandIn::fixed(404, "", r#"{"detail":"Not Found"}"#);
    transcript!(Person::at(old.url()).run(["pair", "--name", "laptop"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: This server cannot pair devices
    hint: Create a token elsewhere with `da token create`, and run `da import-token` here
    ");
    transcript!(Person::at("http://id.example.org").run(["pair", "--name", "laptop"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Nothing was sent
      caused by: `http://id.example.org` is not encrypted and not on this machine
    hint: Use `https://`, or allow clear text with `--insecure-http`
    ");
    transcript!(Person::at(old.url()).run(["pair"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      --name <NAME>

    Usage: da pair --name <NAME>

    For more information, try '--help'.
    ");
}

#[test]
fn a_token_from_the_environment_is_warned_of() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut running = Running::start(person.da(["pair", "--name", "x"]).env("DA_TOKEN", "abc").into_command());
    running.says("The token from `DA_TOKEN` wins over the token you are about to save");
}

#[test]
fn the_help_of_pair() {
    insta::assert_snapshot!(help(["pair"]), @r"
    Give this machine a long-lived token that you approve elsewhere

    A page and a code are shown, for the browser of any other device. Once you have approved there, this
    machine is signed in with a token of its own, which `da token list` shows under its name and `da
    token revoke` ends.

    Usage: da pair [OPTIONS] --name <NAME>

    Options:
          --name <NAME>
              Name of the machine, shown in `da token list`

          --ttl <TTL>
              How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the
              server's maximum]

          --raw
              Write the token alone, and keep nothing

          --insecure-storage
              Keep the token in the file, not in the keyring, from now on

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da pair --name build-agent --ttl 30d
      da pair --name laptop --server https://id.example.org
      export DA_TOKEN=$(da pair --name ci --raw)
    ");
}
