use super::*;

#[tokio::test]
async fn a_body_announced_too_large_is_refused_unread() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut stream).await;
    assert_eq!(status(&answer), "413");
    assert!(!answer.contains("100 Continue"));
}

#[tokio::test]
async fn a_large_body_on_its_way_does_not_drown_the_answer() {
    let edge = Edge::start(quick()).await;
    let mut request = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n".to_vec();
    request.resize(request.len() + 200_000, b'x');
    assert_eq!(status(&edge.exchange(&request).await), "413");
}

#[tokio::test]
async fn a_chunked_body_is_cut_at_the_limit() {
    let edge = Edge::start(quick()).await;
    let chunk = format!("100\r\n{}\r\n", "x".repeat(256));
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let fits = edge.exchange(format!("{head}{}0\r\n\r\n", chunk.repeat(4))).await;
    assert_eq!((status(&fits), fits.ends_with(&"x".repeat(1024))), ("200", true));
    let over = edge.exchange(format!("{head}{}1\r\nx\r\n0\r\n\r\n", chunk.repeat(4))).await;
    assert_eq!(status(&over), "413");
    let endless = edge.exchange(format!("{head}{}", chunk.repeat(400))).await;
    assert_eq!(status(&endless), "413");
    let smallest = edge.exchange(format!("{head}{}0\r\n\r\n", "1\r\nx\r\n".repeat(1024))).await;
    assert_eq!((status(&smallest), smallest.ends_with(&"x".repeat(1024))), ("200", true));
}

#[tokio::test]
async fn a_chunked_body_of_nothing_but_framing_is_cut_off() {
    let edge = Edge::start(EdgeLimits { body_timeout: Duration::from_secs(30), ..quick() }).await;
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(&edge.exchange(format!("{head}{}", "0".repeat(100_000))).await), "400");
}

#[tokio::test]
async fn nothing_is_served_after_a_chunked_body() {
    let edge = Edge::start(quick()).await;
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = edge.exchange(format!("{head}3\r\nabc\r\n0\r\n\r\n{next}")).await;
    assert!(answer.ends_with("abc") && answer.contains("connection: close"), "{answer}");
    for bad in [
        "x\r\n",
        "-1\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n",
        "3\nabc\n0\n\n",
    ] {
        let answer = edge.exchange(format!("{head}{bad}{next}")).await;
        assert_eq!(status(&answer), "400", "{bad:?}");
        assert!(!answer.contains("/next"), "{bad:?}");
    }
}

#[tokio::test]
async fn a_body_nobody_reads_is_skipped_if_there_and_ends_the_connection_if_not() {
    let edge = Edge::start(quick()).await;
    let head = "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    let answers = edge.exchange(format!("{head}GET /evil{next}")).await;
    assert!(answers.ends_with("GET /next") && !answers.contains("evil"), "{answers}");
    let answer = edge.exchange(format!("{head}GET")).await;
    assert!(answer.ends_with("POST /other") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_a_timeout() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let (mut read, mut write) = stream.split();
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(60)).await;
            if write.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let answer = tokio::select! { answer = read_to_end(&mut read) => answer, () = drip => String::new() };
    assert_eq!(status(&answer), "408");
    assert!(begun.elapsed() >= Duration::from_millis(290) && begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_body_cut_off_is_an_error_not_a_shorter_body() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), "400");
}

#[tokio::test]
async fn expect_continue_is_kept() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        .await
        .unwrap();
    expect_answer(&mut stream, "").await;
    stream.write_all(b"abc").await.unwrap();
    expect_answer(&mut stream, "abc").await;
}
