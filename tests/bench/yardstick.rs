//! The raw echo server: what this machine can do at all when every request is read and answered, and nothing else.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

/// Writes the answer to a request head into the buffer.
pub(crate) trait Answering: Send + Sync + 'static {
    fn answer(&self, head: &[u8], answer: &mut Vec<u8>);
}

/// A server on a runtime of its own, with as many threads as `da serve` has; gone when it is dropped.
pub(crate) struct Yardstick {
    pub(crate) address: SocketAddr,
    _runtime: Runtime,
}

impl Yardstick {
    pub(crate) fn start(answering: impl Answering) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let answering = Arc::new(answering);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answering)));
            }
        });
        Self { address, _runtime: runtime }
    }
}

async fn serve(mut stream: TcpStream, answering: Arc<impl Answering>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut head, mut answer) = (Vec::with_capacity(8 * 1024), Vec::with_capacity(8 * 1024));
    while stream.read_buf(&mut head).await? > 0 {
        if head.ends_with(b"\r\n\r\n") {
            answer.clear();
            answering.answer(&head, &mut answer);
            stream.write_all(&answer).await?;
            head.clear();
        }
    }
    Ok(())
}

/// Answers every request with the same bytes.
pub(crate) struct Echo(Vec<u8>);

impl Echo {
    /// Returns one whose answers are `total` bytes long, head included.
    pub(crate) fn of(total: usize) -> Self {
        Self(padded("", total))
    }
}

impl Answering for Echo {
    fn answer(&self, _head: &[u8], answer: &mut Vec<u8>) {
        answer.extend_from_slice(&self.0);
    }
}

/// Returns an answer with `body`, filled up with blanks to `total` bytes.
pub(crate) fn padded(body: &str, total: usize) -> Vec<u8> {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    // The length has three digits or so; with a longer one the answer is a byte longer, which is no matter.
    let length = total.saturating_sub(head(100).len()).max(body.len());
    format!("{}{body:<length$}", head(length)).into_bytes()
}
