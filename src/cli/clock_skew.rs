//! How far this machine's clock and the server's are apart.

use std::time::Duration;

use crate::{client::Client, domain::Timestamp};

/// A clock that is further off makes tokens look ended, or not yet valid.
pub(crate) const MAX: Duration = Duration::from_secs(60);

/// Returns by how many seconds this machine is ahead of the server, if the client's last answer told its time.
pub(crate) fn seconds(client: &Client, now: Timestamp) -> Option<i64> {
    let server = client.server_time()?;
    let ahead = now.since(server).as_secs();
    Some(ahead.cast_signed() - server.since(now).as_secs().cast_signed())
}
