//! The installer that the server hands out (A-33, A-34, D-23, S-31).
//!
//! `GET /cli/install.sh` is [`script`]; `GET /cli/download?os=&arch=[&part=]` is [`Builds::find`] and what the
//! [`Artifact`] then gives for the [`Part`]. A query becomes plain words first, of which the name of a file in one directory
//! is made.
//!
//! The script downloads the build, asks for its digest (`part=sha256`), compares, and only then runs it. The digest
//! comes from the same server, so it proves a whole and unchanged download, not its maker; `part=minisig` hands out the
//! release's minisign signature for whoever has the key.

mod builds;
mod platform;
mod script;
mod stream;

#[cfg(all(test, unix))]
mod tests;

pub use builds::{Artifact, Builds, DownloadError};
pub use platform::{Part, Platform, PlatformWord, UnknownWord, arch, os};
pub use script::script;
pub use stream::FileBody;
