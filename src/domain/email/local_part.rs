//! The part of an address before the `@`: an RFC 5321 `Dot-string` with the letters of RFC 6531. Quoted forms are not
//! supported.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use unicode_normalization::UnicodeNormalization as _;

use super::InvalidEmail;
use crate::domain::text::is_joiner_of_words;

/// What ASCII may hold beside letters and digits.
const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";

/// Letters of Thai and Lao that Unicode treats as compatibility characters, but every keyboard of theirs types.
const THAI_AND_LAO: [char; 4] = ['\u{e33}', '\u{eb3}', '\u{edc}', '\u{edd}'];

/// Returns the local part in NFC and lower case.
pub(super) fn canonical(typed: &str) -> Result<String, InvalidEmail> {
    let composed: String = typed.nfc().collect();
    let local: String = composed.to_lowercase().nfc().collect();
    for atom in local.split('.') {
        check(atom)?;
    }
    Ok(local)
}

fn check(atom: &str) -> Result<(), InvalidEmail> {
    if atom.chars().next().is_none_or(is_mark) {
        return Err(InvalidEmail::LocalPart);
    }
    let refused = atom.char_indices().find(|&(at, c)| {
        let (before, after) = (&atom[..at], &atom[at + c.len_utf8()..]);
        !is_supported(c) && !is_joiner_of_words(before, c, after)
    });
    refused.map_or(Ok(()), |(_, c)| Err(InvalidEmail::Character(c)))
}

fn is_supported(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || ATEXT.contains(character);
    }
    let category = category(character);
    (GeneralCategoryGroup::Letter.contains(category)
        || category == GeneralCategory::DecimalNumber
        || is_mark(character))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        && (!is_compatibility_form(character) || THAI_AND_LAO.contains(&character))
}

fn is_mark(character: char) -> bool {
    matches!(category(character), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
}

/// Tells whether it is another form of ordinary characters, as `ａ`, `ﬁ` and `²` are: an address with it would look like
/// another person's.
fn is_compatibility_form(character: char) -> bool {
    !std::iter::once(character).nfkc().eq(std::iter::once(character).nfc())
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}
