//! The one-line installer against the real server, with the real program (A-33, A-34, D-23, S-31).

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::Signal;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer, process, wait_for};

/// Runs a line in `sh`, in this home.
fn sh(home: &TestHome, line: &str) -> Run {
    let mut command = home.command("sh");
    command.args(["-c", line]);
    Run::of(&mut command, b"")
}

/// Runs the installed program.
fn installed(home: &TestHome, args: &[&str], stdin: &str) -> Run {
    let mut command: Command = home.command(home.path().join(".local/bin/da"));
    command.args(args);
    Run::of(&mut command, stdin.as_bytes())
}

#[test]
fn the_one_line_installs_a_working_program_that_knows_its_server() {
    let server = TestServer::start();
    let home = TestHome::new();
    let run = sh(&home, &format!("curl -fsSL {}/cli/install.sh | sh", server.url())).exits(0);
    assert!(run.stdout.contains("da login") || run.stderr.contains("da login"), "{}", run.stdout);

    let program = home.path().join(".local/bin/da");
    assert_eq!(fs::metadata(&program).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read(&program).unwrap(), fs::read(env!("CARGO_BIN_EXE_da")).unwrap());
    let version = installed(&home, &["--version"], "").exits(0);
    assert_eq!(version.stdout, format!("da {}\n", env!("CARGO_PKG_VERSION")));

    // No server is named here: the installer has noted it.
    let login = installed(&home, &["login", "--email", ADMIN_EMAIL, "--password-stdin"], ADMIN_PASSWORD).exits(0);
    assert_eq!(login.stdout, format!("Logged in as {ADMIN_EMAIL} (role: admin)\n"));
    let who = installed(&home, &["whoami"], "").exits(0);
    assert!(who.stdout.contains(&server.url()), "{}", who.stdout);
}

#[test]
fn uninstalling_takes_the_program_away_and_leaves_the_settings() {
    let server = TestServer::start();
    let home = TestHome::new();
    let url = server.url();
    sh(&home, &format!("curl -fsSL {url}/cli/install.sh | sh")).exits(0);
    sh(&home, &format!("curl -fsSL {url}/cli/install.sh | sh -s -- --uninstall")).exits(0);
    assert!(!home.path().join(".local/bin/da").exists());
    assert!(home.config_dir().join("config.yaml").exists());
}

#[test]
fn a_build_with_another_digest_is_not_installed() {
    let server = TestServer::start();
    let dist = server.data_dir().join("dist");
    fs::create_dir_all(&dist).unwrap();
    let name = format!("da-linux-{}", std::env::consts::ARCH);
    fs::write(dist.join(&name), "#!/bin/sh\necho da 0.1.0\n").unwrap();
    fs::write(dist.join(format!("{name}.sha256")), format!("{}  {name}\n", "0".repeat(64))).unwrap();
    let home = TestHome::new();
    let run = sh(&home, &format!("curl -fsSL {}/cli/install.sh | sh", server.url()));
    assert!(run.code.is_some_and(|code| code != 0), "{run:?}");
    assert!(!home.path().join(".local/bin/da").exists());
}

#[test]
fn downloads_are_attachments_and_unknown_systems_are_told_what_to_do() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let name = format!("da-linux-{}", std::env::consts::ARCH);
    let answer = stranger.get("/cli/download?part=sha256").is(200);
    assert!(answer.body.trim_ascii_end().ends_with(name.as_bytes()));
    let missing = stranger.get("/cli/download?os=windows&arch=aarch64").is(404);
    assert_eq!(missing.json()["code"], "no_build");
    assert!(missing.json()["detail"].as_str().unwrap().contains("dist"));
    for query in ["os=../../etc/passwd&arch=x86_64", "os=linux&arch=%2e%2e", "os=linux&arch=x86_64&part=key", "os="] {
        stranger.get(&format!("/cli/download?{query}")).refused_as(400, "bad_request");
    }
}

/// Makes a source checkout whose build is the program that is tested; returns the directory to put before `PATH`.
fn checkout(home: &TestHome) -> (PathBuf, String) {
    let (source, tools) = (home.path().join("source"), home.path().join("tools"));
    fs::create_dir_all(&source).unwrap();
    fs::create_dir_all(&tools).unwrap();
    fs::write(source.join("Cargo.toml"), "[package]\nname = \"da\"\n").unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh"), source.join("install.sh")).unwrap();
    let build = format!("#!/bin/sh\nmkdir -p target/release && cp '{}' target/release/da\n", env!("CARGO_BIN_EXE_da"));
    fs::write(tools.join("cargo"), build).unwrap();
    fs::set_permissions(tools.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    (source, format!("{}:/usr/bin:/bin", tools.display()))
}

/// Starts the installed program as a server, with the defaults of a newcomer but for the port.
fn serve(home: &TestHome, umask: &str) -> Child {
    let mut command = home.command("sh");
    let out = home.path().join("serve.out");
    let _ = fs::remove_file(&out);
    let line = format!("umask {umask}; exec .local/bin/da serve --listen 127.0.0.1:0 >serve.out 2>serve.log");
    command.args(["-c", &line]).env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env("DA_ADMIN_PASSWORD", ADMIN_PASSWORD);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    wait_for("the server to listen", || {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{}", fs::read_to_string(home.path().join("serve.log")).unwrap());
        fs::read_to_string(&out).is_ok_and(|text| text.contains("listening on")).then_some(())
    });
    child
}

/// Runs the installer of a checkout under a umask.
fn install(home: &TestHome, umask: &str, source: &Path, path: &str, args: &str) -> Run {
    let mut command = home.command("sh");
    command.args(["-c", &format!("umask {umask}; {}/install.sh {args}", source.display())]).env("PATH", path);
    Run::of(&mut command, b"").exits(0)
}

#[test]
fn install_serve_sign_in_and_uninstall_go_together_in_one_home() {
    for umask in ["022", "077", "002", "0777"] {
        let home = TestHome::new();
        let (source, path) = checkout(&home);
        let install = |args: &str| install(&home, umask, &source, &path, args);
        let run = install("");
        assert!(run.stdout.contains("da login"), "{}", run.stdout);
        let manifest = home.path().join(".local/state/da/installed-files");
        assert!(fs::read_to_string(&manifest).unwrap().contains("da.1"), "{umask}");
        assert!(!home.path().join(".local/share/da").exists(), "the place of a server's data");

        let mut server = serve(&home, umask);
        let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
        installed(&home, &login, ADMIN_PASSWORD).exits(0);
        installed(&home, &["whoami"], "").exits(0);
        // A second installation and the end of it are in nobody's way.
        install("");
        install("--uninstall");
        assert!(!manifest.exists() && !home.path().join(".local/bin/da").exists());
        assert!(home.path().join(".local/share/da/da.db").exists(), "the server's data stay");
        process::signal(&server, Signal::TERM);
        assert!(process::wait(&mut server, "the server to end").success());
    }
}

#[test]
fn what_an_older_installer_listed_is_taken_over() {
    for (umask, serve_first) in [("022", true), ("077", true), ("002", true), ("022", false)] {
        let home = TestHome::new();
        let (source, path) = checkout(&home);
        let install = |args: &str| install(&home, umask, &source, &path, args);
        install("");
        // As version 0.1.0 left it.
        let (new, old) =
            (home.path().join(".local/state/da/installed-files"), home.path().join(".local/share/da/installed-files"));
        let make_old = r#"umask "$0"; mkdir -p .local/share/da; mv .local/state/da/installed-files .local/share/da/"#;
        Run::of(home.command("sh").args(["-c", make_old, umask]), b"").exits(0);
        let listed = fs::read_to_string(&old).unwrap();
        let stray = home.path().join(".local/share/man/man1/da-stray.1");
        fs::write(&stray, "").unwrap();
        fs::write(&old, format!("{listed}{}\n", stray.display())).unwrap();
        if serve_first {
            let mut server = serve(&home, umask);
            process::signal(&server, Signal::TERM);
            assert!(process::wait(&mut server, "the server to end").success());
            assert!(old.exists(), "the server leaves the list to the installer");
            install("");
            assert!(!old.exists() && fs::read_to_string(&new).unwrap().contains("da-stray.1"));
        }
        install("--uninstall");
        assert!(!old.exists() && !new.exists() && !stray.exists());
        assert_eq!(home.path().join(".local/share/da").exists(), serve_first, "only what is empty goes");
    }
}

#[test]
fn the_next_steps_name_the_server_that_is_used() {
    let server = TestServer::start();
    let other = "https://other.example.org";
    for (config, variable) in [
        (format!("server: {other}\n"), ""),
        (format!("# mine\n\"server\": '{other}/'\n"), ""),
        (format!("server: {}\nprofile: work\nprofiles: {{work: {{server: '{other}'}}}}\n", server.url()), ""),
        (String::new(), other),
    ] {
        let home = TestHome::new();
        fs::create_dir_all(home.config_dir()).unwrap();
        fs::write(home.config_dir().join("config.yaml"), &config).unwrap();
        let line = format!("curl -fsSL {}/cli/install.sh | DA_SERVER={variable} sh", server.url());
        let run = sh(&home, &line).exits(0);
        assert!(run.stdout.contains(&format!("da login      signs you in to {other}\n")), "{config}: {}", run.stdout);
        assert!(run.stdout.contains(&format!("da login --server {} ", server.url())), "{config}: {}", run.stdout);
    }
}

#[test]
fn a_download_is_named_by_what_uname_prints() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let dist = server.data_dir().join("dist");
    fs::create_dir_all(&dist).unwrap();
    for name in ["da-macos-aarch64", "da-macos-x86_64", "da-linux-x86_64", "da-linux-aarch64", "da-freebsd-x86_64"] {
        fs::write(dist.join(name), name).unwrap();
    }
    for (os, arch, name) in [
        ("darwin", "arm64", "da-macos-aarch64"),
        ("Darwin", "ARM64", "da-macos-aarch64"),
        ("macos", "aarch64", "da-macos-aarch64"),
        ("Darwin", "x86_64", "da-macos-x86_64"),
        ("Linux", "amd64", "da-linux-x86_64"),
        ("LINUX", "X64", "da-linux-x86_64"),
        ("linux", "arm64", "da-linux-aarch64"),
        ("FreeBSD", "amd64", "da-freebsd-x86_64"),
    ] {
        let answer = stranger.get(&format!("/cli/download?os={os}&arch={arch}")).is(200);
        assert_eq!(answer.text(), name, "{os} {arch}");
        assert_eq!(answer.header("content-disposition"), Some(format!("attachment; filename=\"{name}\"").as_str()));
        let digest = stranger.get(&format!("/cli/download?os={os}&arch={arch}&part=sha256")).is(200);
        assert!(digest.text().ends_with(&format!("  {name}\n")), "{}", digest.text());
    }
    for (os, arch, name) in [
        ("plan9", "x86_64", "da-plan9-x86_64"),
        ("Linux", "i686", "da-linux-i686"),
        ("linux", "i386", "da-linux-i686"),
        ("SunOS", "sparc64", "da-sunos-sparc64"),
        ("linux-musl", "armv7l", "da-linux-musl-armv7l"),
    ] {
        let missing = stranger.get(&format!("/cli/download?os={os}&arch={arch}"));
        missing.refused_as(404, "no_build");
        let detail = missing.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("`{name}`")) && detail.contains("`dist` directory"), "{detail}");
    }
}

#[test]
fn the_installer_asks_for_a_system_that_it_does_not_know() {
    let server = TestServer::start();
    let dist = server.data_dir().join("dist");
    fs::create_dir_all(&dist).unwrap();
    fs::write(dist.join("da-freebsd-riscv64"), "#!/bin/sh\necho da 0.1.0\n").unwrap();
    let line = |system: &str, machine: &str| {
        format!(
            "mkdir -p bin && printf '#!/bin/sh\\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\\n' >bin/uname && \
             chmod 755 bin/uname && curl -fsSL {}/cli/install.sh | PATH=$PWD/bin:$PATH sh",
            server.url()
        )
    };
    let home = TestHome::new();
    let run = sh(&home, &line("FreeBSD", "riscv64")).exits(0);
    assert!(run.stdout.contains("Downloading da for freebsd riscv64"), "{}", run.stdout);
    assert!(home.path().join(".local/bin/da").exists());
    let home = TestHome::new();
    let run = sh(&home, &line("Plan9", "i686")).exits(1);
    assert!(run.stderr.contains("place `da-plan9-i686` in the server's dist directory"), "{}", run.stderr);
}
