//! Judges the raw bytes of a request head (S-42; RFC 9112 sections 2 to 6).
//!
//! Strict where the RFC lets a server guess: whatever two parsers could read in two ways is refused, since the other
//! parser may be the proxy in front.

use http::uri::{PathAndQuery, Uri};
use memchr::{memchr, memchr_iter, memmem};

use super::{EdgeLimits, refusal::Refusal};

/// hyper's own bound, kept here so that the refusal is ours.
const MAX_HEADER_LINES: usize = 100;

/// How the body of a request is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length`, 0 without one.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// Returns the length of the head at the start of `bytes`, if its end is there; the first `searched` bytes hold none.
pub(super) fn head_length(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    memmem::find(bytes.get(from..)?, b"\r\n\r\n").map(|start| from + start + 4)
}

/// Tells whether `byte` can begin a request; a TLS handshake, for one, cannot.
pub(super) fn may_begin_request(byte: u8) -> bool {
    is_token_byte(byte)
}

/// Judges a whole head, final empty line included, and returns how the body is bounded.
///
/// # Errors
/// The answer to give instead of the service's.
pub fn judge(head: &[u8], limits: &EdgeLimits) -> Result<Framing, Refusal> {
    let text = head.strip_suffix(b"\r\n\r\n").ok_or(Refusal::Malformed)?;
    let mut lines = Lines(Some(text));
    let request = RequestLine::parse(lines.next().ok_or(Refusal::Malformed)?, limits)?;
    let mut fields = Fields::default();
    for (index, line) in lines.enumerate() {
        if index == MAX_HEADER_LINES {
            return Err(Refusal::HeadTooLarge);
        }
        fields.add(line)?;
    }
    fields.check_host(&request)?;
    fields.framing(request.version, limits)
}

/// The lines of a head, parted by CR LF; a lone CR or LF stays inside its line and is refused there.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        match memchr_iter(b'\n', rest).find(|feed| rest[..*feed].ends_with(b"\r")) {
            Some(feed) => {
                self.0 = Some(&rest[feed + 1..]);
                Some(&rest[..feed - 1])
            }
            None => self.0.take(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

struct RequestLine {
    version: Version,
    /// The authority of a target in absolute form.
    authority: Option<String>,
}

impl RequestLine {
    fn parse(line: &[u8], limits: &EdgeLimits) -> Result<Self, Refusal> {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed);
        };
        if method.is_empty() || !method.iter().copied().all(is_token_byte) {
            return Err(Refusal::Malformed);
        }
        let version = match version {
            b"HTTP/1.1" => Version::Http11,
            b"HTTP/1.0" => Version::Http10,
            other if other.starts_with(b"HTTP/") => return Err(Refusal::Version),
            _ => return Err(Refusal::Malformed),
        };
        if matches!(method, b"TRACE" | b"CONNECT") {
            return Err(Refusal::Method);
        }
        Ok(Self { version, authority: authority_of(target, limits)? })
    }
}

/// Accepts a path, or an absolute URL whose authority is returned (RFC 9112 section 3.2).
fn authority_of(target: &[u8], limits: &EdgeLimits) -> Result<Option<String>, Refusal> {
    if target.len() > limits.max_target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    if target.iter().any(|byte| !byte.is_ascii_graphic() || *byte == b'#') {
        return Err(Refusal::Target);
    }
    if target.starts_with(b"/") {
        return PathAndQuery::try_from(target).map(|_| None).map_err(|_| Refusal::Target);
    }
    let uri = Uri::try_from(target).map_err(|_| Refusal::Target)?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) => Ok(Some(authority.to_string())),
        _ => Err(Refusal::Target),
    }
}

/// The header lines that bound and address a request.
#[derive(Default)]
struct Fields<'a> {
    host: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn add(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        // A line that begins with blank space (obs-fold) and a blank before the colon both fail the token test.
        let colon = memchr(b':', line).ok_or(Refusal::Malformed)?;
        let (name, value) = (&line[..colon], trimmed(&line[colon + 1..]));
        if name.is_empty() || !name.iter().copied().all(is_token_byte) || !is_value(value) {
            return Err(Refusal::Malformed);
        }
        let (slot, twice) = match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => (&mut self.host, Refusal::Host),
            14 if name.eq_ignore_ascii_case(b"content-length") => (&mut self.length, Refusal::AmbiguousFraming),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => (&mut self.encoding, Refusal::AmbiguousFraming),
            _ => return Ok(()),
        };
        slot.replace(value).map_or(Ok(()), |_| Err(twice))
    }

    fn check_host(&self, request: &RequestLine) -> Result<(), Refusal> {
        match (self.host, &request.authority) {
            (None, _) if request.version == Version::Http11 => Err(Refusal::Host),
            (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority.as_bytes()) => Err(Refusal::Host),
            (None, Some(_)) => Err(Refusal::Host),
            _ => Ok(()),
        }
    }

    fn framing(&self, version: Version, limits: &EdgeLimits) -> Result<Framing, Refusal> {
        match (self.encoding, self.length) {
            (None, None) => Ok(Framing::Length(0)),
            (None, Some(digits)) => match parse_length(digits).ok_or(Refusal::AmbiguousFraming)? {
                length if length > limits.max_body_bytes => Err(Refusal::BodyTooLarge),
                length => Ok(Framing::Length(length)),
            },
            (Some(encoding), None) if version == Version::Http11 && encoding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Framing::Chunked)
            }
            _ => Err(Refusal::AmbiguousFraming),
        }
    }
}

/// Removes blanks and tabs only: a trimmed-off CR or LF would be a line end to the next parser.
fn trimmed(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// Reads digits only (`u64::from_str` would take a plus sign); a length beyond `u64` is too large, not malformed.
fn parse_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Accepts visible characters, blanks, tabs, and bytes beyond ASCII, which hyper keeps as they are. It looks at all bytes
/// in any case: a loop without a way out is done sixteen bytes at a time, and a bearer has some hundreds.
fn is_value(value: &[u8]) -> bool {
    let fits = |byte: u8| (byte >= 0x20) & (byte != 0x7f) | (byte == b'\t');
    value.iter().fold(true, |good, byte| good & fits(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(head: &str) -> Result<Framing, Refusal> {
        judge(head.as_bytes(), &EdgeLimits::default())
    }

    #[test]
    fn ordinary_requests_pass() {
        for (head, framing) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Framing::Length(0)),
            ("GET /x?y=%20&z HTTP/1.1\r\nhost:a\r\nX-Empty:\r\n\r\n", Framing::Length(0)),
            ("GET / HTTP/1.0\r\n\r\n", Framing::Length(0)),
            ("POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", Framing::Length(12)),
            ("POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing::Chunked),
            ("GET http://A.example:80/x HTTP/1.1\r\nHost: a.example:80\r\n\r\n", Framing::Length(0)),
            ("GET / HTTP/1.1\r\nHost: a\r\nX-Tab: a\tb\r\n\r\n", Framing::Length(0)),
        ] {
            assert_eq!(verdict(head), Ok(framing), "{head:?}");
        }
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for lines in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: -5",
            "Content-Length: 0x5",
            "Content-Length: 5 5",
            "Content-Length:",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding:",
        ] {
            let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
            assert_eq!(verdict(&head), Err(Refusal::AmbiguousFraming), "{lines:?}");
        }
        let old = "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(verdict(old), Err(Refusal::AmbiguousFraming));
    }

    #[test]
    fn malformed_heads_are_refused() {
        for head in [
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \x0ca\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            "GET /\r\nHost: a\r\n\r\n",
            "G{T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / http/1.1\r\nHost: a\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            assert_eq!(verdict(head), Err(Refusal::Malformed), "{head:?}");
        }
    }

    #[test]
    fn hosts_targets_methods_versions_and_sizes_have_their_own_answers() {
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(8192));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: b\r\n".repeat(100));
        for (head, refusal) in [
            ("GET / HTTP/1.1\r\n\r\n", Refusal::Host),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Refusal::Host),
            ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Host),
            ("GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::Host),
            ("GET http://a/ HTTP/1.0\r\n\r\n", Refusal::Host),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", Refusal::Target),
            ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Target),
            ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Method),
            ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", Refusal::Method),
            ("PRI * HTTP/2.0\r\n\r\n", Refusal::Version),
            ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", Refusal::Version),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", Refusal::BodyTooLarge),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", Refusal::BodyTooLarge),
            (&long, Refusal::TargetTooLong),
            (&many, Refusal::HeadTooLarge),
        ] {
            assert_eq!(verdict(head), Err(refusal), "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, lines in "[ -~\r\n\t]{0,80}") {
            let _ = judge(&bytes, &EdgeLimits::default());
            let _ = verdict(&format!("{lines}\r\n\r\n"));
            let _ = verdict(&format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n"));
        }
    }
}
