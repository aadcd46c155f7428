//! Connections that rest between their requests: nobody but the memory notices.

use super::*;

/// Longer than a connection keeps hyper.
const A_WHILE: Duration = Duration::from_millis(100);

/// Limits that no test here runs into.
fn patient() -> EdgeLimits {
    let long = Duration::from_secs(30);
    EdgeLimits { header_timeout: long, idle_timeout: long, body_timeout: long, write_timeout: long, ..quick() }
}

#[tokio::test]
async fn a_connection_that_rested_is_as_good_as_before() {
    let edge = Edge::start(patient()).await;
    let mut stream = edge.connect().await;
    for path in ["/a", "/b", "/c"] {
        tokio::time::sleep(A_WHILE).await;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
        expect_answer(&mut stream, &format!("GET {path}")).await;
    }
    tokio::time::sleep(A_WHILE).await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo").await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    stream.write_all(b"dyGET /d HTTP/1.1\r\nHost: a\r\n\r\nGET /e").await.unwrap();
    expect_answer(&mut stream, "body").await;
    expect_answer(&mut stream, "GET /d").await;
    tokio::time::sleep(A_WHILE).await;
    stream.write_all(b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("GET /e"));
}

#[tokio::test]
async fn a_request_that_is_refused_after_a_rest_is_answered_and_ends_the_connection() {
    let edge = Edge::start(patient()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    expect_answer(&mut stream, "GET /a").await;
    tokio::time::sleep(A_WHILE).await;
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), "400");
}

#[tokio::test]
async fn no_answer_is_cut_by_a_rest() {
    const LENGTH: usize = 64 << 20;
    let edge = Edge::start(patient()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut taken = vec![0; LENGTH];
    // The client takes a part, and the rest after longer than a rest would take to begin.
    stream.read_exact(&mut taken[..LENGTH / 2]).await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    stream.read_exact(&mut taken[LENGTH / 2..]).await.unwrap();
    stream.write_all(b"GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("GET /z"));
}
