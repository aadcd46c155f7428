//! The raw head of a request.

use da::server::edge::{EdgeLimits, Framing, judge};
use http::{HeaderName, HeaderValue, Method, Uri};

/// A head that passes is read by the parser behind in the same way: as one request, with one host and one length.
pub fn check(data: &[u8]) {
    whole(data);
    // As most of what a fuzzer writes is no request line, the input stands for the lines below it, too.
    whole(&[b"POST /auth/tokens HTTP/1.1\r\nHost: a\r\n", data, b"\r\n\r\n"].concat());
}

fn whole(data: &[u8]) {
    let Ok(framing) = judge(data, &EdgeLimits::default()) else { return };
    let mut lines = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut lines);
    let parsed = request.parse(data).expect("the parser behind accepts it");
    assert_eq!(parsed, httparse::Status::Complete(data.len()), "the head ends where it was judged to end");
    let method: Method = request.method.expect("a method").parse().expect("a method");
    assert!(method != Method::TRACE && method != Method::CONNECT);
    let target: Uri = request.path.expect("a target").parse().expect("a target");
    assert!(target.path().starts_with('/') && target.authority().is_none_or(|host| !host.as_str().contains('@')));

    let values = |name: &str| -> Vec<&[u8]> {
        request.headers.iter().filter(|line| line.name.eq_ignore_ascii_case(name)).map(|line| line.value).collect()
    };
    for line in request.headers.iter() {
        HeaderName::from_bytes(line.name.as_bytes()).expect("a header name");
        HeaderValue::from_bytes(line.value).expect("a header value");
    }
    let hosts = values("host");
    assert!(hosts.len() <= 1 && (hosts.len() == 1 || request.version == Some(0)), "one host");
    let (lengths, encodings) = (values("content-length"), values("transfer-encoding"));
    match (framing, lengths.as_slice(), encodings.as_slice()) {
        (Framing::Length(0), [], []) => {}
        (Framing::Length(length), [digits], []) => {
            let text = std::str::from_utf8(digits).expect("digits");
            assert!(text.bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(text.parse(), Ok(length));
        }
        (Framing::Chunked, [], [encoding]) => {
            assert!(encoding.eq_ignore_ascii_case(b"chunked") && request.version == Some(1));
        }
        other => panic!("the length can be read in two ways: {other:?}"),
    }
}
