//! The script as people run it: cut off, damaged, refused, and against a real server on loopback.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use http::{Request, Response, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::server::edge::{Body, Census, EdgeLimits, RequestBody, serve};

/// A build that does what the installer asks of one. It is a script, so that it runs on every platform.
const BUILD: &str = r#"#!/bin/sh
case $1 in
    --version) echo "da 7.8.9" ;;
    completion) echo "completion of $2" ;;
    generate) echo page >"$3/da.1"; echo page >"$3/da-token.1" ;;
esac
"#;

/// A private home, and the installer's whole world.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn read(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).unwrap_or_default()
    }

    fn files(&self) -> Vec<PathBuf> {
        files_below(self.0.path())
    }

    /// Feeds `script` to a shell as `curl | sh` does.
    #[expect(clippy::disallowed_methods, reason = "the shell of a test needs the machine's programs")]
    fn pipe(&self, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.pipe_with(std::env::var_os("PATH").unwrap(), script, arguments, environment)
    }

    fn pipe_with(
        &self,
        path: impl AsRef<OsStr>,
        script: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Output {
        let mut shell = Command::new("/bin/sh")
            .args(["-s", "--"])
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.0.path())
            .envs(environment.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A shell that gives up early closes its input.
        let _ = shell.stdin.take().unwrap().write_all(script.as_bytes());
        shell.wait_with_output().unwrap()
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Serves the downloads of `dist` as the router does, until the test ends; returns its base URL.
async fn serve_downloads(dist: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let builds = Arc::new(Builds::new(dist));
    let service = move |request: Request<RequestBody>, _| {
        let answer = download(&builds, request.uri().query().unwrap_or_default());
        async move { answer.unwrap_or_else(not_found) }
    };
    tokio::spawn(serve(listener, EdgeLimits::default(), Census::default(), None, service, std::future::pending()));
    base
}

fn not_found(error: DownloadError) -> Response<Body> {
    let mut response = Response::new(Body::from(error.to_string()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn download(builds: &Builds, query: &str) -> Result<Response<Body>, DownloadError> {
    let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let platform = Platform { os: os(value("os").unwrap()).unwrap(), arch: arch(value("arch").unwrap()).unwrap() };
    let artifact = builds.find(&platform)?;
    Ok(match value("part").unwrap_or("binary").parse().unwrap() {
        Part::Binary => Response::new(Body::pieces(artifact.into_body())),
        part => Response::new(Body::from(builds.text(artifact, part)?)),
    })
}

fn dist() -> TempDir {
    let dist = tempfile::tempdir().unwrap();
    fs::write(dist.path().join(Platform::own().unwrap().file_name()), BUILD).unwrap();
    dist
}

/// Runs the blocking part of a test beside the server.
async fn run(task: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(task).await.unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_shell_here_accepts_the_script() {
    for shell in ["sh", "dash", "bash", "ksh"] {
        let home = Home::new();
        fs::write(home.path("install.sh"), script("https://id.example.org")).unwrap();
        // Only `sh` is everywhere; the others are checked where they are installed.
        let checked = Command::new(shell).arg("-n").arg(home.path("install.sh")).output();
        assert!(checked.map_or(shell != "sh", |output| output.status.success()), "{shell}");
    }
}

#[test]
fn a_script_cut_off_anywhere_does_nothing() {
    let (stubs, home) = (tempfile::tempdir().unwrap(), Home::new());
    let log = stubs.path().join("log");
    for name in
        "curl wget mkdir mktemp rm mv cp chmod cat sed grep tr uname cut head tail dirname rmdir cargo".split(' ')
    {
        let stub = stubs.path().join(name);
        fs::write(&stub, format!("#!/bin/sh\necho {name} >>'{}'\n", log.display())).unwrap();
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let whole = script("http://127.0.0.1:9");
    let last = whole.trim_end().len();
    let cuts = (0..last).filter(|cut| cut % 41 == 0 || last - cut < 60);
    for cut in cuts {
        home.pipe_with(stubs.path(), &whole[..cut], &["--dir", "bin"], &[]);
        assert_eq!(fs::read_to_string(&log).unwrap_or_default(), "", "cut at byte {cut}");
    }
    assert_eq!(home.files(), Vec::<PathBuf>::new());
    home.pipe_with(stubs.path(), &whole[..last], &[], &[]);
    assert!(fs::read_to_string(&log).unwrap().contains("mkdir"), "the whole script runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_installs_configures_and_removes() {
    let dist = dist();
    let base = serve_downloads(dist.path()).await;
    run(move || {
        let home = Home::new();
        let output = home.pipe(&script(&base), &[], &[("SHELL", "/bin/bash")]);
        let told = text(&output.stdout);
        assert!(output.status.success(), "{told}{}", text(&output.stderr));
        assert_eq!(home.read(".local/bin/da"), BUILD);
        let mode = fs::metadata(home.path(".local/bin/da")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(home.read(".config/da/config.yaml"), format!("server: {base}\n"));
        for file in ["bash-completion/completions/da", "zsh/site-functions/_da", "fish/vendor_completions.d/da.fish"] {
            assert!(home.read(&format!(".local/share/{file}")).starts_with("completion of"), "{file}");
        }
        assert_eq!(home.read(".local/share/man/man1/da-token.1"), "page\n");
        for line in ["Installed da 7.8.9", "not in your PATH", "~/.bashrc", "da login", "DA_TOKEN", "da whoami"] {
            assert!(told.contains(line), "{line}: {told}");
        }

        let output = home.pipe(&script(&base), &["--uninstall"], &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(home.files(), [home.path(".config/da/config.yaml")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_keys_and_another_server_of_the_configuration_stay() {
    let dist = dist();
    let base = serve_downloads(dist.path()).await;
    run(move || {
        let other = "server: https://other.example";
        for (before, after) in [
            ("color: never", format!("color: never\nserver: {base}\n")),
            ("{}\n", format!("server: {base}\n")),
            (other, other.to_owned()),
            ("# server: x\n", format!("# server: x\nserver: {base}\n")),
        ] {
            let home = Home::new();
            fs::create_dir_all(home.path("c")).unwrap();
            fs::write(home.path("c/config.yaml"), before).unwrap();
            let output = home.pipe(&script(&base), &[], &[("DA_CONFIG_DIR", "c")]);
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert_eq!(home.read("c/config.yaml"), after);
            assert_eq!(text(&output.stdout).contains("Kept the server"), before == other);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_expected_is_not_installed() {
    let dist = dist();
    let base = serve_downloads(dist.path()).await;
    let sums = dist.path().join(format!("{}.sha256", Platform::own().unwrap().file_name()));
    run(move || {
        let refused = |arguments: &[&str], environment: &[(&str, &str)], reason: &str| {
            let home = Home::new();
            let output = home.pipe(&script(&base), arguments, environment);
            assert!(!output.status.success(), "{}", text(&output.stdout));
            assert!(text(&output.stderr).contains(reason), "{reason}: {}", text(&output.stderr));
            assert_eq!(home.files(), Vec::<PathBuf>::new());
        };
        refused(&["--version", "1.0.0"], &[], "not version 1.0.0");
        refused(&[], &[("DA_VERSION", "v7.8")], "not version 7.8");
        refused(&[], &[("DA_MINISIGN_KEY", "RWQ")], "minisig");
        refused(&["--frobnicate"], &[], "unknown option");
        refused(&["--dir"], &[], "needs a value");
        fs::write(&sums, format!("{}  x\n", "0".repeat(64))).unwrap();
        refused(&[], &[], "the download is damaged");
        fs::write(&sums, "none\n").unwrap();
        refused(&[], &[], "no valid checksum");
    })
    .await;
}

#[test]
fn clear_text_to_another_machine_and_odd_urls_are_refused() {
    for (server, reason) in [
        ("http://id.example.org", "not encrypted"),
        ("http://127.0.0.1.example.org", "not encrypted"),
        ("http://localhost.example.org:8000", "not encrypted"),
        ("ftp://id.example.org", "not a server URL"),
        ("id.example.org", "not a server URL"),
        ("https://a$(id)", "not a server URL"),
        ("https://user@a", "not a server URL"),
        ("https://a b", "not a server URL"),
    ] {
        let home = Home::new();
        let output = home.pipe(&script(""), &["--server", server], &[]);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(reason), "{server}: {}", text(&output.stderr));
        assert_eq!(home.files(), Vec::<PathBuf>::new());
    }
    let output = Home::new().pipe(&script(""), &[], &[]);
    assert!(text(&output.stderr).contains("which server?"));
}
