//! A session bus of one test, and GNOME's keyring on it: nothing of it is the desktop's own.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::{Person, Run, TestHome, wait_for};

/// As the session bus of a desktop, but on a socket of its own, and nothing is started by being asked for.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=[SOCKET]</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;
const SERVICE: [&str; 3] = ["--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"];
/// The collection that the password of a sign-in opens; the default one.
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";

/// A session bus, with or without a keyring; both end when it is dropped.
pub(crate) struct SessionBus {
    home: TestHome,
    bus: Child,
    keyring: Option<Child>,
}

impl SessionBus {
    /// Starts a bus without a keyring.
    pub(crate) fn start() -> Self {
        let home = TestHome::new();
        let socket = home.path().join("bus");
        let config = home.path().join("bus.conf");
        fs::write(&config, BUS.replace("[SOCKET]", &socket.display().to_string())).unwrap();
        fs::DirBuilder::new().mode(0o700).create(home.path().join("run")).unwrap();
        let mut command = home.command("dbus-daemon");
        command.arg("--config-file").arg(config).args(["--nofork", "--nopidfile"]).stderr(Stdio::null());
        let bus = command.spawn().unwrap();
        wait_for("the bus's socket", || {
            fs::metadata(&socket).is_ok_and(|it| it.permissions().mode() > 0).then_some(())
        });
        Self { home, bus, keyring: None }
    }

    /// Starts a bus with a keyring that is open.
    pub(crate) fn with_keyring() -> Self {
        let mut bus = Self::start();
        bus.open_keyring();
        bus
    }

    /// Starts the keyring, which keeps what an earlier one has stored, and opens it.
    pub(crate) fn open_keyring(&mut self) {
        self.close_keyring();
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--unlock", "--components=secrets", "--foreground"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The password ends with the input.
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"open sesame").unwrap();
        self.keyring = Some(child);
        wait_for("the keyring to be open", || {
            let run = self.call(&["org.freedesktop.Secret.Service.ReadAlias", "string:default"]);
            run.stdout.contains(LOGIN).then_some(())
        });
    }

    /// Ends the keyring; the bus stays.
    pub(crate) fn close_keyring(&mut self) {
        if let Some(mut child) = self.keyring.take() {
            end(&mut child);
        }
    }

    /// Locks the keyring; there is nobody whom it could ask for its password.
    pub(crate) fn lock(&self) {
        let run = self.call(&["org.freedesktop.Secret.Service.Lock", &format!("array:objpath:{LOGIN}")]);
        assert!(run.exits(0).stdout.contains(LOGIN));
    }

    /// Returns somebody whose desktop this is; nothing but the keyring's answer decides where a token is kept.
    pub(crate) fn person(&self, url: impl Into<String>) -> Person {
        self.let_in(Person::at(url)).env("DA_CREDENTIAL_STORE", "")
    }

    /// Lets somebody use the bus.
    pub(crate) fn let_in(&self, person: Person) -> Person {
        person.env("DBUS_SESSION_BUS_ADDRESS", self.address())
    }

    /// Returns what the keyring holds for an account, as another program sees it.
    pub(crate) fn entry(&self, account: &str) -> Option<String> {
        let mut command = self.command("secret-tool");
        command.args(["lookup", "service", "da", "username", account]);
        let run = Run::of(&mut command, b"");
        (run.code == Some(0)).then_some(run.stdout)
    }

    /// Replaces what the keyring holds for an account, as another program would.
    pub(crate) fn set_entry(&self, account: &str, text: &str) {
        let mut command = self.command("secret-tool");
        command.args(["store", "--label", "changed", "service", "da", "username", account]);
        Run::of(&mut command, text.as_bytes()).exits(0);
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.home.path().join("bus").display())
    }

    /// Returns the directory in which the bus is called as systemd calls it.
    pub(crate) fn runtime_dir(&self) -> String {
        self.home.path().display().to_string()
    }

    /// Returns where the keyring keeps its files.
    pub(crate) fn files(&self) -> PathBuf {
        self.home.path().join(".local/share/keyrings")
    }

    fn call(&self, words: &[&str]) -> Run {
        let mut command = self.command("dbus-send");
        command.arg("--session").args(SERVICE).args(words);
        Run::of(&mut command, b"")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.home.command(program);
        command.env("DBUS_SESSION_BUS_ADDRESS", self.address()).env("XDG_RUNTIME_DIR", self.home.path().join("run"));
        command
    }
}

fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

impl Drop for SessionBus {
    fn drop(&mut self) {
        self.close_keyring();
        end(&mut self.bus);
    }
}
