//! What text from outside may hold.
//!
//! Names that people give to things are shown on pages and terminals, where somebody decides by them. They must not hold
//! characters that hide, or that change the order of the text around them. [`hidden_character`] is the one rule for that.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, JoiningType},
};
use unicode_normalization::char::canonical_combining_class;

/// Makes one character of two where the script or an emoji has a form for both together.
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Keeps two letters apart that would otherwise join.
const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
/// The combining class of the signs that take the vowel from an Indic letter; a joiner after them chooses its form.
const VIRAMA: u8 = 9;

/// Tells whether `text` holds a C0 or C1 control character, or DEL (S-20).
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Tells whether `character` drives a terminal, changes the direction of text, or is invisible (S-63).
///
/// Joiners and variation selectors are no such characters: they choose the form of a visible neighbour.
#[must_use]
pub fn is_unsafe_to_show(character: char) -> bool {
    if character < '\u{ad}' {
        return character.is_control();
    }
    match character {
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => false,
        _ if is_variation_selector(character) => false,
        // A blank pattern of Braille dots: a symbol that shows nothing.
        '\u{2800}' => true,
        _ => {
            matches!(
                CodePointMapData::<GeneralCategory>::new().get(character),
                GeneralCategory::Format | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
            ) && !is_visible_format(character)
                || is_ignorable(character)
        }
    }
}

/// Returns `text` with every character that [`is_unsafe_to_show`] replaced by `U+FFFD`.
#[must_use]
pub fn shown(text: &str) -> String {
    replaced(text, |before, c, _| is_unsafe_to_show(c) && !is_flag_tag(before, c))
}

/// Returns the first character that a name must not hold: one that [`is_unsafe_to_show`], or a joiner or variation
/// selector that has no visible effect where it stands.
///
/// Accepted are the joiners of Indic and Persian words and of emoji sequences, and the tags of flags.
#[must_use]
pub fn hidden_character(text: &str) -> Option<char> {
    text.char_indices().find(|&(at, c)| is_hidden(&text[..at], c, &text[at + c.len_utf8()..])).map(|(_, c)| c)
}

/// Returns `text` with every character that a name must not hold replaced by `U+FFFD`, for names that machines make up.
#[must_use]
pub fn cleaned(text: &str) -> String {
    replaced(text, is_hidden)
}

/// Tells whether a joiner between `before` and `after` changes the form of a word (RFC 5892, appendices A.1 and A.2): it
/// follows a virama, or it is a non-joiner between two letters that would join.
#[must_use]
pub fn is_joiner_of_words(before: &str, joiner: char, after: &str) -> bool {
    let follows_virama = before.chars().next_back().is_some_and(|c| canonical_combining_class(c) == VIRAMA);
    match joiner {
        ZERO_WIDTH_JOINER => follows_virama,
        ZERO_WIDTH_NON_JOINER => follows_virama || would_join(before, after),
        _ => false,
    }
}

fn is_hidden(before: &str, character: char, after: &str) -> bool {
    if character.is_ascii() {
        return character.is_control();
    }
    match character {
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => {
            let joins_emoji =
                character == ZERO_WIDTH_JOINER && ends_as_emoji(before) && after.starts_with(is_pictograph);
            !joins_emoji && !is_joiner_of_words(before, character, after)
        }
        _ if is_variation_selector(character) => {
            before.chars().next_back().is_none_or(|c| c.is_whitespace() || is_variation_selector(c) || is_ignorable(c))
        }
        _ => is_unsafe_to_show(character) && !is_flag_tag(before, character),
    }
}

fn replaced(text: &str, is_refused: impl Fn(&str, char, &str) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        // What was replaced before is no context for a joiner any more.
        let refused = is_refused(&safe, c, &text[at + c.len_utf8()..]);
        safe.push(if refused { char::REPLACEMENT_CHARACTER } else { c });
    }
    safe
}

fn would_join(before: &str, after: &str) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let joins = |mut characters: Box<dyn Iterator<Item = char> + '_>, side| {
        let is_mark = |c: &char| joining.get(*c) == JoiningType::Transparent && !is_unsafe_to_show(*c);
        let next = characters.find(|c| !is_mark(c)).map(|c| joining.get(c));
        next.is_some_and(|kind| kind == side || kind == JoiningType::DualJoining)
    };
    joins(Box::new(before.chars().rev()), JoiningType::LeftJoining)
        && joins(Box::new(after.chars()), JoiningType::RightJoining)
}

/// Tells whether `before` ends with an emoji, its selector of colour and its tone of skin included.
fn ends_as_emoji(before: &str) -> bool {
    let mut characters = before.chars().rev().skip_while(|&c| is_variation_selector(c) || is_skin_tone(c));
    characters.next().is_some_and(is_pictograph)
}

fn is_pictograph(character: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(character)
}

fn is_skin_tone(character: char) -> bool {
    matches!(character, '\u{1f3fb}'..='\u{1f3ff}')
}

/// The flags of England, Scotland and Wales are a black flag and the region in tags.
fn is_flag_tag(before: &str, character: char) -> bool {
    let is_tag = |c: char| matches!(c, '\u{e0020}'..='\u{e007f}');
    // A flag has at most six tags: the search does not grow with the text.
    is_tag(character) && before.chars().rev().take(7).find(|&c| !is_tag(c)) == Some('\u{1f3f4}')
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
}

fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// The signs of Arabic, Syriac, Kaithi and Egyptian that enclose or precede other characters are format characters, but
/// everybody sees them.
fn is_visible_format(character: char) -> bool {
    matches!(character,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}')
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

    /// Every kind of character that hides or reorders, with one member each at least.
    const HIDDEN: &str = "\0\u{7}\t\n\r\x1b\u{7f}\u{85}\u{9b}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\
        \u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2061}\
        \u{2064}\u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{206f}\u{2800}\u{3164}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\
        \u{1bca0}\u{1d173}\u{e0001}\u{e0041}";

    #[test]
    fn characters_that_hide_or_reorder_are_found_wherever_they_stand() {
        for character in HIDDEN.chars() {
            for text in [format!("a{character}b"), format!("{character}ab"), format!("ab{character}"), character.into()]
            {
                assert_eq!(hidden_character(&text), Some(character), "{text:?}");
                assert_eq!(hidden_character(&cleaned(&text)), None, "{text:?}");
            }
        }
    }

    #[test]
    fn names_of_every_script_and_emoji_are_kept() {
        for name in [
            "Zoë",
            "Zoe\u{308}",
            "O’Neil",
            "नरेन्द्र",
            "श्री",
            "क्‍ष",
            "ක්‍ෂ",
            "ന്‍",
            "สมชาย",
            "คำ",
            "محمد",
            "می‌خواهم",
            "עברית",
            "ייִדיש",
            "李小龍",
            "김철수",
            "さくら",
            "Nguyễn Thị",
            "ⵜⴰⵎⴰⵣⵉⵖⵜ",
            "👩‍💻",
            "👨‍👩‍👧‍👦",
            "❤️",
            "❤️‍🔥",
            "👍🏽",
            "🧑🏽‍🚀",
            "🇩🇪",
            "🏳️‍🌈",
            "1️⃣",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿 ci",
            "葛󠄀",
            "…",
            "naïve – “quoted”",
        ] {
            assert_eq!(hidden_character(name), None, "{name}");
            assert_eq!((shown(name).as_str(), cleaned(name).as_str()), (name, name));
        }
    }

    #[test]
    fn joiners_and_selectors_without_effect_are_found() {
        for name in [
            "ad\u{200d}min",
            "ad\u{200c}min",
            "क\u{200d}",
            "\u{fe0f}a",
            "a \u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "👩\u{200d}",
            "م\u{200d}",
        ] {
            assert!(hidden_character(name).is_some(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn shown_text_keeps_its_length_and_is_shown_alike_again(text in any::<String>()) {
            let once = shown(&text);
            prop_assert_eq!(once.chars().count(), text.chars().count());
            prop_assert_eq!(shown(&once), once);
        }

        #[test]
        fn cleaned_text_hides_nothing(text in "[\\PC\u{200c}\u{200d}\u{fe0f}\u{202e}\u{e0067}\u{1f3f4}क्مa❤]{0,12}") {
            let clean = cleaned(&text);
            prop_assert_eq!(hidden_character(&clean), None);
            prop_assert!(hidden_character(&text).is_some() || clean == text);
        }
    }
}
