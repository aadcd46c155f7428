//! `da token rotate`, `da token list --expiring`: O-06, O-04.

use serde_json::Value;

use crate::support::{Person, TestServer, help, transcript, wait_for};

fn whoami(person: &Person, token: &str) -> Option<i32> {
    person.da(["whoami"]).env("DA_TOKEN", token).run().code
}

fn renewable(person: &Person, name: &str) -> String {
    let run = person.run(["token", "create", "--name", name, "--renewable", "--ttl", "30d", "--raw"]).exits(0);
    run.stdout.trim_end().to_owned()
}

#[test]
fn a_rotated_token_is_shown_once_and_the_old_one_works_on() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let old = person.new_token("ci");
    let run = person.run(["token", "rotate", "ci"]);
    let new = run.stdout.lines().find(|line| line.starts_with("    eyJ")).unwrap().trim().to_owned();
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    Personal access token rotated — this is shown ONCE:

        [TOKEN]

    id:      [UUID]
    name:    ci
    expires: [TIME]

    Export it so `da` can use it:
        export DA_TOKEN=[TOKEN]

    ----- stderr -----
    ");
    assert_eq!((whoami(&person, &old), whoami(&person, &new)), (Some(0), Some(0)));
    // The uses are written behind the answers; they bring the end of the overlap near.
    let rows = || -> Value { serde_json::from_str(&person.run(["token", "list", "--json"]).stdout).unwrap() };
    let list = wait_for("the uses to be noted", || {
        Some(rows()).filter(|rows| rows[0]["last_used_at"].is_string() && rows[1]["last_used_at"].is_string())
    });
    transcript!(person.run(["token", "list"]), @r"
    exit: 0
    ----- stdout -----
    ID                                   NAME                 PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] ci                   [PREFIX]   [TIME]  [TIME]  active
    [UUID] ci                   [PREFIX]   [TIME]  [TIME]  replaced

    ----- stderr -----
    ");
    let old_id = list[1]["id"].as_str().unwrap();
    transcript!(person.run(["token", "show", old_id]), @r"
    exit: 0
    ----- stdout -----
    id:        [UUID]
    name:      ci
    prefix:    [PREFIX]
    status:    active
    created:   [TIME]
    expires:   [TIME]
    last used: [TIME]
    replaced:  by [UUID]
    overlap:   ends [TIME], in 2 hours

    ----- stderr -----
    ");
    // The name means the new one now; by its id the old one is refused.
    transcript!(person.run(["token", "rotate", old_id]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not rotate the token: The token was rotated before; rotate the one that replaced it
      caused by: 409 token_rotated (request [REQUEST])
    ");
    let newer = person.run(["token", "rotate", "ci", "--overlap", "0", "--raw"]).exits(0).stdout;
    assert_eq!((whoami(&person, &new), whoami(&person, newer.trim())), (Some(4), Some(0)));
}

#[test]
fn a_job_with_nothing_but_its_token_rotates_it() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let (old, plain) = (renewable(&admin, "ci"), admin.new_token("plain"));
    let job = Person::at(server.url());
    let run = job.da(["token", "rotate", "--self"]).env("DA_TOKEN", &old).run().exits(0);
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    let new = run.stdout.trim_end();
    assert_ne!(new, old);
    assert_eq!((whoami(&job, &old), whoami(&job, new)), (Some(0), Some(0)));
    assert!(!job.token_file().exists(), "a token from the environment is never stored");
    transcript!(job.da(["token", "rotate", "--self"]).env("DA_TOKEN", &old).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not rotate the token: The token was rotated before; rotate the one that replaced it
      caused by: 409 token_rotated (request [REQUEST])
    ");
    transcript!(job.da(["token", "rotate", "--self"]).env("DA_TOKEN", &plain).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: The token in force was not made to rotate itself
    hint: Unset `DA_TOKEN` and sign in with `da login`, then make one with `da token create --renewable`, or rotate this one with `da token rotate NAME`
    ");
    transcript!(job.da(["token", "rotate", "plain"]).env("DA_TOKEN", new).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not rotate the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    transcript!(admin.run(["token", "rotate", "--self"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: The token in force is a sign-in, which is renewed by itself
    hint: Name one of your tokens: `da token rotate NAME`
    ");
}

#[test]
fn a_saved_token_that_rotates_itself_is_replaced_where_it_is_saved() {
    let server = TestServer::start();
    let token = renewable(&Person::admin(&server), "ci");
    let agent = Person::at(server.url());
    agent.da(["import-token", "--token", "-"]).stdin(&token).run().exits(0);
    let new = agent.run(["token", "rotate", "--self", "--overlap", "0"]).exits(0).stdout;
    assert_eq!(agent.saved_token(), new.trim_end());
    agent.run(["whoami"]).exits(0);
    assert_eq!(whoami(&agent, &token), Some(4));
}

/// The sign-in is renewed, which needs the turn that a rotation takes.
#[test]
fn a_sign_in_that_is_due_to_be_renewed_is_refused_and_not_waited_for() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let mut saved: Value = serde_json::from_str(&std::fs::read_to_string(person.token_file()).unwrap()).unwrap();
    let before = saved["access_token"].clone();
    saved["expires_at"] = "2026-01-01T00:00:00.000000+00:00".into();
    std::fs::write(person.token_file(), saved.to_string()).unwrap();
    person.run(["token", "rotate", "--self"]).exits(2);
    assert_ne!(person.saved_token(), before.as_str().unwrap());
}

#[test]
fn a_new_token_that_cannot_be_saved_is_shown_all_the_same() {
    let server = TestServer::start();
    let token = renewable(&Person::admin(&server), "ci");
    let agent = Person::at(server.url());
    agent.da(["import-token", "--token", "-"]).stdin(&token).run().exits(0);
    // Where the directory cannot be written, but its locks.
    let script = "DA=\"$1\"; exec \"$DA\" token rotate --self --overlap 0";
    let mut command = agent.home.command("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    let dir = agent.home.config_dir();
    command
        .arg(format!("mount --bind -o ro '{0}' '{0}' && mount -t tmpfs none '{0}/state' && {script}", dir.display()));
    command.args(["sh", env!("CARGO_BIN_EXE_da")]).env("DA_SERVER", server.url());
    let run = crate::support::Run::of(&mut command, b"").exits(0);
    assert!(run.stderr.contains("The new token is not saved"), "{}", run.stderr);
    assert_eq!((whoami(&agent, run.stdout.trim()), whoami(&agent, &token)), (Some(0), Some(4)));
}

#[test]
fn a_cron_job_hears_of_tokens_that_end_soon() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["token", "list", "--expiring", "14d"]), @r"
    exit: 0
    ----- stdout -----

    ----- stderr -----
    ");
    person.new_token("ninety days");
    person.run(["token", "create", "--name", "a week", "--ttl", "7d"]).exits(0);
    person.run(["token", "create", "--name", "revoked", "--ttl", "7d"]).exits(0);
    person.run(["token", "revoke", "revoked"]).exits(0);
    person.run(["token", "create", "--name", "rotated", "--ttl", "7d"]).exits(0);
    person.run(["token", "rotate", "rotated", "--ttl", "90d"]).exits(0);
    person.run(["token", "create", "--name", "never", "--ttl", "never"]).exits(0);
    transcript!(person.run(["token", "list", "--expiring", "14d"]), @r"
    exit: 6
    ----- stdout -----
    ID                                   NAME                 PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] a week               [PREFIX]   [TIME]  never                active

    ----- stderr -----
    ");
    transcript!(person.run(["token", "list", "--expiring", "6d"]), @r"
    exit: 0
    ----- stdout -----

    ----- stderr -----
    ");
    let run = person.run(["token", "list", "--expiring", "14d", "--json"]).exits(6);
    let listed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &"a week".into()));
    assert_eq!(run.stderr, "");
    // The whole list speaks of the same ones.
    let notes = person.run(["token", "list"]).exits(0).stderr;
    assert!(notes.starts_with("a week ends ") && notes.lines().count() == 1, "{notes}");
    transcript!(person.terminal(["token", "list", "--expiring", "6d"]).shown(), @r"
    exit: 0
    ----- screen -----
    No token ends within 6 days
    ");
    person.run(["token", "list", "--expiring", "soon"]).exits(2);
    Person::at(server.url()).run(["token", "list", "--expiring", "14d"]).exits(4);
}

#[test]
fn the_help_of_rotation() {
    insta::assert_snapshot!(help(["token", "rotate"]), @r"
    Put a new token in the place of one of yours, and show it once

    The old token works on beside the new one, so that everything which uses it can change over: until
    the overlap ends, or until the new one is in use and the old one was silent for a tenth of the
    overlap, at least an hour. `da admin audit --action token.used_in_overlap` tells which of the two is
    used.

    A token made with `da token create --renewable` can be rotated without a login: `--self` takes the
    token in force, writes the new one alone to standard output and never moves the last day. A saved
    token is replaced where it is saved.

    Usage: da token rotate [OPTIONS] <TOKEN|--self>

    Arguments:
      [TOKEN]
              Id, prefix or name

    Options:
          --self
              The token in force, by itself

          --overlap <SPAN>
              How long the old token works on at most, in whole hours up to 30 days, such as `24h` or
              `7d`; `0` ends it at once
              
              [default: 24h]

          --ttl <TTL>
              How long the new one lives: `90d` or `never` [default: as long as the old one was made
              for]

          --raw
              Write the token alone, for a pipe

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da token rotate ci
      da token rotate ci --overlap 7d --raw | ssh build 'cat > token'
      DA_TOKEN=$(cat token) da token rotate --self > token.new && mv token.new token
    ");
}
