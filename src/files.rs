//! Text from files and pipes. This is the one place for the rule on encodings: text is UTF-8, a byte order mark at its
//! start is dropped, and UTF-16 is named, because editors and shells of Windows write both.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use zeroize::{Zeroize as _, Zeroizing};

/// U+FEFF in UTF-8.
const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
const UTF16_MARKS: [[u8; 2]; 2] = [[0xFE, 0xFF], [0xFF, 0xFE]];
/// How much of a text without a mark is examined for the NUL bytes of UTF-16.
const SAMPLE: usize = 64;

/// The bytes are not text that `da` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUtf8 {
    /// UTF-16, in either byte order.
    #[error("it is UTF-16 text: save it as UTF-8 (in PowerShell with `-Encoding utf8`)")]
    Utf16,
    /// Anything else.
    #[error("it is not UTF-8 text")]
    Other,
}

impl From<NotUtf8> for io::Error {
    fn from(error: NotUtf8) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Returns the text that the bytes are, without a byte order mark.
///
/// # Errors
/// See [`NotUtf8`].
pub fn decode(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(without_mark(bytes)?).map_err(|error| {
        // It may be a secret in another encoding.
        error.into_bytes().zeroize();
        NotUtf8::Other
    })
}

/// Returns the bytes without a byte order mark. PEM files may hold comments in any encoding that extends ASCII.
///
/// # Errors
/// [`NotUtf8::Utf16`].
pub fn without_mark(mut bytes: Vec<u8>) -> Result<Vec<u8>, NotUtf8> {
    if is_utf16(&bytes) {
        bytes.zeroize();
        return Err(NotUtf8::Utf16);
    }
    if bytes.starts_with(&MARK) {
        bytes.drain(..MARK.len());
    }
    Ok(bytes)
}

/// Reads at most `limit` bytes of text.
///
/// # Errors
/// Those of reading, and [`NotUtf8`].
pub fn read_text(from: impl Read, limit: u64) -> io::Result<Zeroizing<String>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(Zeroizing::new(decode(bytes)?))
}

/// Reads a file that holds one secret on one line, and drops its line end.
///
/// # Errors
/// Those of opening and reading, and [`NotUtf8`].
pub fn read_line_of(path: &Path, limit: u64) -> io::Result<Zeroizing<String>> {
    let mut text = read_text(File::open(path)?, limit)?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(text)
}

/// Tells whether the bytes are UTF-16: by the mark, or, without one, by the NUL bytes that ASCII has in it.
fn is_utf16(bytes: &[u8]) -> bool {
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return true;
    }
    let pairs = bytes.get(..bytes.len().min(SAMPLE) & !1).unwrap_or_default().chunks_exact(2);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let all = |nul: usize| pairs.len() > 0 && pairs.clone().all(|pair| pair[nul] == 0 && is_text(pair[1 - nul]));
    all(0) || all(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(order).collect()
    }

    #[test]
    fn a_mark_is_dropped_once_and_only_at_the_start() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"abc\n", "abc\n"),
            (b"\xEF\xBB\xBFabc\r\n", "abc\r\n"),
            (b"\xEF\xBB\xBF", ""),
            (b"a\xEF\xBB\xBFb", "a\u{feff}b"),
            (b"\xEF\xBB\xBF\xEF\xBB\xBFa", "\u{feff}a"),
        ] {
            assert_eq!(decode(bytes.to_vec()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn utf16_is_named_in_either_order_with_and_without_a_mark() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in [true, false] {
                for text in ["x", "da_pat_abc\r\n", "server: https://id.example.org\n"] {
                    assert_eq!(decode(utf16(text, order, mark)), Err(NotUtf8::Utf16), "{text:?}");
                }
            }
        }
        assert_eq!(decode(vec![0x80, 0x41, 0x42]), Err(NotUtf8::Other));
        assert_eq!(decode(vec![0, 1]).as_deref(), Ok("\0\u{1}"), "no text in any encoding");
        assert!(NotUtf8::Utf16.to_string().contains("save it as UTF-8"));
    }

    proptest! {
        #[test]
        fn text_in_utf8_is_read_as_it_is(text in "[^\u{feff}\0]\\PC{0,80}") {
            prop_assert_eq!(decode(text.clone().into_bytes()), Ok(text));
        }
    }
}
