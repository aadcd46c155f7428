//! `da credential ...`: helpers that hand short-lived tokens to git and docker.

mod docker;
mod git;

use std::str::FromStr;

use clap::{Args, Subcommand};

use crate::cli::{context::Context, error::CliError};

/// Hand short-lived tokens of your own to git and docker
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CredentialArgs {
    #[command(subcommand)]
    pub(super) command: CredentialCommand,
}

const EXAMPLES: &str = "\
Examples:
  git config --global credential.https://git.example.org.helper \\
    '!da credential git --host git.example.org'
  printf '#!/bin/sh\\nexec da credential docker --host registry.example.org \"$@\"\\n' \\
    > ~/bin/docker-credential-da && chmod +x ~/bin/docker-credential-da";

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    Git(git::GitArgs),
    Docker(docker::DockerArgs),
}

pub(super) fn run(ctx: &Context, command: &CredentialCommand) -> Result<(), CliError> {
    match command {
        CredentialCommand::Git(args) => git::run(ctx, args),
        CredentialCommand::Docker(args) => docker::run(ctx, args),
    }
}

/// The user's name where a service looks at the token alone.
const USERNAME: &str = "x-access-token";

/// For whom tokens are handed out.
#[derive(Debug, Args)]
struct HelperArgs {
    /// Host, with its port if it has one, that gets the token; no other one does. May be repeated
    #[arg(long = "host", value_name = "HOST", required = true)]
    hosts: Vec<HostPort>,
    /// Name that goes with the token, where the service asks for one
    #[arg(long, value_name = "NAME", default_value = USERNAME)]
    username: String,
}

impl HelperArgs {
    fn only(host: &str) -> Option<Self> {
        Some(Self { hosts: vec![host.parse().ok()?], username: USERNAME.to_owned() })
    }

    /// Tells whether `host` is one that the user has named.
    fn serves(&self, host: &str) -> bool {
        self.hosts.iter().any(|served| served.0.eq_ignore_ascii_case(host))
    }
}

/// A host as it stands in an address: `git.example.org`, `127.0.0.1:8080`.
#[derive(Debug, Clone)]
struct HostPort(String);

impl FromStr for HostPort {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
        if fits && !text.is_empty() {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected a host such as `git.example.org`")
        }
    }
}

/// Returns the name that git would get with a token for this host alone; nothing if it gets none.
pub(crate) fn for_git(host: &str, text: &str) -> Option<String> {
    let (helper, asked) = (HelperArgs::only(host)?, git::Question::read(text));
    let is_answered = helper.serves(asked.get("host")) && asked.is_safe();
    is_answered.then(|| asked.username(&helper).to_owned())
}

/// Tells whether docker would get a token that is for this host alone.
pub(crate) fn for_docker(host: &str, address: &str) -> bool {
    HelperArgs::only(host).is_some_and(|helper| docker::is_answered(&helper, address))
}

/// Tells whether a host without encryption is this machine (S-61).
fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    matches!(name.map_or(host, |(name, _)| name), "127.0.0.1" | "[::1]" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_gets_a_token_for_addresses_of_the_web_alone() {
        let host = "127.0.0.1:8080";
        for address in [host, "https://127.0.0.1:8080/v2", "HTTP://127.0.0.1:8080"] {
            assert!(for_docker(host, address), "{address}");
        }
        for address in
            ["://127.0.0.1:8080", "ftp://127.0.0.1:8080", "git.example.org://127.0.0.1:8080", "http://127.0.0.1"]
        {
            assert!(!for_docker(host, address), "{address}");
        }
    }

    #[test]
    fn a_host_is_served_whole_or_not_at_all() {
        let hosts = ["git.example.org", "127.0.0.1:8080"].map(|host| host.parse().expect("a host")).into();
        let args = HelperArgs { hosts, username: USERNAME.to_owned() };
        assert!(args.serves("git.example.org") && args.serves("GIT.example.org") && args.serves("127.0.0.1:8080"));
        for other in ["example.org", "git.example.org.evil.example", "git.example.org:8443", "127.0.0.1", ""] {
            assert!(!args.serves(other), "{other}");
        }
        for bad in ["", "https://git.example.org", "a/b", "a b", "ann@host"] {
            assert!(bad.parse::<HostPort>().is_err(), "{bad}");
        }
        assert!(is_this_machine("127.0.0.1:80") && is_this_machine("localhost") && is_this_machine("[::1]:80"));
        assert!(!is_this_machine("localhost.evil.example") && !is_this_machine("192.0.2.1:80"));
    }
}
