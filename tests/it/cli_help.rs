//! Help, version, completions and man pages.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use da::docs;
use insta::assert_snapshot;

use crate::support::{Terminal, TestHome, transcript};

/// Walks the tree of commands; `visit` sees each path and its command.
fn walk(command: &clap::Command, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &clap::Command)) {
    visit(path, command);
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        path.push(child.get_name().to_owned());
        walk(child, path, visit);
        path.pop();
    }
}

fn every_command() -> Vec<(Vec<String>, String)> {
    let mut commands = Vec::new();
    walk(&da::cli::command(), &mut Vec::new(), &mut |path, command| {
        commands.push((path.to_vec(), command.get_about().unwrap().to_string()));
    });
    commands
}

#[test]
fn the_tree_of_commands_is_known() {
    let lines: Vec<_> = every_command()
        .iter()
        .map(|(path, about)| format!("{:<28}{about}", path.join(" ")).trim_end().to_owned())
        .collect();
    assert_snapshot!(lines[1..].join("\n"), @r"
    login                       Sign in and keep the token on this machine
    logout                      End the session and forget the saved token
    whoami                      Show who you are and which token says so
    import-token                Save a token that was made elsewhere
    pair                        Give this machine a long-lived token that you approve elsewhere
    token                       Create, list, show, rotate and revoke your tokens
    token create                Create a token and show it once
    token list                  List your tokens, newest first
    token show                  Show one of your tokens; never the secret itself
    token rotate                Put a new token in the place of one of yours, and show it once
    token revoke                Revoke a token, effective at once
    token print                 Write the token in force to standard output, and nothing else
    exec                        Run a command with a short-lived token of your own, which ends with it
    credential                  Hand short-lived tokens of your own to git and docker
    credential git              Be a credential helper of git
    credential docker           Be a credential helper of docker
    auth                        Sign in and out, hold tokens, change passwords
    auth login                  Sign in and keep the token on this machine
    auth logout                 End the session and forget the saved token
    auth whoami                 Show who you are and which token says so
    auth import-token           Save a token that was made elsewhere
    auth token                  Create, list, show, rotate and revoke your tokens
    auth token create           Create a token and show it once
    auth token list             List your tokens, newest first
    auth token show             Show one of your tokens; never the secret itself
    auth token rotate           Put a new token in the place of one of yours, and show it once
    auth token revoke           Revoke a token, effective at once
    auth token print            Write the token in force to standard output, and nothing else
    auth password               Change or reset your password
    auth password change        Change your password, knowing the present one
    auth password reset         Set a new password with the one-time value an admin gave you
    auth storage                Show or change where the saved token rests
    auth storage show           Show where the saved token rests, and where the next one will
    auth storage move           Move the saved token into the keyring or into the file
    admin                       Manage users, everybody's tokens, and the audit log
    admin add-user              Add a user
    admin list-users            List all users
    admin show-user             Show one user
    admin remove-user           Delete a user, with tokens and sessions
    admin set-role              Give a user another role
    admin activate              Activate an account again
    admin deactivate            Deactivate an account: its sessions and tokens are refused at once
    admin reset-password        Make a one-time value with which a user sets a new password
    admin set-password          Set a user's password; ends the user's sessions
    admin session               List and end everybody's sign-ins
    admin session list          List everybody's live sign-ins, newest first
    admin session revoke        End anybody's sign-in, effective at once
    admin session revoke-user   End every sign-in of a user
    admin token                 List and revoke everybody's tokens
    admin token list            List everybody's tokens
    admin token revoke          Revoke anybody's token, effective at once
    admin audit                 Show the audit log, oldest first
    profile                     Keep several servers and accounts apart
    profile list                List the profiles, and who is signed in where
    profile show                Show one profile: the one in force, and why, or the one that is named
    profile add                 Make a profile for the server of `--server`
    profile use                 Choose the profile that is in force where nothing else chooses one
    profile remove              Remove a profile that nobody is signed in to, and the rules that lead to it
    profile rules               List, add and remove the rules by which a directory or a server chooses a profile
    profile rules add           Choose a profile by directory (`--dir`), or by the server of a call (`--server`)
    profile rules remove        Remove the rule for a directory (`--dir`) or for a server (`--server`)
    status                      Show profile, server, account and token in force, and whether they work
    diagnose                    Check connection, clock, token and files, and say what to do
    session                     List and end your sign-ins
    session list                List your sign-ins, newest first
    session revoke              End one of your sign-ins, effective at once
    session revoke-others       End every sign-in of yours but this one
    setup                       Set up this machine, or a new server
    setup init                  Remember the server to talk to
    setup bootstrap             Make the first admin of a new server
    setup-instructions          Print what an agent needs to set up `da` for itself, with a new token in it
    serve                       Serve the token authority from a data directory
    server                      Work on the server's own host: backup, restore, recovery, settings, keys
    server recover-admin        Make or restore an admin, whether the server runs or not
    server backup               Copy the store to a new file while the server runs, and check the copy
    server backup verify        Check every page and row of a backup, and its audit log with the master key
    server restore              Put a backup in place, with the server stopped
    server migrate              Upgrade the store, with the server stopped
    server config               Look at the server's settings
    server config show          Show every setting with its value and where that comes from, secrets masked
    server audit                Check the audit log on the server's host
    server audit verify         Check that no row of the audit log was changed, removed, added or cut off
    server keys                 List, rotate and retire the keys that sign tokens
    server keys list            List the signing keys, newest first
    server keys rotate          Put a new signing key in use
    server keys retire          End a signing key with every token and session that it signed
    server rekey                Change the master key, with the server stopped
    server doctor               Check settings, files, store, audit log, disk and clock on the server's host
    completion                  Write the completions of a shell
    help                        Show help on a command or a topic
    ");
}

#[test]
fn every_command_shows_its_help_in_three_ways() {
    let home = TestHome::new();
    for (path, _) in every_command() {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let long = home.da([&words[..], &["--help"]].concat()).run().exits(0);
        let short = home.da([&words[..], &["-h"]].concat()).run().exits(0);
        let topic = home.da([&["help"], &words[..]].concat()).run().exits(0);
        for run in [&long, &short, &topic] {
            let text = &run.stdout;
            assert!(text.contains("Usage: da") && text.contains("Examples:\n"), "{path:?}: {text}");
            assert_eq!(run.stderr, "", "{path:?}");
            let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 100).collect();
            assert!(wide.is_empty(), "{path:?}: {wide:#?}");
        }
        assert!(topic.stdout.trim_end() == long.stdout.trim_end(), "{path:?}: `help` differs from `--help`");
    }
    assert!(!home.config_dir().exists(), "help writes nothing");
}

#[test]
fn a_group_without_a_command_shows_its_help_and_is_2() {
    let home = TestHome::new();
    for group in [
        &["token"][..],
        &["auth"],
        &["auth", "password"],
        &["auth", "storage"],
        &["admin"],
        &["admin", "token"],
        &["profile"],
        &["setup"],
        &["server"],
        &["server", "config"],
        &["server", "audit"],
    ] {
        let run = home.da(group).run().exits(2);
        assert!(run.stderr.contains("Usage: da") && run.stdout.is_empty(), "{group:?}: {}", run.stderr);
    }
}

#[test]
fn topics_tell_exit_codes_and_variables() {
    let home = TestHome::new();
    transcript!(home.da(["help", "exit-codes"]).run(), @"
    exit: 0
    ----- stdout -----
    Exit codes:
      0  It is done.
      1  It failed: the request was refused, or something on this machine is wrong.
      2  The command line or a setting is wrong; nothing was done.
      3  The server cannot be reached, or has a fault of its own (5xx).
      4  Not signed in: there is no token, or the server does not accept it (401).
      5  Signed in, but not allowed (403).
      6  The condition asked for holds: `da token list --expiring` has found a token.

    `da exec` ends as the command that it runs: with its exit code, 128 and the number of the signal that ended it, 127 where
    there is no such command, or 126 where it cannot be run.

    ----- stderr -----
    ");
    transcript!(home.da(["help", "environment"]).run(), @"
    exit: 0
    ----- stdout -----
    Environment variables:
      DA_SERVER                   Server to talk to; `--server` wins over it, it wins over the config file. Without any of them, only a server of your own that runs on its usual data directory is used.
      DA_PROFILE                  Profile to use; `--profile` wins over it, it wins over rules and `da profile use`.
      DA_TOKEN                    Token to use instead of the saved one; it is never stored.
      DA_TOKEN_FILE               File that holds the token to use; `DA_TOKEN` wins over it.
      DA_CONFIG_DIR               Directory of settings and saved token; `--config-dir` wins over it.
      DA_CREDENTIAL_STORE         Where `da login` keeps the token: `auto` (the default), `keyring` or `file`.
      DA_BROWSER                  Command with which `da login` opens the browser; `%s` in it stands for the address. It wins over `BROWSER`.
      BROWSER                     The same, as other programs know it.
      DA_CA_FILE                  PEM certificates to trust beside the system's; `--ca-file` wins over it.
      XDG_CONFIG_HOME             Holds the directory `da` of settings when `DA_CONFIG_DIR` is not set; by default `~/.config`.
      XDG_DATA_HOME               Holds the directory `da` of your own server's data, in which commands find its address; by default `~/.local/share`.
      XDG_RUNTIME_DIR             Holds the admin socket of a server whose data directory has too long a path for one.
      DBUS_SESSION_BUS_ADDRESS    Bus on which a Linux keyring is; by default the socket `bus` in `XDG_RUNTIME_DIR`.
      SSL_CERT_FILE               PEM certificates to trust instead of the system's.
      HTTPS_PROXY                 Proxy for `https` servers; also `ALL_PROXY`, and `HTTP_PROXY` for `http`. Never used for this machine.
      NO_PROXY                    Hosts that are reached without the proxy.
      NO_COLOR                    Any value switches colours off.
      TERM                        `dumb` switches colours and spinners off.

    Of `da serve` and `da server`:
      DA_SERVER_CONFIG            Settings file of the server; by default `da-server.yaml` in the data directory, if it is there.
      DA_DATA_DIR                 Directory of the server's store and keys; by default `da` in the system's data directory.
      DA_LISTEN                   Address and port to listen on; port 0 takes a free one.
      DA_METRICS_LISTEN           Address and port that has the metrics, in clear text and for whoever reaches it; the main one has them no longer.
      DA_PUBLIC_URL               Address that clients know, if it is not the one they use.
      DA_ALLOW_HOSTS              Further host names by which clients may call a server that has a public URL; others get 421.
      DA_TRUSTED_PROXIES          Addresses or networks of proxies whose X-Forwarded-For is believed.
      DA_BEHIND_PROXY             A proxy in front ends TLS: clear text beyond loopback is allowed.
      DA_TLS_CERT                 PEM file of the server's certificate chain.
      DA_TLS_KEY                  PEM file of the certificate's private key.
      DA_LOG_FORMAT               `text`, `json`, or `auto`: text on a terminal, else JSON.
      DA_LOGIN_LIMIT_PER_ADDRESS  Sign-ins per address in a minute, and as many reset values, setup codes and device requests; 0 is no limit.
      DA_LOGIN_LIMIT_PER_ACCOUNT  Failures per account in an hour before an address has one further try, a /24 or /56 network 10, a /16 or /48 network 20; 0 disables this, and the five tries per address and account.
      DA_SESSION_HOURS            How long a session lives, 1 to 24.
      DA_ACCESS_MINUTES           How long a session's token lives that can be refreshed, 1 to 1440.
      DA_REFRESH_DAYS             How long after its sign-in a session can be refreshed, 1 to 365.
      DA_REFRESH_IDLE_DAYS        How long such a session may rest, up to 365; 0 is no limit.
      DA_BROWSER_IDLE_HOURS       How long a browser's session may rest, up to 24; 0 is no limit.
      DA_SESSIONS_PER_USER        Sessions of a user; one more ends the longest unused. 0 is no limit.
      DA_TOKEN_MAX_DAYS           How many days a new token may live at most, up to 3650; then none is without an end. 0 is no maximum.
      DA_TOKEN_LIMIT              Live tokens of a user, up to 1000000; those of `da exec` and of credential helpers have a second limit of this size. 0 is no limit.
      DA_ENDED_TOKEN_DAYS         How many days after their end tokens are removed, up to 3650; of each user at most ten times `token_limit` are kept. 0 keeps them.
      DA_COOKIE_NAME              Name of the cookie that holds a browser's session.
      DA_RESET_HOURS              How long a password reset value works, 1 to 168.
      DA_HASH_QUEUE               Sign-ins that may wait for their turn to be checked; more get 503.
      DA_BACKUP_HOURS             Hours between the backups that the server takes into `backups/`, keeping the newest 7, up to 8760; 0 takes none.
      DA_EXTERNAL_HINT            Tell whoever asks that an account has no password here.
      DA_ADMIN_EMAIL              First admin, made while there is none.
      DA_ADMIN_PASSWORD           The first admin's password.
      DA_ADMIN_PASSWORD_FILE      File that holds the first admin's password.
      DA_MASTER_KEY               Master key, base64 or hexadecimal; by default the file `master.key` in the data directory.
      DA_MASTER_KEY_FILE          File that holds the master key.

    ----- stderr -----
    ");
    transcript!(home.da(["help", "tokens"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: There is no command or topic `tokens`
    hint: `da --help` lists the commands. Topics are `operations`, `verify`, `api`, `security`, `exit-codes`, `environment`
    ");
}

/// The topics that are pages, each with the title and the text of its page.
const PAGES: [(&str, &str, &str); 4] = [
    ("operations", "Running a server", docs::operations::TEXT),
    ("verify", "Verifying tokens", docs::verifying_tokens::TEXT),
    ("api", "HTTP API", docs::http_api::TEXT),
    ("security", "Security", docs::threat_model::TEXT),
];

/// How far code is indented. It is not wrapped.
const CODE: &str = "        ";

#[test]
fn a_topic_shows_its_page_at_the_width_of_other_help() {
    let home = TestHome::new();
    for (topic, title, _) in PAGES {
        let run = home.da(["help", topic]).run().exits(0);
        assert!(run.stdout.starts_with(&format!("{title}\n\n    ")), "{topic}: {}", run.stdout);
        assert_eq!(run.stderr, "", "{topic}");
        let page = run.stdout.lines().filter(|line| !line.starts_with(CODE));
        let wide: Vec<_> = page.filter(|line| line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{topic}: {wide:#?}");
    }
    let operations = home.da(["help", "operations"]).run().stdout;
    for text in ["\n        ProtectSystem=strict\n", "`DA_TOKEN_LIMIT`", "\n    - On a terminal, `da serve` asks"] {
        assert!(operations.contains(text), "{text}: {operations}");
    }
}

#[test]
fn a_topic_fits_a_narrow_terminal() {
    let home = TestHome::new();
    let mut command = home.command(env!("CARGO_BIN_EXE_da"));
    command.args(["help", "verify"]);
    let (code, shown) = Terminal::start_at(&command, 60).wait();
    assert_eq!(code, Some(0));
    assert!(shown.contains("Verifying tokens") && shown.contains("What offline verification does not see"), "{shown}");
    let prose = shown.lines().map(str::trim_end).filter(|line| !line.starts_with(CODE));
    let wide: Vec<_> = prose.filter(|line| line.chars().count() > 60).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn the_programs_help_lists_commands_and_topics() {
    let home = TestHome::new();
    let help = home.da(["help"]).run().exits(0).stdout;
    assert!(help.contains("\n  token ") && help.contains("Help topics (`da help TOPIC`):\n"), "{help}");
    for topic in PAGES.map(|(topic, ..)| topic).into_iter().chain(["exit-codes", "environment"]) {
        assert!(help.contains(&format!("\n  {topic} ")), "{topic}: {help}");
    }
}

#[test]
fn every_page_is_a_man_page_of_section_7() {
    let directory = format!("{}/man", env!("CARGO_MANIFEST_DIR"));
    let pages = files_in(&directory).into_iter().filter(|path| path.extension().unwrap() == "7").count();
    assert_eq!(pages, PAGES.len());
    for (topic, _, text) in PAGES {
        let file = format!("{directory}/da-{topic}.7");
        let mandoc = Command::new("mandoc").args(["-Tutf8", "-Owidth=300", &file]).output().unwrap();
        // Bold is written by overstriking: a character, a backspace, and the character again.
        let mut page = String::from_utf8(mandoc.stdout).unwrap();
        while let Some(at) = page.find('\u{8}') {
            page.remove(at);
            page.remove(at);
        }
        assert!(page.contains(&format!("da-{topic} - ")) && page.contains("SEE ALSO"), "{topic}: {page}");
        let plain = |text: &str| text.replace(['`', '*', '#', '|'], "");
        let page = plain(&page);
        let shown: BTreeSet<_> = page.split_whitespace().collect();
        // The title of the page is its name there.
        let source = text.lines().skip(1).filter(|line| !line.starts_with("```") && !line.starts_with("|--"));
        let source: String = source.map(|line| plain(line) + "\n").collect();
        // Headings are in capitals there.
        let missing: Vec<_> = source
            .split_whitespace()
            .filter(|word| !shown.contains(word) && !shown.contains(word.to_uppercase().as_str()))
            .collect();
        assert!(missing.is_empty(), "{topic}: {missing:?}");
    }
}

#[test]
fn every_shell_has_completions() {
    let home = TestHome::new();
    for (shell, shipped) in
        [("bash", "da.bash"), ("zsh", "_da"), ("fish", "da.fish"), ("powershell", "_da.ps1"), ("elvish", "da.elv")]
    {
        let run = home.da(["completion", shell]).run().exits(0);
        let file = format!("{}/completions/{shipped}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(run.stdout, fs::read_to_string(file).unwrap(), "{shell}");
    }
    transcript!(home.da(["completion", "tcsh"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    ");
    let bash = home.da(["completion", "bash"]).run().stdout;
    let script = home.path().join("da.bash");
    fs::write(&script, bash + "\nCOMP_WORDS=(da tok); COMP_CWORD=1; _da da tok da; echo \"${COMPREPLY[@]}\"\n")
        .unwrap();
    let answer = home.command("bash").arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "token", "{answer:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let home = TestHome::new();
    let pipeline = format!("'{}' completion zsh | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_da"));
    let output = home.command("bash").args(["-c", &pipeline]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "#compdef da\n0\n");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn man_pages_have_the_sections_that_people_look_for() {
    let directory = format!("{}/man", env!("CARGO_MANIFEST_DIR"));
    let mut pages = 0;
    for path in files_in(&directory).into_iter().filter(|path| path.extension().unwrap() == "1") {
        let text = fs::read_to_string(&path).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "ENVIRONMENT", "FILES", "EXIT STATUS"] {
            let titles = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            assert!(titles.iter().any(|title| text.contains(title)), "{}: no {section}", path.display());
        }
        pages += 1;
    }
    // Of a command that has two places, the page is that of the shorter one.
    let twice = ["auth login", "auth logout", "auth whoami", "auth import-token", "auth token"];
    let single = every_command().into_iter().map(|(path, _)| path.join(" "));
    assert_eq!(pages, single.filter(|path| !twice.iter().any(|start| path.starts_with(start))).count());
}

fn files_in(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn man_pages_are_sound_roff() {
    let directory = format!("{}/man", env!("CARGO_MANIFEST_DIR"));
    let pages = files_in(&directory);
    let output = Command::new("mandoc").args(["-Tlint", "-Werror"]).args(pages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
