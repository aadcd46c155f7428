//! The part of an address behind the `@`: a domain name of one or more labels. A local server's users may well be at
//! `admin@localhost`.

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup, Script},
};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Scripts that are written together, each list with Latin (UTS 39, "highly restrictive").
const WRITTEN_TOGETHER: [&[Script]; 3] = [
    &[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana],
    &[Script::Latin, Script::Han, Script::Bopomofo],
    &[Script::Latin, Script::Han, Script::Hangul],
];

/// Cyrillic letters that look like Latin ones. A label of these alone reads as another name.
const LOOKS_LATIN: &str = "асԁеһіјӏорԛѕԝхуԍкмтв";

/// Returns the domain in lower case and as A-labels; nothing if it is no domain name.
pub(super) fn to_ascii(typed: &str) -> Option<String> {
    let ascii =
        Uts46::new().to_ascii(typed.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    ascii.ok().map(std::borrow::Cow::into_owned)
}

/// Returns the domain with each label in its own script where that is safe to display.
pub(super) fn to_unicode(ascii: &str) -> Option<String> {
    let is_shown = |label: &[char], _: &[char], _: bool| is_safe_to_show(label);
    let (shown, valid) =
        Uts46::new().to_user_interface(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, is_shown);
    valid.ok().map(|()| shown.into_owned())
}

/// Only letters, marks, digits and hyphens, in one script or in scripts that are written together: nothing that hides, and
/// nothing that mixes the look-alikes of several alphabets.
fn is_safe_to_show(label: &[char]) -> bool {
    let is_plain = |c: &char| {
        let category = CodePointMapData::<GeneralCategory>::new().get(*c);
        let groups = [GeneralCategoryGroup::Letter, GeneralCategoryGroup::Mark];
        *c == '-' || category == GeneralCategory::DecimalNumber || groups.iter().any(|group| group.contains(category))
    };
    let scripts = label.iter().map(|c| CodePointMapData::<Script>::new().get(*c));
    let scripts: Vec<_> = scripts.filter(|script| ![Script::Common, Script::Inherited].contains(script)).collect();
    let is_one = scripts.windows(2).all(|pair| pair[0] == pair[1]);
    let is_known = WRITTEN_TOGETHER.iter().any(|set| scripts.iter().all(|script| set.contains(script)));
    label.iter().all(is_plain)
        && (is_one || is_known)
        && !label.iter().all(|c| *c == '-' || c.is_ascii_digit() || LOOKS_LATIN.contains(*c))
}
