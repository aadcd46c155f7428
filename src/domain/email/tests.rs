use proptest::prelude::*;

use super::*;

fn canonical(text: &str) -> Result<String, InvalidEmail> {
    text.parse::<Email>().map(String::from)
}

#[test]
fn case_and_blanks_do_not_make_a_second_account() {
    let one: Email = " Ann@Example.COM\t".parse().expect("valid");
    assert_eq!(one, "ann@example.com".parse().expect("valid"));
    assert_eq!(one.local_part(), "ann");
}

#[test]
fn every_way_to_write_an_address_gives_one_form_and_is_shown_in_its_script() {
    for (written, wire, shown) in [
        (
            &[
                "ann@bücher.example",
                "ANN@BÜCHER.example",
                "ann@xn--bcher-kva.example",
                "Ann@XN--BCHER-KVA.EXAMPLE",
                "ann@bu\u{308}cher.example",
                "ann@bücher。example",
                "ann@ｂücher．example",
                "ann@bü\u{ad}cher.example",
            ][..],
            "ann@xn--bcher-kva.example",
            "ann@bücher.example",
        ),
        (&["ann@straße.example"], "ann@xn--strae-oqa.example", "ann@straße.example"),
        (&["ann@strasse.example"], "ann@strasse.example", "ann@strasse.example"),
        (&["zoë@example.org", "Zoe\u{308}@example.org", "ZOË@EXAMPLE.ORG"], "zoë@example.org", "zoë@example.org"),
        (&["नरेन्द्र@उदाहरण.भारत"], "नरेन्द्र@xn--p1b6ci4b4b3a.xn--h2brj9c", "नरेन्द्र@उदाहरण.भारत"),
        (&["क्\u{200d}ष@example.org"], "क्\u{200d}ष@example.org", "क्\u{200d}ष@example.org"),
        (&["สมชาย.คำ@ตัวอย่าง.ไทย"], "สมชาย.คำ@xn--72c1a1bt4awk9o.xn--o3cw4h", "สมชาย.คำ@ตัวอย่าง.ไทย"),
        (&["محمد.علي123@مثال.إختبار"], "محمد.علي123@xn--mgbh0fb.xn--kgbechtv", "محمد.علي123@مثال.إختبار"),
        (&["می\u{200c}خواهم@example.org"], "می\u{200c}خواهم@example.org", "می\u{200c}خواهم@example.org"),
        (&["עברית@example.org"], "עברית@example.org", "עברית@example.org"),
        (&["李小龍@例え.jp"], "李小龍@xn--r8jz45g.jp", "李小龍@例え.jp"),
        (&["김철수@example.kr", "김철수@EXAMPLE.kr"], "김철수@example.kr", "김철수@example.kr"),
        (&["иван@почта.рф", "ИВАН@ПОЧТА.РФ"], "иван@xn--80a1acny.xn--p1ai", "иван@почта.рф"),
        (&["nguyễn@example.vn", "NGUYE\u{302}\u{303}N@example.vn"], "nguyễn@example.vn", "nguyễn@example.vn"),
        // Lower case without a language.
        (&["νίκος@example.org", "ΝΊΚΟΣ@example.org"], "νίκος@example.org", "νίκος@example.org"),
        (&["straße@example.org", "STRAẞE@example.org"], "straße@example.org", "straße@example.org"),
        (&["strasse@example.org", "STRASSE@example.org"], "strasse@example.org", "strasse@example.org"),
        (&["ısık@example.org"], "ısık@example.org", "ısık@example.org"),
        (&["İ@example.org", "i\u{307}@example.org"], "i\u{307}@example.org", "i\u{307}@example.org"),
        (&["\u{212a}im@example.org", "KIM@example.org"], "kim@example.org", "kim@example.org"),
        // ASCII as ever.
        (&["o'neil+tag@sub.example.org"], "o'neil+tag@sub.example.org", "o'neil+tag@sub.example.org"),
        (&["admin@localhost"], "admin@localhost", "admin@localhost"),
        (&["ann@r3---sn.example"], "ann@r3---sn.example", "ann@r3---sn.example"),
        // Labels that could be taken for others stay A-labels: mixed alphabets, look-alikes, symbols, joiners.
        (&["ann@pаypal.example"], "ann@xn--pypal-4ve.example", "ann@xn--pypal-4ve.example"),
        (&["ann@аррӏе.example"], "ann@xn--80ak6aa92e.example", "ann@xn--80ak6aa92e.example"),
        (&["ann@☕.example"], "ann@xn--53h.example", "ann@xn--53h.example"),
    ] {
        for text in written {
            let email: Email = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(email.as_str(), wire, "{text:?}");
            assert_eq!(email.shown(), shown, "{text:?}");
            assert!(email.is_canonical());
            assert_eq!(email.shown().parse(), Ok(email), "{text:?}");
        }
    }
}

#[test]
fn what_is_not_an_address_or_cannot_be_supported_is_refused_with_its_reason() {
    use InvalidEmail::{Character, Domain, Form, LocalPart, TooLong};
    for (text, reason) in [
        ("", Form),
        ("@", Form),
        ("a@", Form),
        ("@b", Form),
        ("ann＠example.org", Form),
        ("ann﹫example.org", Form),
        ("a b@c", Character(' ')),
        ("a\0@b", Character('\0')),
        ("<a@b>", Character('<')),
        ("\"a b\"@c", Character('"')),
        ("a@b@c", Character('@')),
        ("a＠b@c", Character('＠')),
        (".a@b", LocalPart),
        ("a..b@c", LocalPart),
        ("\u{301}a@b", LocalPart),
        ("a.\u{93f}@b", LocalPart),
        // Invisible and reordering characters.
        ("ad\u{200b}min@b", Character('\u{200b}')),
        ("ad\u{200c}min@b", Character('\u{200c}')),
        ("ad\u{200d}min@b", Character('\u{200d}')),
        ("ad\u{202e}min@b", Character('\u{202e}')),
        ("ad\u{2066}min@b", Character('\u{2066}')),
        ("ad\u{200f}min@b", Character('\u{200f}')),
        ("ad\u{ad}min@b", Character('\u{ad}')),
        ("ad\u{feff}min@b", Character('\u{feff}')),
        ("\u{3164}@b", Character('\u{3164}')),
        ("a\u{fe0f}@b", Character('\u{fe0f}')),
        ("a\u{34f}@b", Character('\u{34f}')),
        // Forms that look like other addresses, and symbols.
        ("ａｎｎ@b", Character('ａ')),
        ("ﬁ@b", Character('ﬁ')),
        ("a²@b", Character('²')),
        ("☕@b", Character('☕')),
        ("a。b@c", Character('。')),
        ("a\u{e000}@b", Character('\u{e000}')),
        ("a\u{378}@b", Character('\u{378}')),
        // Domains.
        ("a@b c", Domain),
        ("a@-b.c", Domain),
        ("a@b-.c", Domain),
        ("a@b..c", Domain),
        ("a@b.", Domain),
        ("a@.b", Domain),
        ("a@b。", Domain),
        ("a@b_c.d", Domain),
        ("a@b\n.c", Domain),
        ("a@b,c", Domain),
        ("a@[127.0.0.1]", Domain),
        ("a@[IPv6:::1]", Domain),
        ("a@b\u{202e}c.d", Domain),
        ("a@xn--a.d", Domain),
        ("a@xn--.d", Domain),
        ("a@\u{301}b.d", Domain),
        ("a@\u{e000}.d", Domain),
        ("a@b\u{200d}c.d", Domain),
        ("a@℀.d", Domain),
    ] {
        assert_eq!(canonical(text), Err(reason), "{text:?}");
    }
    assert_eq!(canonical(&format!("{}@b.c", "a".repeat(65))), Err(TooLong));
    assert_eq!(canonical(&format!("{}@b.c", "ส".repeat(22))), Err(TooLong));
    assert_eq!(canonical(&format!("a@{}c", "b.".repeat(130))), Err(Domain));
    assert_eq!(canonical(&format!("a@{}.c", "b".repeat(64))), Err(Domain));
    assert_eq!(canonical(&"a".repeat(1 << 20)), Err(Form));
    assert_eq!(canonical(&format!("{}@b", "a".repeat(1 << 20))), Err(TooLong));
}

#[test]
fn the_length_is_that_of_the_canonical_form() {
    let host = |bytes: usize| format!("{}{}", "a.".repeat((bytes - 1) / 2), "x".repeat(1 + (bytes + 1) % 2));
    let longest = format!("{}@{}", "a".repeat(64), host(189));
    assert_eq!(longest.len(), Email::MAX_BYTES);
    assert!(longest.parse::<Email>().is_ok());
    assert_eq!(canonical(&format!("{}@{}", "a".repeat(64), host(190))), Err(InvalidEmail::TooLong));
    // Short as typed, too long as A-labels.
    let typed = format!("{}@{}.example", "a".repeat(64), ["ü".repeat(20).as_str(); 6].join("."));
    assert!(typed.chars().count() < Email::MAX_BYTES);
    let wire = canonical(&typed);
    assert!(wire == Err(InvalidEmail::TooLong) || wire.is_ok_and(|text| text.len() <= Email::MAX_BYTES));
}

#[test]
fn an_account_is_looked_for_in_the_form_that_an_earlier_version_stored_too() {
    let forms = |text: &str| Email::stored_forms(text).into_iter().map(String::from).collect::<Vec<_>>();
    assert_eq!(forms(" Ann@Example.org"), ["ann@example.org"]);
    assert_eq!(forms("ann@xn--bcher-kva.example"), ["ann@xn--bcher-kva.example"]);
    assert_eq!(forms("Ann@Bücher.example"), ["ann@bücher.example", "ann@xn--bcher-kva.example"]);
    assert_eq!(forms("zoë@example.org"), ["zoë@example.org"]);
    // An earlier version accepted them; their owners still sign in.
    assert_eq!(forms("ａｎｎ@example.org"), ["ａｎｎ@example.org"]);
    assert_eq!(forms("ann@xn--a.example"), ["ann@xn--a.example"]);
    assert_eq!(forms("nobody"), [""; 0]);
}

#[test]
fn foreign_text_is_shown_as_it_is() {
    assert_eq!(shown("ann@xn--bcher-kva.example"), "ann@bücher.example");
    for text in ["Ann@xn--bcher-kva.example", "service:ci", "", "ann@xn--a.example"] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn lower_case_and_composition_of_every_character_are_stable() {
    for character in (char::MIN..=char::MAX).filter(|c| !c.is_ascii()) {
        for text in [format!("{character}@b"), format!("a{character}\u{301}@b"), format!("a@{character}b")] {
            if let Ok(email) = text.parse::<Email>() {
                assert!(email.is_canonical(), "{text:?} gives {email:?}");
                assert_eq!(email.shown().parse(), Ok(email), "{text:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn parsing_never_panics_and_is_idempotent(text in any::<String>()) {
        if let Ok(email) = text.parse::<Email>() {
            prop_assert!(email.is_canonical());
        }
    }

    #[test]
    fn the_shown_form_and_the_stored_form_name_the_same_account(
        text in "[a-zA-Zéüßſςσςİıåøñ\u{301}\u{308}नर्\u{200d}คำลัمحמשж字ガ.ｱ-]{1,8}@[a-zA-Zéüßſςσİıñ\u{301}\u{308}नर्คำลัمحמשж字ガｱ0-9。.-]{1,12}"
    ) {
        if let Ok(email) = text.parse::<Email>() {
            prop_assert!(email.is_canonical(), "{:?}", email);
            prop_assert_eq!(email.shown().parse(), Ok(email.clone()));
            prop_assert!(!crate::domain::text::has_control(&email.shown()));
            prop_assert_eq!(Email::from_store(email.as_str()), Ok(email.clone()));
            prop_assert_eq!(Email::stored_forms(&text).pop(), Some(email));
        }
    }
}
