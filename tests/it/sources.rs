//! Rules about the sources that no lint knows.

use std::{collections::BTreeMap, fs};

use crate::architecture::{code, root, sources};

/// Where a secret leaves its type, and how often (S-18). A new line here is a decision: the plain text must need to be
/// there, and must not reach a log, an error or a `Debug`.
const EXITS: &[(&str, usize)] = &[
    // The setup code from and into its private file, its comparison, and hashes of a session and a reset value.
    ("src/app/bootstrap.rs", 5),
    // The hash of a token that a device is given.
    ("src/app/collect.rs", 1),
    // A length before anything is computed, and the hash of a session.
    ("src/app/logins.rs", 1),
    // The text of the master key is decoded.
    ("src/app/master_key.rs", 1),
    // The hashes of new tokens, and of one that is answered again.
    ("src/app/refresh.rs", 1),
    ("src/app/rotation.rs", 1),
    ("src/app/sessions.rs", 1),
    ("src/app/tokens.rs", 1),
    // Hashes of a first token and of reset values.
    ("src/app/users.rs", 1),
    ("src/app/users/passwords.rs", 2),
    // Shown once to whoever made it: a first token, a reset value, a new token, the token in force.
    ("src/cli/commands/admin/add_user.rs", 1),
    ("src/cli/commands/admin/passwords.rs", 2),
    ("src/cli/commands/pair.rs", 2),
    ("src/cli/commands/server/recover_admin.rs", 2),
    ("src/cli/commands/setup_instructions.rs", 2),
    // To git and docker, for hosts that the user has named; and one that was refused is compared with it.
    ("src/cli/commands/credential/docker.rs", 1),
    ("src/cli/commands/credential/git.rs", 1),
    ("src/cli/helper_token.rs", 1),
    // Into the environment of the command that it was made for.
    ("src/cli/commands/exec.rs", 1),
    ("src/cli/commands/token/create.rs", 1),
    ("src/cli/commands/token/print.rs", 1),
    // Read from a prompt, a file or standard input, and trimmed.
    ("src/cli/commands/auth/password.rs", 1),
    ("src/cli/commands/setup.rs", 1),
    ("src/cli/password.rs", 1),
    ("src/cli/settings.rs", 1),
    // Its claims are read for the notice of its end, and its hash names it there.
    ("src/cli/expiry_notice.rs", 1),
    // The state in the address that is shown and opened.
    ("src/cli/sign_in/browser.rs", 1),
    // The bytes of the header that carries it, and its check before.
    ("src/client/bearer.rs", 2),
    ("src/credentials/claims.rs", 1),
    // Into the keyring, and into the private file.
    ("src/credentials/keyring.rs", 1),
    ("src/credentials/entries.rs", 1),
    // The token in the text that sets an agent up, shown once.
    ("src/domain/agent_setup.rs", 1),
    // A code's hash, and the one reader of the secrets that only we read.
    ("src/domain/grant.rs", 1),
    ("src/domain/opaque.rs", 1),
    // The characters of a verifier, and its hash.
    ("src/domain/pkce.rs", 3),
    // The length and blocklist rules, and the bytes that are hashed.
    ("src/domain/password.rs", 2),
    // The two serialisers that a field opts into.
    ("src/domain/secret.rs", 2),
    // Its text is hashed.
    ("src/domain/refresh.rs", 1),
    // A presented bearer goes to the check.
    ("src/server/call.rs", 1),
    ("src/server/dispatch.rs", 1),
    ("src/server/handlers/logins.rs", 1),
    // Two new passwords are compared.
    ("src/server/web/account.rs", 1),
    // The code that a browser takes to the program that waits for it.
    ("src/server/web/authorize.rs", 1),
    // The form token: its length, the hidden field, the cookie.
    ("src/server/web/form_token.rs", 3),
    // The session's cookie.
    ("src/server/web/session_cookie.rs", 1),
];

#[test]
fn every_exit_of_a_secret_is_reviewed() {
    let reviewed: BTreeMap<String, usize> = EXITS.iter().map(|(path, count)| ((*path).to_owned(), *count)).collect();
    let found: BTreeMap<String, usize> = each_file()
        .map(|(name, code)| (name, code.matches(".expose()").count()))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(found, reviewed);
}

#[test]
fn no_file_outgrows_its_reader() {
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: a module is asking to be born", path.display());
    }
}

#[test]
fn nothing_is_left_for_later() {
    for (name, code) in each_file() {
        for word in ["todo!(", "unimplemented!(", "dbg!(", ".unwrap()"] {
            assert!(!code.contains(word), "{name} has `{word}`");
        }
    }
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["TODO", "FIXME", "XXX", "HACK"] {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn files_are_made_with_a_mode_and_follow_no_link() {
    // These take the mode of the umask and follow links (S-58, S-60).
    // Man pages and completions are public, and go where the caller says.
    for (name, code) in each_file().filter(|(name, _)| name != "src/cli/commands/generate.rs") {
        for call in ["fs::write(", "File::create("] {
            assert!(!code.contains(call), "{name} calls `{call}..)`");
        }
    }
}

#[test]
fn a_lint_is_excepted_only_with_a_reason() {
    for (name, code) in each_file() {
        for attribute in ["#[expect(", "#![expect(", "#[allow(", "#![allow("] {
            for (at, _) in code.match_indices(attribute) {
                let text = &code[at..];
                let end = text.find(")]").unwrap_or(text.len());
                assert!(text[..end].contains("reason"), "{name}: {}", &text[..end]);
            }
        }
    }
}

fn each_file() -> impl Iterator<Item = (String, String)> {
    sources().into_iter().map(|path| {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        (name, code(&path))
    })
}
