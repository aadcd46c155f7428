//! Somebody with a machine of their own, who uses one server from the command line.

use std::{ffi::OsStr, path::PathBuf};

use super::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, Terminal, TestHome, TestServer, home::Da};

/// A home and the server that `DA_SERVER` names there.
pub(crate) struct Person {
    pub(crate) home: TestHome,
    url: String,
    variables: Vec<(&'static str, String)>,
}

impl Person {
    /// Uses this server; not signed in.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        Self { home: TestHome::new(), url: url.into(), variables: Vec::new() }
    }

    /// Sets a variable for all of this person's commands.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Uses this server, signed in as its first admin.
    #[track_caller]
    pub(crate) fn admin(server: &TestServer) -> Self {
        let person = Self::at(server.url());
        person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
        person
    }

    /// Prepares `da` with these arguments.
    pub(crate) fn da<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Da<'_> {
        let da = self.home.da(args).env("DA_SERVER", &self.url);
        self.variables.iter().fold(da, |da, (name, value)| da.env(name, value))
    }

    /// Runs `da` with these arguments.
    pub(crate) fn run<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Run {
        self.da(args).run()
    }

    /// Starts `da` with these arguments on a terminal without spinners and colours, so that the screen is plain text.
    pub(crate) fn terminal<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Terminal {
        Terminal::start(&self.da(args).env("TERM", "dumb").into_command())
    }

    /// Signs in.
    #[track_caller]
    pub(crate) fn sign_in(&self, email: &str, password: &str) {
        self.da(["login", "--email", email, "--password-stdin"]).stdin(password).run().exits(0);
    }

    /// Makes a token and returns it.
    #[track_caller]
    pub(crate) fn new_token(&self, name: &str) -> String {
        self.run(["token", "create", "--name", name, "--raw"]).exits(0).stdout.trim_end().to_owned()
    }

    /// Returns where a saved token rests.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.home.config_dir().join("token.json")
    }

    /// Returns the saved token.
    pub(crate) fn saved_token(&self) -> String {
        self.saved("access_token")
    }

    /// Returns what the saved session is continued with.
    pub(crate) fn saved_refresh_token(&self) -> String {
        self.saved("refresh_token")
    }

    fn saved(&self, key: &str) -> String {
        let text = std::fs::read_to_string(self.token_file()).unwrap();
        let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
        stored[key].as_str().unwrap().to_owned()
    }
}

/// Returns the URL of a port on which nobody listens.
pub(crate) fn dead_url() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

/// Returns what `da COMMAND --help` says, without the global options, which are the same everywhere.
pub(crate) fn help<I: IntoIterator<Item: AsRef<OsStr>>>(command: I) -> String {
    let run = TestHome::new().da(command).arg("--help").run().exits(0);
    assert_eq!(run.stderr, "", "help that was asked for is data");
    let (own, rest) = run.stdout.split_once("Global options:\n").unwrap();
    let after = rest.split_once("\nExamples:").map_or("", |(_, after)| after);
    format!("{own}[GLOBAL OPTIONS]\n\nExamples:{after}")
}
