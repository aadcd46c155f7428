//! A file as a response body, read piece by piece: many slow downloads cost many small buffers, not many programs.

use std::{
    fs::File,
    future::Future,
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

const PIECE_BYTES: u64 = 128 * 1024;

/// See the module.
pub struct FileBody {
    state: State,
    left: u64,
}

enum State {
    Ready(File),
    Reading(JoinHandle<io::Result<(File, Bytes)>>),
    Done,
}

impl FileBody {
    /// Returns the first `length` bytes of `file`, from where it stands.
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { state: State::Ready(file), left: length }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        loop {
            match std::mem::replace(&mut body.state, State::Done) {
                _ if body.left == 0 => return Poll::Ready(None),
                State::Done => return Poll::Ready(None),
                State::Ready(file) => {
                    let most = body.left.min(PIECE_BYTES);
                    body.state = State::Reading(spawn_blocking(move || read_piece(file, most)));
                }
                State::Reading(mut task) => {
                    let Poll::Ready(read) = Pin::new(&mut task).poll(cx) else {
                        body.state = State::Reading(task);
                        return Poll::Pending;
                    };
                    let read = read.map_err(io::Error::other).and_then(|read| read);
                    let frame = read.map(|(file, piece)| {
                        body.left -= piece.len() as u64;
                        body.state = State::Ready(file);
                        Frame::data(piece)
                    });
                    return Poll::Ready(Some(frame));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Reads a full piece; a file that has become shorter is an error, not a shorter program.
fn read_piece(mut file: File, most: u64) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::new();
    file.by_ref().take(most).read_to_end(&mut piece)?;
    if piece.len() as u64 != most {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, piece.into()))
}
