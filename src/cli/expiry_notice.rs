//! Notice before a token ends (O-04): one line on stderr, once a day and token, within the last seven days. A session
//! lives a day at most, so that a notice of its end would only be noise.

use std::collections::BTreeMap;

use super::{
    context::{Context, SignedIn},
    moment,
};
use crate::{
    credentials::{Claims, PrivateDir},
    domain::{Expiry, Timestamp, TokenHash, time::SECONDS_PER_DAY},
};

const FILE: &str = "expiry-notice.json";

/// The day of the last notice, by token.
type Notices = BTreeMap<String, i64>;

/// Gives the notice if the calls of this run told that one is due.
pub(crate) fn give(ctx: &Context) {
    if ctx.ui().is_calm() {
        return;
    }
    let (Some(used), Ok(settings)) = (ctx.used(), ctx.settings()) else { return };
    let Some(end) = used.client.token_expires() else { return };
    if Claims::decode(&used.token.bearer.to_secret()).is_ok_and(|claims| claims.typ.as_deref() == Some("session")) {
        return;
    }
    let now = ctx.now();
    if Expiry::At(end).is_near(now) && is_first_today(settings.saved().ok(), used, now) {
        ctx.ui().warn(&format!("The {} {}", used.token.source, moment::ending(Some(end), now)));
    }
}

/// Notes the notice. Where nothing can be noted, as in a container with a read-only home, it is given each time.
fn is_first_today(dir: Option<&PrivateDir>, used: &SignedIn, now: Timestamp) -> bool {
    let Some(state) = dir.map(PrivateDir::state) else { return true };
    let key = key(used.token.bearer.expose());
    let today = now.as_seconds() / SECONDS_PER_DAY.cast_signed();
    let text = state.read_plain(FILE).ok().flatten().unwrap_or_default();
    let mut notices: Notices = serde_json::from_str(&text).unwrap_or_default();
    let first = notices.get(&key) != Some(&today);
    if first {
        notices.retain(|_, day| *day == today);
        notices.insert(key, today);
        let json = serde_json::to_string(&notices).unwrap_or_default();
        let _ = state.write(FILE, json.as_bytes());
    }
    first
}

/// Half a hash names a token for this purpose and tells nothing about it.
fn key(token: &str) -> String {
    TokenHash::of(token).as_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_hold_the_token() {
        assert_eq!(key("hunter2").len(), 32);
        assert!(!key("hunter2").contains("hunter2"));
    }
}
