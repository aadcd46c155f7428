use super::*;

#[tokio::test]
async fn half_a_head_is_answered_408_in_time() {
    let edge = Edge::start(quick()).await;
    let begun = Instant::now();
    let answer = edge.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Half").await;
    assert_eq!(status(&answer), "408");
    assert!(begun.elapsed() >= Duration::from_millis(290), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn bytes_that_drip_do_not_extend_the_head() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    let begun = Instant::now();
    let (mut read, mut write) = stream.split();
    let drip = async {
        let _ = write.write_all(b"GET / HTTP/1.1\r\nX: ").await;
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if write.write_all(b"a").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let answer = tokio::select! { answer = read_to_end(&mut read) => answer, () = drip => String::new() };
    assert_eq!(status(&answer), "408");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_silent_connection_is_closed_without_a_word() {
    let edge = Edge::start(quick()).await;
    let begun = Instant::now();
    assert_eq!(edge.exchange("").await, "");
    assert!(begun.elapsed() >= Duration::from_millis(290) && begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_idle_connection_lives_longer_than_a_head_and_then_closes() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        expect_answer(&mut stream, "GET /x").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let begun = Instant::now();
    assert_eq!(read_to_end(&mut stream).await, "");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_service_that_takes_its_time_is_not_cut_off() {
    let edge = Edge::start(quick()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    expect_answer(&mut stream, "slow").await;
}

#[tokio::test]
async fn two_hundred_half_open_connections_harm_nobody() {
    let edge = Edge::start(EdgeLimits { header_timeout: Duration::from_secs(20), ..quick() }).await;
    let mut open = Vec::new();
    for index in 0..200 {
        let mut stream = edge.connect().await;
        let part: &[u8] = match index % 4 {
            0 => b"",
            1 => b"GET /",
            2 => b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
            _ => b"GET / HTTP/1.1\r\nHost: a\r\nX",
        };
        stream.write_all(part).await.unwrap();
        open.push(stream);
    }
    let begun = Instant::now();
    for _ in 0..10 {
        let answer = edge.exchange("GET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(answer.ends_with("GET /y"));
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go() {
    let edge = Edge::start(EdgeLimits { shutdown_grace: Duration::from_secs(8), ..quick() }).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // The connection is in flight, so the shutdown waits for it: as long as the write may stall, not longer.
    let took = edge.stop().await;
    assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(4), "{took:?}");
}
