//! What text from outside may hold.

/// Tells whether `text` holds a C0 or C1 control character, or DEL (S-20).
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Tells whether a terminal would obey `character` instead of showing it: controls and bidirectional overrides (S-63).
#[must_use]
pub fn is_unsafe_to_show(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Returns `text` with every character that [`is_unsafe_to_show`] replaced by `U+FFFD`.
#[must_use]
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if is_unsafe_to_show(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shown_text_cannot_drive_a_terminal() {
        assert_eq!(shown("a\x1b[31mb\u{202e}c\u{9b}d\r\n"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}\u{fffd}");
        assert_eq!(shown("Zoë → 你好"), "Zoë → 你好");
    }

    proptest! {
        #[test]
        fn shown_text_keeps_its_length_and_is_shown_alike_again(text in any::<String>()) {
            let once = shown(&text);
            prop_assert!(!once.chars().any(is_unsafe_to_show));
            prop_assert_eq!(once.chars().count(), text.chars().count());
            prop_assert_eq!(shown(&once), once);
        }
    }
}
