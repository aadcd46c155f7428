//! `da token create | print`, and the help of the family: A-29, A-39.

use crate::support::{Person, TestServer, dead_url, help, transcript};

#[test]
fn a_new_token_is_shown_once() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["token", "create", "--name", "laptop"]), @r"
    exit: 0
    ----- stdout -----
    Personal access token created — this is shown ONCE:

        [TOKEN]

    id:      [UUID]
    name:    laptop
    expires: [TIME]

    Export it so `da` can use it:
        export DA_TOKEN=[TOKEN]

    ----- stderr -----
    ");
    transcript!(person.run(["auth", "token", "create", "--name", "ci", "--ttl", "never", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "id": "[UUID]",
      "name": "ci",
      "prefix": "[PREFIX]",
      "token": "[TOKEN]",
      "expires_at": null,
      "created_at": "[TIME]",
      "created_via": "session"
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["token", "create", "--name", "cron", "--ttl", "1d", "--raw", "--quiet"]), @r"
    exit: 0
    ----- stdout -----
    [TOKEN]

    ----- stderr -----
    ");
    transcript!(person.terminal(["token", "create", "--name", "desk"]).shown(), @r"
    exit: 0
    ----- screen -----
    Personal access token created — this is shown ONCE:

        [TOKEN]

    id:      [UUID]
    name:    desk
    expires: [TIME]

    Export it so `da` can use it:
        export DA_TOKEN=[TOKEN]
    ");
}

#[test]
fn wrong_usage_of_create_is_2() {
    let person = Person::at(dead_url());
    transcript!(person.run(["token", "create"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      --name <NAME>

    Usage: da token create --name <NAME>

    For more information, try '--help'.
    ");
    transcript!(person.run(["token", "create", "--name", "x", "--ttl", "90"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value '90' for '--ttl <TTL>': expected a number of days such as `90d`, or `never`

    For more information, try '--help'.
    ");
    transcript!(person.run(["token", "create", "--name", " "]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value ' ' for '--name <NAME>': name is required

    For more information, try '--help'.
    ");
    transcript!(person.run(["token", "create", "--name", "x", "--raw", "--json"]), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"The argument '--raw' cannot be used with '--json'","causes":[],"hint":"`da help COMMAND` shows how it is used","exit_code":2,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn a_refused_request_says_why() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    transcript!(admin.run(["token", "create", "--name", "x", "--ttl", "3651d"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: `--ttl` must not exceed 3650 (10 years)
      caused by: 400 invalid_lifetime (request [REQUEST])
    hint: Choose another `--ttl`, or leave it out for the server's default
    ");
    let token = admin.new_token("ci");
    let elsewhere = Person::at(server.url());
    transcript!(elsewhere.da(["token", "create", "--name", "more"]).env("DA_TOKEN", &token).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
}

#[test]
fn the_token_in_force_is_printed_alone() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let run = person.run(["token", "print"]).exits(0);
    assert_eq!((run.stdout, run.stderr.as_str()), (format!("{}\n", person.saved_token()), ""));
    let run = person.da(["token", "print", "--quiet"]).env("DA_TOKEN", "from-the-environment").run().exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("from-the-environment\n", ""));
    transcript!(person.run(["token", "print", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "token": "[TOKEN]",
      "source": "saved",
      "storage": "file"
    }

    ----- stderr -----
    "#);
    transcript!(Person::at(server.url()).run(["token", "print"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
    transcript!(person.da(["token", "print"]).env("DA_TOKEN", "two words").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The token from `DA_TOKEN` cannot be used: not a token: expected one word of visible ASCII characters
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn not_signed_in_is_4_everywhere() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    for args in [&["token", "create", "--name", "x"][..], &["token", "list"], &["token", "show", "x"]] {
        let run = person.run(args).exits(4);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("error: Not logged in to `"), "{}", run.stderr);
    }
    transcript!(person.run(["token", "list", "--json"]), @r#"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Not logged in to `http://127.0.0.1:[PORT]`","causes":[],"hint":"Run `da login`, or set `DA_TOKEN`","exit_code":4,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn the_help_of_token() {
    insta::assert_snapshot!(help(["token"]), @r"
    Create, list, show, rotate and revoke your tokens

    Usage: da token [OPTIONS] <COMMAND>

    Commands:
      create  Create a token and show it once
      list    List your tokens, newest first
      show    Show one of your tokens; never the secret itself
      rotate  Put a new token in the place of one of yours, and show it once
      revoke  Revoke a token, effective at once
      print   Write the token in force to standard output, and nothing else

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da token create --name ci --ttl 30d
      da token list
      da token rotate ci
      da token revoke ci
    ");
    insta::assert_snapshot!(help(["token", "create"]), @r"
    Create a token and show it once

    The token carries your full role. It cannot be shown again; whoever holds it can use it until it
    ends or is revoked.

    Usage: da token create [OPTIONS] --name <NAME>

    Options:
          --name <NAME>
              Name shown in `da token list`

          --ttl <TTL>
              How long it lives: a number of days such as `90d`, or `never` [default: 90d, or the
              server's maximum]

          --renewable
              Let the token rotate itself with `da token rotate --self`, never past its last day

          --raw
              Write the token alone, for a pipe

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da token create --name laptop
      export DA_TOKEN=$(da token create --name ci --ttl 30d --raw)
    ");
    insta::assert_snapshot!(help(["token", "list"]), @r"
    List your tokens, newest first

    A token that ended more than 30 days ago is left out of the table; `--all` and `--json` show every
    one.

    `--expiring` leaves out what was rotated, as its successor is in place, and what was made for less
    than a day.

    Usage: da token list [OPTIONS]

    Options:
          --all
              Also show tokens that ended long ago

          --expiring <SPAN>
              Only tokens that work and end within this time, such as `14d`; the exit code is 6 if there
              is one, else 0

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da token list
      da token list --all
      da token list --expiring 14d > ending; [ $? -ne 6 ] || mail -s 'tokens end soon' me < ending
      da token list --json
    ");
    insta::assert_snapshot!(help(["token", "show"]), @r"
    Show one of your tokens; never the secret itself

    Usage: da token show [OPTIONS] <TOKEN>

    Arguments:
      <TOKEN>  Id, prefix or name

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da token show ci
      da token show 1a2b3c4d --json
    ");
    insta::assert_snapshot!(help(["token", "print"]), @r#"
    Write the token in force to standard output, and nothing else

    For `curl`, `git` and the like. The server is not asked whether it works.

    Usage: da token print [OPTIONS]

    Options:
      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da token print | wl-copy
      curl -H "Authorization: Bearer $(da token print)" https://id.example.org/auth/me
    "#);
}
