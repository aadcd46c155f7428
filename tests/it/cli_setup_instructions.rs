//! `da setup-instructions`: A-37.

use crate::support::{ADMIN_EMAIL, Person, Run, TestHome, TestServer, dead_url, help, transcript};

#[test]
fn the_text_holds_a_new_token_and_every_step() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["setup-instructions"]), @r"
    exit: 0
    ----- stdout -----
    Set up the `da` command for me, step by step, and stop at the first failure:
    1. curl -fsSL 'http://127.0.0.1:[PORT]/cli/install.sh' | sh
    2. printf '%s\n' '[TOKEN]' | ~/.local/bin/da import-token --token - --server 'http://127.0.0.1:[PORT]'
    3. ~/.local/bin/da whoami
    4. ~/.local/bin/da diagnose
    5. Tell me the account, the role and the end of the token that step 3 printed, and nothing of the token itself.

    ----- stderr -----
    It holds the token `agent`, shown this once; give it to nobody but the agent
    ");
    transcript!(person.run(["setup-instructions", "--name", "reviewer", "--ttl", "7d", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "token_id": "[UUID]",
      "instructions": "Set up the `da` command for me, step by step, and stop at the first failure:\n1. curl -fsSL 'http://127.0.0.1:[PORT]/cli/install.sh' | sh\n2. printf '%s\\n' '[TOKEN]' | ~/.local/bin/da import-token --token - --server 'http://127.0.0.1:[PORT]'\n3. ~/.local/bin/da whoami\n4. ~/.local/bin/da diagnose\n5. Tell me the account, the role and the end of the token that step 3 printed, and nothing of the token itself."
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["token", "list"]), @r"
    exit: 0
    ----- stdout -----
    ID                                   NAME                 PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] reviewer             [PREFIX]   [TIME]  never                active
    [UUID] agent                [PREFIX]   [TIME]  never                active

    ----- stderr -----
    reviewer ends [TIME], in 7 days
    ");
}

#[test]
fn its_steps_set_up_a_new_machine() {
    let server = TestServer::start();
    let text = Person::admin(&server).run(["setup-instructions"]).exits(0).stdout;
    let home = TestHome::new();
    let steps: Vec<&str> = text.lines().filter_map(|line| line.split_once(". ")).map(|(_, step)| step).collect();
    assert_eq!(steps.len(), 5, "{text}");
    let mut said = String::new();
    for step in &steps[..4] {
        let mut command = home.command("sh");
        said = format!("{said}{}", Run::of(command.args(["-c", step]), b"").exits(0).stdout);
    }
    assert!(said.contains(&format!("Email: {ADMIN_EMAIL}")), "{said}");
}

#[test]
fn only_a_session_gets_it() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    transcript!(person.da(["setup-instructions"]).env("DA_TOKEN", &token).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    transcript!(Person::at(server.url()).run(["setup-instructions"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
    transcript!(Person::at(dead_url()).run(["setup-instructions", "--name", ""]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value '' for '--name <NAME>': name is required

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(help(["setup-instructions"]), @r"
    Print what an agent needs to set up `da` for itself, with a new token in it

    The text tells an agent to install `da` from your server, take the token, and prove that it works.
    The token carries your full role; end it with `da token revoke`.

    Usage: da setup-instructions [OPTIONS]

    Options:
          --name <NAME>
              Name of the agent's token in `da token list`
              
              [default: agent]

          --ttl <TTL>
              How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the
              server's maximum]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da setup-instructions
      da setup-instructions --name reviewer --ttl 7d
    ");
}
