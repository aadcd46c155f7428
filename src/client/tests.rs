//! The client against a server that is not ours: raw answers over a real socket.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod trust;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    api::{logins, tokens},
    domain::{Secret, TokenId},
};

/// Answers one connection with `respond` and hands back what was asked.
fn foreign_server(respond: impl FnOnce(&mut TcpStream) + Send + 'static) -> (ServerUrl, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 16 * 1024];
        let read = stream.read(&mut request).unwrap();
        sender.send(String::from_utf8_lossy(&request[..read]).into_owned()).unwrap();
        respond(&mut stream);
    });
    (url, receiver)
}

fn fixed(answer: &'static str) -> (ServerUrl, mpsc::Receiver<String>) {
    foreign_server(move |stream| stream.write_all(answer.as_bytes()).unwrap())
}

fn client(url: &ServerUrl, seconds: u64) -> Client {
    let bearer = Bearer::new(&Secret::new("hunter2".to_owned())).unwrap();
    let options = ClientOptions { timeout: Duration::from_secs(seconds), ..ClientOptions::default() };
    Client::new(url.clone(), Some(bearer), &options).unwrap()
}

fn call_me(url: &ServerUrl) -> ClientError {
    client(url, 5).get::<logins::Me>(()).unwrap_err()
}

#[test]
fn a_call_carries_the_bearer_once_and_its_answer_is_read() {
    let (url, asked) = fixed(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nda-token-expires: 2027-02-19T01:15:01+00:00\r\n\
         date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n[]",
    );
    let client = client(&url, 5);
    assert_eq!(client.get::<tokens::List>(()).unwrap(), Vec::new());
    let asked = asked.recv().unwrap().to_lowercase();
    assert!(asked.starts_with("get /auth/tokens http/1.1\r\n"), "{asked}");
    assert_eq!(asked.matches("authorization: bearer hunter2").count(), 1, "{asked}");
    assert_eq!(client.token_expires(), "2027-02-19T01:15:01Z".parse().ok());
    assert!(client.server_time().is_some());
}

#[test]
fn an_id_goes_into_the_path_and_an_empty_answer_is_enough() {
    let id = TokenId::random();
    let (url, asked) = fixed("HTTP/1.1 204 No Content\r\n\r\n");
    client(&url, 5).get::<tokens::Revoke>(id).unwrap();
    assert!(asked.recv().unwrap().starts_with(&format!("DELETE /auth/tokens/{id} HTTP/1.1\r\n")));
}

#[test]
fn a_redirect_is_one_error_that_names_the_new_address() {
    let (url, _asked) = fixed(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://new.example.org/auth/me\r\ncontent-length: 0\r\n\r\n",
    );
    let error = call_me(&url);
    assert!(
        matches!(&error, ClientError::Moved { status: 308, to: Some(to) } if to == "https://new.example.org/auth/me")
    );
    assert!(error.to_string().contains("`https://new.example.org/auth/me`"));
}

#[test]
fn a_page_instead_of_json_is_said_to_be_foreign() {
    let (url, _asked) = fixed("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>");
    assert!(matches!(call_me(&url), ClientError::BadAnswer(reason) if reason.starts_with("it is not JSON")));
    let (url, _asked) = fixed("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"hunter2\":1}");
    assert!(matches!(call_me(&url), ClientError::BadAnswer(reason) if !reason.contains("hunter2")));
}

#[test]
fn an_endless_answer_is_cut_off() {
    let (url, _asked) = foreign_server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let chunk = [b'['; 64 * 1024];
        while stream.write_all(&chunk).is_ok() {}
    });
    let error = client(&url, 20).get::<logins::Me>(()).unwrap_err();
    assert!(matches!(&error, ClientError::BadAnswer(reason) if reason.contains("larger than 10 MiB")), "{error}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a slow server is the case")]
fn a_server_that_drips_or_is_silent_does_not_hold_the_call() {
    let drip = |stream: &mut TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(200));
        }
    };
    let silent = |stream: &mut TcpStream| {
        let _ = stream.read(&mut [0; 1]);
    };
    for (url, _asked) in [foreign_server(drip), foreign_server(silent)] {
        let started = Instant::now();
        let error = client(&url, 1).get::<logins::Me>(()).unwrap_err();
        assert!(matches!(&error, ClientError::Unreachable { cause, .. } if cause.contains("in time")), "{error}");
        assert!(started.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn garbage_and_a_refused_connection_are_unreachable() {
    let (url, _asked) = fixed("SSH-2.0-OpenSSH_9.6\r\n");
    assert!(matches!(call_me(&url), ClientError::Unreachable { .. }));
    let (url, _asked) = fixed("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    assert!(matches!(call_me(&url), ClientError::Unreachable { .. }));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = call_me(&format!("http://{closed}").parse().unwrap());
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[test]
fn refusals_keep_their_status_code_and_patience() {
    let (url, _asked) = fixed(
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\nx-request-id: r7\r\ncontent-length: 50\r\n\r\n\
         {\"detail\":\"Too many\",\"code\":\"too_many_attempts\"}  ",
    );
    let error = call_me(&url);
    let failure = error.failure().unwrap();
    assert_eq!((failure.status, failure.retry_after), (429, Some(3600)));
    assert_eq!(failure.request_id.as_deref(), Some("r7"));
    assert!(failure.is(api::ErrorCode::TooManyAttempts));
}

#[test]
fn clear_text_beyond_this_machine_needs_leave() {
    let url: ServerUrl = "http://id.example.org".parse().unwrap();
    let refused = Client::new(url.clone(), None, &ClientOptions::default());
    assert!(matches!(refused, Err(ClientError::ClearText { .. })));
    assert!(Client::new(url, None, &ClientOptions { insecure_http: true, ..ClientOptions::default() }).is_ok());
}

#[test]
fn a_certificate_nobody_vouches_for_is_refused_and_a_bad_ca_file_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: ServerUrl = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, "not a certificate").unwrap();
    let options = ClientOptions { ca_file: Some(ca_file), ..ClientOptions::default() };
    assert!(matches!(Client::new(url.clone(), None, &options), Err(ClientError::CaFile { .. })));
    assert!(matches!(call_me(&url), ClientError::Unreachable { .. }));
}

#[test]
fn debug_of_a_client_tells_no_secret() {
    let url: ServerUrl = "http://127.0.0.1:1".parse().unwrap();
    assert!(!format!("{:?}", client(&url, 1)).contains("hunter2"));
}
