//! Where a browser may be sent after signing in (A-05, S-33).

use super::text::has_control;

/// Returns `next` if a browser would stay on our origin with it, else nothing.
///
/// Accepts only a path that begins with exactly one `/` and holds no backslash (browsers read it as `/`), no control
/// character (browsers drop tab, CR and LF before parsing), nothing outside visible ASCII, and no way up: behind a proxy
/// that reaches us below a path, `/..` leads to another program.
#[must_use]
pub fn safe_next(next: &str) -> Option<&str> {
    let fits = next.len() <= 2048
        && next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !has_control(next)
        && next.bytes().all(|byte| byte.is_ascii_graphic())
        && next.split(['?', '#']).next().unwrap_or_default().split('/').all(|segment| !is_dots(segment));
    fits.then_some(next)
}

/// Tells whether browsers take a segment for `.` or `..`, also where its dots are encoded.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_own_paths_are_kept() {
        for next in ["/", "/tokens", "/admin/users?user=a%40b.c#x", "/.well-known/a..b", "/x?y=/../z"] {
            assert_eq!(safe_next(next), Some(next));
        }
        for next in ["", "//evil", "/\\evil", "\\evil", "/\t/evil", "https://evil", "/a\nb", " /", "/ü", "javascript:x"]
        {
            assert_eq!(safe_next(next), None, "{next:?}");
        }
        for next in ["/..", "/../x", "/a/../../x", "/%2e%2E/x", "/.%2e", "/./x", "/a/..?y", "/..#y"] {
            assert_eq!(safe_next(next), None, "{next:?}");
        }
    }

    proptest! {
        #[test]
        fn a_browser_stays_below_our_path(next in "/[a./%2eE?#@:]{0,12}") {
            if let Some(kept) = safe_next(&next) {
                let base = url::Url::parse("https://id.example.org/da/login").expect("a URL");
                let target = base.join(&format!("/da{kept}")).expect("a browser can follow it");
                prop_assert_eq!(target.origin(), base.origin());
                prop_assert!(target.path().starts_with("/da/"), "{} leads to {}", kept, target);
            }
        }

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
