use super::*;

#[test]
fn the_command_tree_is_sound() {
    command().debug_assert();
}

#[test]
fn global_flags_are_taken_before_and_after_the_command() {
    for line in ["da --json --server http://127.0.0.1:1 token list", "da token list --json --server http://127.0.0.1:1"]
    {
        let cli = Cli::try_parse_from(line.split(' ')).expect("valid");
        assert!(cli.globals.json && cli.globals.server.is_some());
    }
}

#[test]
fn every_documented_command_line_is_understood() {
    let lines = [
        "login --email a@b.c --password-stdin --insecure-storage",
        "auth login --email a@b.c --password p --server http://127.0.0.1:1",
        "logout",
        "auth logout",
        "whoami --offline",
        "auth whoami --json",
        "login --device --insecure-storage",
        "login --no-browser",
        "pair --name laptop",
        "pair --name laptop --ttl never --insecure-storage",
        "pair --name laptop --raw",
        "import-token --token - --server https://id.example.org --email a@b.c --role r --skip-verify",
        "auth import-token --token abc",
        "token create --name n --ttl 90d --raw",
        "auth token create --name n --ttl no-expiry",
        "token create --name n --renewable",
        "token rotate ci --overlap 7d --ttl 30d --raw",
        "auth token rotate --self --overlap 0",
        "token list --expiring 14d",
        "token list --all",
        "auth token list --json",
        "token show 1b2c3d4e",
        "auth token revoke ci",
        "token revoke --all --yes",
        "token revoke --secret -",
        "token print",
        "auth password change --password-stdin",
        "auth storage show --json",
        "auth storage move keyring",
        "auth password reset --token - --password-stdin",
        "profile list",
        "profile show work --json",
        "profile add work --server https://id.example.org",
        "profile use work --yes",
        "profile remove work",
        "profile rules",
        "profile rules add work --dir .",
        "profile rules remove --server https://id.example.org",
        "whoami --profile work",
        "exec --ttl 1h --name n -- env -i --json",
        "exec make -j 2",
        "credential git --host git.example.org get",
        "credential docker --host a.example --host b.example:5000 --username ann list",
        "status --json",
        "status --local",
        "diagnose --json",
        "setup init --server https://id.example.org",
        "setup bootstrap a@b.c --name Ann --code-file - --password-stdin",
        "admin add-user a@b.c --name Ann --role viewer --issue-token",
        "admin list-users --json",
        "admin show-user a@b.c",
        "admin remove-user 6fa459ea-ee8a-4ca4-894e-db77e160355e",
        "admin set-role a@b.c admin",
        "admin activate a@b.c",
        "admin deactivate a@b.c --revoke-tokens",
        "admin reset-password a@b.c",
        "admin set-password a@b.c --password p",
        "admin set-password a@b.c --password-stdin --permanent",
        "admin token list --user a@b.c --status expired --last-used never",
        "admin token revoke 1b2c3d4e",
        "admin audit --user a@b.c --action login --since 2h --follow",
        "completion zsh",
        "help exit-codes",
        "generate man dir",
    ];
    for line in lines {
        let words: Vec<_> = ["da"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
        let parsed = Cli::try_parse_from(&words);
        assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
        assert_eq!(format!("{:?}", parse_by_one_command(&words)), format!("{:?}", parsed.ok()), "{line}");
    }
}

/// Returns every command without subcommands, with the words that lead to it.
fn leaves(command: &clap::Command, path: &[String]) -> Vec<(Vec<String>, clap::Command)> {
    let path = [path, &[command.get_name().to_owned()]].concat();
    if !command.has_subcommands() {
        return vec![(path, command.clone())];
    }
    command.get_subcommands().flat_map(|command| leaves(command, &path)).collect()
}

#[test]
fn no_refusal_of_a_value_is_in_the_words_of_a_parser() {
    const VALUES: [&str; 13] =
        ["0", "-1", "+1", "1.5", "x", "", "99999999999999999999", "0d", "-1d", "0h", "1e3", "9999999999d", "\u{661}"];
    const OF_PARSERS: [&str; 9] = [
        "invalid digit",
        "is not in ",
        "number too",
        "cannot parse",
        "out of range",
        "invalid float",
        "empty string",
        "ParseInt",
        "Error(",
    ];
    let mut tree = command();
    tree.build();
    let (mut tried, mut refused) = (0, 0);
    for (path, leaf) in leaves(&tree, &[]) {
        // The global options are the same everywhere.
        let is_tried = |option: &&clap::Arg| !option.is_global_set() || path.ends_with(&["whoami".to_owned()]);
        let options = leaf.get_arguments().filter(|option| option.get_action().takes_values());
        for option in options.filter(is_tried) {
            for value in VALUES {
                let typed = option.get_long().map_or(value.to_owned(), |long| format!("--{long}={value}"));
                tried += 1;
                let line = [leaf.get_name().to_owned(), typed];
                let Err(usage) = leaf.clone().try_get_matches_from(line) else { continue };
                let said = usage.render().to_string();
                refused += 1;
                assert!(!OF_PARSERS.iter().any(|words| said.contains(words)), "{path:?} {value:?}: {said}");
            }
        }
    }
    assert!(tried > 500 && refused > 100, "{tried} values were tried, {refused} refused");
    let said = |line: &str| command().try_get_matches_from(line.split(' ')).map(drop).expect_err(line).to_string();
    assert!(said("da token create --name n --ttl 0d").contains("expected at least 1 day"));
    assert!(said("da pair --name n --ttl 0d").contains("expected at least 1 day"));
    assert!(said("da whoami --timeout 0").contains("expected a whole number from 1 to 3600"));
    assert!(said("da admin audit --limit ten").contains("expected a whole number from 1 to 10000"));
}

#[test]
fn a_command_alone_is_that_of_the_whole_tree() {
    let help = |line: &mut clap::Command, name: &str| {
        line.build();
        line.find_subcommand_mut(name).map(|command| command.render_long_help().to_string())
    };
    let mut whole = command();
    let names: Vec<_> = whole.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        let mut alone = with_one_command(&name).expect("known by its name");
        assert_eq!(help(&mut alone, &name), help(&mut whole, &name));
    }
    assert!(with_one_command("--json").is_none() && with_one_command("tok").is_none());
}

#[test]
fn a_command_line_that_says_two_things_is_refused() {
    for line in [
        "login --password p --password-stdin",
        "login --device --no-browser",
        "login --device --email a@b.c",
        "login --no-browser --password-stdin",
        "login --device --password p",
        "pair",
        "pair --name n --ttl 0d",
        "pair --name n --raw --json",
        "pair --name n --raw --insecure-storage",
        "token revoke",
        "token revoke ci --all",
        "token revoke --all --secret -",
        "token create --name n --raw --json",
        "token create --name n --ttl 0d",
        "token rotate",
        "token rotate ci --self",
        "exec",
        "credential git get",
        "credential docker --host https://a.example get",
        "exec --ttl 25h env",
        "exec --ttl 59s env",
        "token rotate ci --overlap 90m",
        "token list --all --expiring 14d",
        "token create --name \t",
        "admin token list --status ended",
        "whoami --server ftp://x",
        "whoami --timeout 0",
    ] {
        assert!(Cli::try_parse_from(["da"].into_iter().chain(line.split(' '))).is_err(), "{line}");
    }
}

#[test]
fn no_secret_argument_is_printed() {
    for line in ["login --password hunter2", "import-token --token hunter2", "token revoke --secret hunter2"] {
        let cli = Cli::try_parse_from(["da"].into_iter().chain(line.split(' '))).expect("valid");
        assert!(!format!("{cli:?}").contains("hunter2"), "{line}");
    }
}

#[test]
fn every_command_says_what_it_is_for_and_shows_examples() {
    fn check(command: &clap::Command, path: &str) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.ends_with('.'), "{path}: {about:?}");
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.starts_with("Examples:\n  ") && examples.contains(path), "{path}: {examples:?}");
        for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
            check(child, &format!("{path} {}", child.get_name()));
        }
    }
    let command = command();
    for child in command.get_subcommands().filter(|child| !child.is_hide_set() && child.get_name() != "auth") {
        check(child, &format!("da {}", child.get_name()));
    }
}
