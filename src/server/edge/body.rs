//! The bodies of requests and of answers. A request's is read within its bounds (S-40, S-41).

use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming, SizeHint};

/// The body of a request, which is not longer than allowed.
pub type RequestBody = Limited<Incoming>;

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// It is there, whole.
    Whole(Full<Bytes>),
    /// It comes piece by piece.
    Pieces(UnsyncBoxBody<Bytes, io::Error>),
}

impl Body {
    /// Returns one without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Bytes::new().into()
    }

    /// Returns one that is sent as its pieces come.
    #[must_use]
    pub fn pieces(pieces: impl hyper::body::Body<Data = Bytes, Error = io::Error> + Send + 'static) -> Self {
        Self::Pieces(UnsyncBoxBody::new(pieces))
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(whole: T) -> Self {
        Self::Whole(Full::new(whole.into()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Self::Pieces(pieces) => Pin::new(pieces).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Pieces(pieces) => pieces.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Pieces(pieces) => pieces.size_hint(),
        }
    }
}

/// Why a body could not be read whole. The connection is closed after each of them.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More than [`EdgeLimits::max_body_bytes`](super::EdgeLimits::max_body_bytes): 413.
    #[error("the body is too large")]
    TooLarge,
    /// Not there within [`EdgeLimits::body_timeout`](super::EdgeLimits::body_timeout): 408.
    #[error("the body did not arrive in time")]
    Timeout,
    /// Cut off, or not well-formed in its chunks: 400, if anybody is there to read it.
    #[error("the body ended early")]
    Aborted(#[source] Box<dyn Error + Send + Sync>),
}

/// Returns the whole body of a request that came through [`serve`](super::serve).
///
/// Length and deadline are the connection's: they hold for whoever reads the body, this function only tells them apart.
///
/// # Errors
/// See [`BodyError`].
pub async fn read_body(body: RequestBody) -> Result<Bytes, BodyError> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if has_cause::<LengthLimitError>(&*error, |_| true) => Err(BodyError::TooLarge),
        Err(error) if has_cause::<io::Error>(&*error, |io| io.kind() == io::ErrorKind::TimedOut) => {
            Err(BodyError::Timeout)
        }
        Err(error) => Err(BodyError::Aborted(error)),
    }
}

fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static), matches: impl Fn(&E) -> bool) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<E>().is_some_and(&matches) {
            return true;
        }
        next = error.source();
    }
    false
}
