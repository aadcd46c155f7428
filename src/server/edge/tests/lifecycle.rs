use super::*;

#[tokio::test]
async fn beyond_the_cap_clients_are_told_to_come_back() {
    let edge = Edge::start(EdgeLimits { max_connections: 2, ..quick() }).await;
    let (first, _second) = (edge.connect().await, edge.connect().await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut third = edge.connect().await;
    let answer = read_to_end(&mut third).await;
    assert_eq!(status(&answer), "503");
    assert!(answer.contains("retry-after: 5") && answer.contains(r#""code":"busy""#), "{answer}");
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = edge.exchange("GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("GET /z"), "{answer}");
}

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight_and_drops_the_rest() {
    let slow = EdgeLimits {
        header_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(30),
        shutdown_grace: Duration::from_secs(8),
        ..quick()
    };
    let edge = Edge::start(slow).await;
    let mut idle = edge.connect().await;
    idle.write_all(b"GET /i HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    expect_answer(&mut idle, "GET /i").await;
    let _silent = edge.connect().await;
    let mut half = edge.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let mut busy = edge.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let address = edge.address;
    let took = edge.stop().await;
    assert!(took < Duration::from_millis(1500), "{took:?}");
    let answer = read_to_end(&mut busy).await;
    assert!(answer.ends_with("slow") && answer.contains("connection: close"), "{answer}");
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_eq!(read_to_end(&mut half).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_does_not_wait_longer_than_the_grace() {
    let edge = Edge::start(EdgeLimits { shutdown_grace: Duration::from_millis(300), ..quick() }).await;
    let mut stuck = edge.connect().await;
    stuck.write_all(b"GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let took = edge.stop().await;
    assert!(took >= Duration::from_millis(290) && took < Duration::from_secs(2), "{took:?}");
}
