//! The name of a request, the same in its answer, the log and the audit log (C-17).

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns 64 random bits: enough to find a request in a log. They are no secret, so the standard library's hash keys,
/// which differ each time, are random enough at a tenth of the cost.
pub(super) fn fresh() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
