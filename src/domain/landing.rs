//! Where a browser may be sent after signing in (A-05, S-33).

use super::text::has_control;

/// Returns `next` if a browser would stay on our origin with it, else nothing.
///
/// Accepts only a path that begins with exactly one `/` and holds no backslash (browsers read it as `/`), no control
/// character (browsers drop tab, CR and LF before parsing), and nothing outside visible ASCII.
#[must_use]
pub fn safe_next(next: &str) -> Option<&str> {
    let fits = next.len() <= 2048
        && next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !has_control(next)
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_own_paths_are_kept() {
        for next in ["/", "/tokens", "/admin/users?user=a%40b.c#x"] {
            assert_eq!(safe_next(next), Some(next));
        }
        for next in ["", "//evil", "/\\evil", "\\evil", "/\t/evil", "https://evil", "/a\nb", " /", "/ü", "javascript:x"]
        {
            assert_eq!(safe_next(next), None, "{next:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_one_rooted_path(next in any::<String>()) {
            if let Some(kept) = safe_next(&next) {
                let mut bytes = kept.bytes();
                prop_assert_eq!(bytes.next(), Some(b'/'));
                prop_assert!(!matches!(bytes.next(), Some(b'/' | b'\\')));
            }
        }
    }
}
