use super::*;

const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_order() {
    let edge = Edge::start(quick()).await;
    let pipelined = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\
        \r\nGET http://a/3 HTTP/1.1\r\nHost: a\r\n\r\n\
        GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = edge.exchange(pipelined).await;
    let places: Vec<_> = ["GET /1", "hello", "GET /3", "GET /4"].iter().map(|text| answers.find(text)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 4);
}

#[tokio::test]
async fn a_request_may_come_in_single_bytes() {
    let edge = Edge::start(EdgeLimits { header_timeout: Duration::from_secs(5), ..quick() }).await;
    let mut stream = edge.connect().await;
    stream.set_nodelay(true).unwrap();
    for byte in b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" {
        stream.write_all(&[*byte]).await.unwrap();
    }
    expect_answer(&mut stream, "abc").await;
}

#[tokio::test]
async fn after_ambiguous_framing_nothing_more_is_served() {
    let edge = Edge::start(quick()).await;
    for lines in [
        "Content-Length: 30\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 30\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length : 0\r\n",
        "X: a\r\n b\r\n",
        "Host: a\r\n",
    ] {
        let answer = edge.exchange(format!("POST /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n0\r\n\r\n{NEXT}")).await;
        assert_eq!(status(&answer), "400", "{lines:?}");
        assert!(!answer.contains("/next") && answer.matches("HTTP/1.1").count() == 1, "{lines:?}: {answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_error_body() {
    let edge = Edge::start(quick()).await;
    for (request, expected, code) in [
        ("GET / HTTP/1.1\r\n\r\n", "400", "invalid_host"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "400", "bad_request"),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405", "method_not_allowed"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "405", "method_not_allowed"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", "bad_request"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", "413", "body_too_large"),
    ] {
        let answer = edge.exchange(request).await;
        assert_eq!(status(&answer), expected, "{request:?}");
        let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body["code"], code);
        assert!(answer.contains(&format!("x-request-id: {}", body["request_id"].as_str().unwrap())));
    }
}

#[tokio::test]
async fn garbage_is_answered_at_once_and_closed() {
    let edge = Edge::start(EdgeLimits { header_timeout: Duration::from_secs(30), ..quick() }).await;
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for bytes in [&hello[..], b"\0\0\0\0", b"\r\n\r\n\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n", b"hello\r\n\r\n"] {
        assert_eq!(status(&edge.exchange(bytes).await), "400", "{bytes:?}");
    }
}

#[tokio::test]
async fn heads_and_targets_have_bounds() {
    let edge = Edge::start(EdgeLimits { header_timeout: Duration::from_secs(30), ..quick() }).await;
    let target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(8192));
    assert_eq!(status(&edge.exchange(&target).await), "414");
    let endless = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "a".repeat(33 * 1024));
    assert_eq!(status(&edge.exchange(&endless).await), "431");
    let largest = format!("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: {}\r\n\r\n", "a".repeat(32_000));
    assert_eq!(status(&edge.exchange(&largest).await), "200");
}

#[tokio::test]
async fn a_client_that_shuts_its_side_is_still_answered() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), "200");
}

#[tokio::test]
async fn a_panic_is_one_500() {
    let edge = Edge::start(quick()).await;
    let answer = edge.exchange("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&answer), "500");
    assert!(answer.contains(r#""code":"internal""#));
    let mut stream = edge.connect().await;
    stream.write_all(NEXT.as_bytes()).await.unwrap();
    expect_answer(&mut stream, "GET /next").await;
}
