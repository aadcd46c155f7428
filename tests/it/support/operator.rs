//! Somebody with the command line, signed in at a server.

use super::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer};

/// The password of everybody whom an operator adds.
const USER_PASSWORD: &str = "a quiet morning";

/// A person with a home of their own, and the server they talk to.
pub(crate) struct Operator {
    home: TestHome,
    server: String,
}

impl Operator {
    /// Returns the first admin, signed in.
    #[track_caller]
    pub(crate) fn admin(server: &TestServer) -> Self {
        let operator = Self::stranger(server);
        operator.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
        operator
    }

    /// Returns somebody who has not signed in.
    pub(crate) fn stranger(server: &TestServer) -> Self {
        Self { home: TestHome::new(), server: server.url() }
    }

    #[track_caller]
    pub(crate) fn sign_in(&self, email: &str, password: &str) {
        self.da_fed(&["login", "--email", email, "--password-stdin"], password).exits(0);
    }

    /// Adds a user; returns them, signed in.
    #[track_caller]
    pub(crate) fn adds(&self, email: &str, role: &str) -> Self {
        self.da_fed(&["admin", "add-user", email, "--role", role, "--password-stdin"], USER_PASSWORD).exits(0);
        let user = Self { home: TestHome::new(), server: self.server.clone() };
        user.sign_in(email, USER_PASSWORD);
        user
    }

    /// Runs a command.
    pub(crate) fn da(&self, args: &[&str]) -> Run {
        self.da_fed(args, "")
    }

    /// Runs a command that reads `stdin`.
    pub(crate) fn da_fed(&self, args: &[&str], stdin: &str) -> Run {
        self.home.da(args).env("DA_SERVER", &self.server).stdin(stdin).run()
    }

    /// Runs a command with a token from the environment.
    pub(crate) fn da_with(&self, token: &str, args: &[&str]) -> Run {
        self.home.da(args).env("DA_SERVER", &self.server).env("DA_TOKEN", token).run()
    }

    /// Prepares a command for a terminal or a child of the test.
    pub(crate) fn command(&self, args: &[&str]) -> std::process::Command {
        self.home.da(args).env("DA_SERVER", &self.server).into_command()
    }

    /// Creates a token of one's own; returns it.
    #[track_caller]
    pub(crate) fn creates_token(&self, name: &str) -> String {
        self.da(&["token", "create", "--name", name, "--raw"]).exits(0).stdout.trim_end().to_owned()
    }
}
