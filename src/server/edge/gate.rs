//! The gate between a socket and hyper: one request at a time, each phase under its own deadline (S-40).
//!
//! hyper asks for bytes only when it wants a head or a body: half-close is allowed, so it does not watch for the end of
//! input while the service works. A read after the last byte of a request therefore means that its answer is written
//! and the connection idle. The gate hands over exactly the bytes of one request; a pipelined one waits in its buffer,
//! or in the socket, and is judged when its turn comes.
//!
//! A connection that has been idle for a moment rests: hyper is told that the input has ended, gives its buffers back,
//! and is set up anew when the next request begins. So what a thousand idle connections cost is the gates, a few hundred
//! bytes each, and not hyper's buffers of 16 KiB and more.
//!
//! A head that is refused is not handed over. hyper gets a harmless request in its stead, and the service wrapper,
//! which finds the refusal in the [`Handoff`], answers with it: so the answer keeps its place behind earlier ones.

use std::{
    future::{Future, poll_fn},
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    EdgeLimits,
    head::{self, Framing},
    refusal::Refusal,
};

/// What hyper reads in place of a refused head.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
const READ_CHUNK: usize = 8 * 1024;
/// How long a connection is idle before it rests: a client that asks one thing after the other is not held up by it.
const BEFORE_REST: Duration = Duration::from_millis(10);
/// What is read and thrown away after the last answer, so that closing does not reset the connection under it.
const LINGER_BYTES: usize = 256 * 1024;
const LINGER_TIME: Duration = Duration::from_secs(1);

/// What the gate tells the service wrapper of the same connection.
#[derive(Default)]
pub(super) struct Handoff {
    refusal: Mutex<Option<Refusal>>,
    input_left: AtomicBool,
}

impl Handoff {
    /// Returns why the request that hyper has just parsed is a stand-in.
    pub(super) fn take_refusal(&self) -> Option<Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tells whether a part of the body was not handed over, or cannot be told; the connection cannot be used again.
    pub(super) fn has_input_left(&self) -> bool {
        self.input_left.load(Ordering::Relaxed)
    }

    fn refuse(&self, refusal: Refusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No byte of the next request is there.
    Idle { deadline: Option<Instant> },
    /// A head is arriving.
    Head { deadline: Instant, searched: usize },
    /// A judged head is handed over.
    HandOver { left: usize, body: Framing },
    /// A body of known length is handed over.
    Body { left: u64, deadline: Instant },
    /// A chunked body is handed over. hyper finds its end, so nothing after it is a request: the connection closes.
    Chunked { left: u64, deadline: Instant },
    /// Refused; this much of the stand-in is handed over.
    Refused { sent: usize },
}

/// See the module.
pub(super) struct Gate<I> {
    io: I,
    limits: Arc<EdgeLimits>,
    handoff: Arc<Handoff>,
    inbound: Vec<u8>,
    phase: Phase,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    /// Whether the answer to the present request has let the other connections go first.
    let_others_go: bool,
    lingered: usize,
    resting: bool,
}

/// Bounds a chunked body with its framing. hyper bounds extensions and trailers, and the service the content, but the size
/// of a chunk may have leading zeros without end. In chunks of one byte each of them takes six.
fn max_chunked_bytes(limits: &EdgeLimits) -> u64 {
    limits.max_body_bytes.saturating_mul(8).saturating_add(limits.max_head_bytes as u64)
}

impl<I: AsyncRead + AsyncWrite + Unpin> Gate<I> {
    /// Returns a gate before a fresh connection. Its first request has only the header time to begin: who connects
    /// has something to say.
    pub(super) fn new(io: I, limits: Arc<EdgeLimits>, handoff: Arc<Handoff>) -> Self {
        let deadline = Instant::now() + limits.header_timeout;
        Self {
            io,
            limits,
            handoff,
            inbound: Vec::new(),
            phase: Phase::Idle { deadline: Some(deadline) },
            read_timer: Box::pin(sleep_until(deadline)),
            write_timer: None,
            let_others_go: false,
            lingered: 0,
            resting: false,
        }
    }

    /// Tells whether hyper was told that the input has ended because nothing came for a moment; that is over then.
    pub(super) fn take_rest(&mut self) -> bool {
        std::mem::take(&mut self.resting)
    }

    /// Waits for the next request without hyper; `false` if none will come.
    pub(super) async fn request_begins(&mut self) -> io::Result<bool> {
        self.inbound.shrink_to_fit();
        poll_fn(|cx| match self.phase {
            Phase::Idle { deadline } => self.poll_idle(cx, deadline, None),
            _ => Poll::Ready(Ok(true)),
        })
        .await
    }

    /// Appends what the socket has to `inbound`; `false` at its end, an error of kind `TimedOut` past `deadline`.
    fn poll_fill(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<io::Result<bool>> {
        let mut chunk = [MaybeUninit::uninit(); READ_CHUNK];
        let mut read = ReadBuf::uninit(&mut chunk);
        match Pin::new(&mut self.io).poll_read(cx, &mut read) {
            Poll::Ready(Ok(())) => {
                self.inbound.extend_from_slice(read.filled());
                Poll::Ready(Ok(!read.filled().is_empty()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_deadline(cx, deadline).map(Err),
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<io::Error> {
        if self.read_timer.deadline() != deadline {
            self.read_timer.as_mut().reset(deadline);
        }
        self.read_timer.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.handoff.refuse(refusal);
        self.handoff.input_left.store(true, Ordering::Relaxed);
        self.phase = Phase::Refused { sent: 0 };
    }

    /// Waits for the first byte of a request, or until the connection has been idle for as long as `patience` and can
    /// rest; `false` if none will come.
    fn poll_idle(
        &mut self,
        cx: &mut Context<'_>,
        deadline: Option<Instant>,
        patience: Option<Duration>,
    ) -> Poll<io::Result<bool>> {
        if self.inbound.is_empty() {
            let deadline = deadline.unwrap_or_else(|| Instant::now() + self.limits.idle_timeout);
            self.phase = Phase::Idle { deadline: Some(deadline) };
            // An answer that is not taken yet is in hyper's buffers.
            let patience = patience.filter(|_| self.write_timer.is_none());
            let rest = patience.and_then(|patience| Some(deadline.checked_sub(self.limits.idle_timeout)? + patience));
            let until = rest.map_or(deadline, |rest| rest.min(deadline));
            match ready!(self.poll_fill(cx, until)) {
                Ok(true) => {}
                Ok(false) => return Poll::Ready(Ok(false)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    self.resting = until < deadline;
                    return Poll::Ready(Ok(false));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        self.phase = Phase::Head { deadline: Instant::now() + self.limits.header_timeout, searched: 0 };
        Poll::Ready(Ok(true))
    }

    /// Collects and judges a head; `false` if the input ends before it does.
    fn poll_head(&mut self, cx: &mut Context<'_>, deadline: Instant, searched: usize) -> Poll<io::Result<bool>> {
        // One empty line before a request is forgiven (RFC 9112 section 2.2).
        if self.inbound.starts_with(b"\r\n") && searched == 0 {
            self.inbound.drain(..2);
        }
        let begun = self.inbound.first().is_none_or(|byte| *byte == b'\r' || head::may_begin_request(*byte));
        let length = head::head_length(&self.inbound, searched);
        if !begun {
            self.refuse(Refusal::Malformed);
        } else if length.unwrap_or(self.inbound.len()) > self.limits.max_head_bytes {
            self.refuse(Refusal::HeadTooLarge);
        } else if let Some(length) = length {
            match head::judge(&self.inbound[..length], &self.limits) {
                Ok(body) => self.phase = Phase::HandOver { left: length, body },
                Err(refusal) => self.refuse(refusal),
            }
        } else {
            let searched = self.inbound.len();
            match ready!(self.poll_fill(cx, deadline)) {
                Ok(false) => return Poll::Ready(Ok(false)),
                Ok(true) => self.phase = Phase::Head { deadline, searched },
                Err(error) if error.kind() == io::ErrorKind::TimedOut => self.refuse(Refusal::HeadTimeout),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Moves up to `most` buffered bytes to hyper and returns how many.
    fn hand_over(&mut self, out: &mut ReadBuf<'_>, most: usize) -> usize {
        let count = self.inbound.len().min(out.remaining()).min(most);
        out.put_slice(&self.inbound[..count]);
        self.inbound.drain(..count);
        count
    }

    fn hand_over_head(&mut self, out: &mut ReadBuf<'_>, left: usize, body: Framing) {
        let left = left - self.hand_over(out, left);
        let deadline = Instant::now() + self.limits.body_timeout;
        self.phase = match body {
            _ if left > 0 => Phase::HandOver { left, body },
            Framing::Length(0) => Phase::Idle { deadline: None },
            Framing::Length(left) => Phase::Body { left, deadline },
            Framing::Chunked => Phase::Chunked { left: max_chunked_bytes(&self.limits), deadline },
        };
        self.handoff.input_left.store(body != Framing::Length(0), Ordering::Relaxed);
        self.let_others_go = false;
    }

    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
        left: u64,
        deadline: Instant,
    ) -> Poll<io::Result<()>> {
        if self.inbound.is_empty() && !ready!(self.poll_fill(cx, deadline))? {
            return Poll::Ready(Ok(()));
        }
        let count = self.hand_over(out, usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - count as u64;
        self.phase = if left > 0 { Phase::Body { left, deadline } } else { Phase::Idle { deadline: None } };
        self.handoff.input_left.store(left > 0, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn poll_chunked(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
        left: u64,
        deadline: Instant,
    ) -> Poll<io::Result<()>> {
        if left == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "more framing than body")));
        }
        if !self.inbound.is_empty() || ready!(self.poll_fill(cx, deadline))? {
            let count = self.hand_over(out, usize::try_from(left).unwrap_or(usize::MAX));
            self.phase = Phase::Chunked { left: left - count as u64, deadline };
        }
        Poll::Ready(Ok(()))
    }

    /// Holds the first write of an answer back until the other connections that are ready have had their turn.
    ///
    /// The first byte of an answer wakes its reader up, which costs about as much as the answer itself. When many
    /// connections are busy their readers are often one process, a proxy say: answers that are written one right after
    /// the other wake it up once. When nobody else is ready the turn comes back at once.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.let_others_go, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Passes the result of a write on, unless the client has taken nothing for too long.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_timer = None;
            return result;
        }
        let deadline = Instant::now() + self.limits.write_timeout;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Throws a bounded part of the remaining input away, after the write side is shut.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingered == 0 {
            self.read_timer.as_mut().reset(Instant::now() + LINGER_TIME);
            self.lingered = 1;
        }
        let deadline = self.read_timer.deadline();
        while self.lingered < LINGER_BYTES {
            self.inbound.clear();
            match ready!(self.poll_fill(cx, deadline)) {
                Ok(true) => self.lingered += self.inbound.len(),
                Ok(false) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gate<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        loop {
            match gate.phase {
                Phase::Idle { deadline } => {
                    if !ready!(gate.poll_idle(cx, deadline, Some(BEFORE_REST)))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Phase::Head { deadline, searched } => {
                    if !ready!(gate.poll_head(cx, deadline, searched))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Phase::HandOver { left, body } => {
                    gate.hand_over_head(out, left, body);
                    return Poll::Ready(Ok(()));
                }
                Phase::Body { left, deadline } => return gate.poll_body(cx, out, left, deadline),
                Phase::Chunked { left, deadline } => return gate.poll_chunked(cx, out, left, deadline),
                Phase::Refused { sent } => {
                    let count = (STAND_IN.len() - sent).min(out.remaining());
                    out.put_slice(&STAND_IN[sent..sent + count]);
                    gate.phase = Phase::Refused { sent: sent + count };
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        ready!(gate.poll_turn(cx));
        let result = Pin::new(&mut gate.io).poll_write(cx, bytes);
        gate.watch_write(cx, result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        let result = Pin::new(&mut gate.io).poll_flush(cx);
        gate.watch_write(cx, result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        if gate.resting {
            return Poll::Ready(Ok(()));
        }
        if gate.lingered == 0 {
            let result = Pin::new(&mut gate.io).poll_shutdown(cx);
            ready!(gate.watch_write(cx, result))?;
            if !gate.handoff.has_input_left() {
                return Poll::Ready(Ok(()));
            }
        }
        gate.poll_linger(cx)
    }
}
