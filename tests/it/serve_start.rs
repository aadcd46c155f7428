//! Starting and ending a server: D-14, S-52.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use rustix::process::Signal;

use crate::support::{ADMIN_EMAIL, TestHome, TestServer, process};

#[test]
fn a_server_may_be_told_to_end_as_soon_as_it_tells_its_address() {
    let home = TestHome::new();
    for _ in 0..10 {
        let mut command = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]).into_command();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        process::signal(&child, Signal::TERM);
        let status = process::wait(&mut child, "the server to end after SIGTERM");
        assert!(status.success(), "{status} after {line:?}");
    }
}

#[test]
fn once_there_is_an_admin_the_first_password_may_be_gone() {
    let secrets = TestHome::new();
    let file = secrets.path().join("admin-password");
    fs::write(&file, "correct horse battery\n").unwrap();
    let setup = TestServer::empty().env("DA_ADMIN_EMAIL", ADMIN_EMAIL);
    let mut server = setup.env("DA_ADMIN_PASSWORD_FILE", file.to_str().unwrap()).start();
    server.admin();
    fs::remove_file(&file).unwrap();
    server.terminate();
    server.restart();
    server.admin();
}
