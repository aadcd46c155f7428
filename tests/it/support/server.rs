//! A real `da serve` on a loopback port, with a data directory of its own.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use rustix::process::Signal;

use super::{Api, PATIENCE, TestHome, home::Da, process, wait_for};

/// The first admin of every server that is started with one.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";
/// Its password.
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery";

/// A running server; killed when it is dropped.
pub(crate) struct TestServer {
    home: TestHome,
    setup: Setup,
    child: Child,
    address: SocketAddr,
    output: Output,
}

/// What a server has written so far.
#[derive(Clone, Default)]
struct Output {
    stdout: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

/// How a server is started.
#[derive(Default)]
pub(crate) struct Setup {
    env: Vec<(String, String)>,
    args: Vec<String>,
    wrapper: Vec<String>,
    data_dir: Option<PathBuf>,
}

impl Setup {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// Starts the server by a command that becomes it, such as `nice`.
    pub(crate) fn under<I: IntoIterator<Item: Into<String>>>(mut self, wrapper: I) -> Self {
        self.wrapper = wrapper.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps the data in `dir` instead of the server's own home.
    pub(crate) fn data_in(mut self, dir: &Path) -> Self {
        self.data_dir = Some(dir.to_owned());
        self
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(self) -> TestServer {
        self.start_in(TestHome::new())
    }

    /// Starts the server in a home that a test has prepared.
    pub(crate) fn start_in(self, home: TestHome) -> TestServer {
        let output = Output::default();
        let (child, address) = self.spawn(&home, "127.0.0.1:0", &output);
        TestServer { home, setup: self, child, address, output }
    }

    fn has_tls(&self) -> bool {
        self.args.iter().any(|arg| arg == "--tls-cert")
    }

    fn command(&self, home: &TestHome, listen: &str) -> Command {
        let mut command = home.da(["serve", "--listen", listen, "--data-dir"]).into_command();
        command.arg(self.data_dir(home)).args(&self.args);
        if let Some((program, args)) = self.wrapper.split_first() {
            let mut wrapped = home.command(program);
            wrapped.args(args).arg(command.get_program()).args(command.get_args());
            command = wrapped;
        }
        command.envs(self.env.iter().cloned());
        command
    }

    fn data_dir(&self, home: &TestHome) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| home.path().join("data"))
    }

    /// Starts the server; it is ready when a request was answered. With TLS the first caller waits until it is.
    fn spawn(&self, home: &TestHome, listen: &str, output: &Output) -> (Child, SocketAddr) {
        let mut command = self.command(home, listen);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, address) = mpsc::channel();
        let (stdout, sink) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&output.stdout));
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                sink.lock().unwrap().push_str(&format!("{line}\n"));
                if let Some((_, address)) = line.strip_prefix("listening on ").and_then(|url| url.split_once("://")) {
                    drop(sender.send(address.parse::<SocketAddr>()));
                }
            }
        });
        let (mut stderr, sink) = (child.stderr.take().unwrap(), Arc::clone(&output.log));
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let Ok(Ok(address)) = address.recv_timeout(PATIENCE) else {
            drop(child.kill());
            drop(child.wait());
            let log = output.log.lock().unwrap().clone();
            panic!("the server did not tell its address; its log:\n{log}");
        };
        if !self.has_tls() {
            let probe = Api::stranger(address);
            wait_for("/ready to answer 200", || (probe.get("/ready").status == 200).then_some(()));
        }
        (child, address)
    }
}

impl TestServer {
    /// Starts a server that has the first admin.
    pub(crate) fn start() -> Self {
        Self::with_admin().start()
    }

    /// Prepares a server that makes the first admin at its start.
    pub(crate) fn with_admin() -> Setup {
        Self::empty().env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env("DA_ADMIN_PASSWORD", ADMIN_PASSWORD)
    }

    /// Prepares a server on an empty data directory.
    pub(crate) fn empty() -> Setup {
        Setup::default()
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.setup.has_tls() { "https" } else { "http" }, self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.setup.data_dir(&self.home)
    }

    /// Returns the id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Prepares a command of the server's host.
    pub(crate) fn on_host<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Da<'_> {
        self.home.da(args).env("DA_DATA_DIR", self.data_dir())
    }

    /// Changes the store behind the server's back, as the passing of time or a restored backup would.
    #[track_caller]
    pub(crate) fn change_store(&self, statement: &str, values: impl rusqlite::Params) {
        let store = rusqlite::Connection::open(self.data_dir().join("da.db")).unwrap();
        store.busy_timeout(PATIENCE).unwrap();
        assert_ne!(store.execute(statement, values).unwrap(), 0, "{statement}");
    }

    /// Returns a caller without a credential.
    pub(crate) fn stranger(&self) -> Api {
        Api::stranger(self.address)
    }

    /// Signs in as the first admin.
    #[track_caller]
    pub(crate) fn admin(&self) -> Api {
        self.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    }

    /// Adds a user and signs in as it.
    #[track_caller]
    pub(crate) fn user(&self, admin: &Api, email: &str, role: &str) -> Api {
        let password = "a quiet morning";
        admin.add_user(email, role, password);
        self.stranger().sign_in(email, password)
    }

    /// Returns what the server has written to stderr so far.
    pub(crate) fn log(&self) -> String {
        self.output.log.lock().unwrap().clone()
    }

    /// Returns what the server has written to stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.output.stdout.lock().unwrap().clone()
    }

    /// Prepares a command on the server's own host and data directory.
    pub(crate) fn host<'a>(&'a self, args: &[&str]) -> Da<'a> {
        self.home.da(args).env("DA_DATA_DIR", self.data_dir())
    }

    /// Waits until the log holds `text`.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("the log to hold `{text}`"), || self.log().contains(text).then_some(()));
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        process::signal(&self.child, signal);
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        process::wait(&mut self.child, "the server to end")
    }

    /// Kills the server as a power cut would.
    pub(crate) fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to end (SIGTERM) and waits until it has.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        process::signal(&self.child, Signal::TERM);
        process::wait(&mut self.child, "the server to end after SIGTERM")
    }

    /// Starts the server again after its end, on the same data and port.
    pub(crate) fn restart(&mut self) {
        let listen = self.address.to_string();
        (self.child, self.address) = self.setup.spawn(&self.home, &listen, &self.output);
    }

    /// As [`Self::restart`], on another port: nobody else can have taken it meanwhile, however often this is done.
    pub(crate) fn restart_elsewhere(&mut self) {
        (self.child, self.address) = self.setup.spawn(&self.home, "127.0.0.1:0", &self.output);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            // The test harness shows this with the failure.
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}
