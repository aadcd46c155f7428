//! Reading a request body within its bounds (S-40, S-41).

use std::{error::Error, io};

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError};

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
    Aborted(#[source] axum::Error),
}

/// Returns the whole body of a request that came through [`serve`](super::serve).
///
/// Length and deadline are the connection's: they hold for whoever reads the body, this function only tells them apart.
///
/// # Errors
/// See [`BodyError`].
pub async fn read_body(body: Body) -> Result<Bytes, BodyError> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if has_cause::<LengthLimitError>(&error, |_| true) => Err(BodyError::TooLarge),
        Err(error) if has_cause::<io::Error>(&error, |io| io.kind() == io::ErrorKind::TimedOut) => {
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
