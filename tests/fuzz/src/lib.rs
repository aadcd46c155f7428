//! What the program claims of everything that comes in from outside: one module and one fuzz target for each way in.
//!
//! A check takes any bytes and panics when a claim does not hold; each claims more than the absence of panics. The same
//! checks are part of the integration tests, which replay the stored corpus (`tests/it/fuzz_corpus.rs`).

pub mod answer;
pub mod authorize;
pub mod bearer;
pub mod body;
pub mod callback;
pub mod config;
pub mod cookie;
pub mod credential;
pub mod device;
pub mod forwarded;
pub mod head;
pub mod helper;
pub mod host;
pub mod opaque;
pub mod query;
pub mod text;

/// A claim about any bytes.
pub type Check = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: &[(&str, Check)] = &[
    ("answer", answer::check),
    ("authorize", authorize::check),
    ("bearer", bearer::check),
    ("body", body::check),
    ("callback", callback::check),
    ("config", config::check),
    ("cookie", cookie::check),
    ("credential", credential::check),
    ("device", device::check),
    ("forwarded", forwarded::check),
    ("head", head::check),
    ("helper", helper::check),
    ("host", host::check),
    ("opaque", opaque::check),
    ("query", query::check),
    ("text", text::check),
];

/// Returns the lines of the input that may stand in a header; most targets read one value a line.
fn header_lines(data: &[u8]) -> Vec<http::HeaderValue> {
    data.split(|byte| *byte == b'\n').filter_map(|line| http::HeaderValue::from_bytes(line).ok()).collect()
}

/// Tells whether a terminal shows the text and obeys nothing in it. Written out here, so that a character that the
/// program's own list forgets is found.
fn is_harmless(line: &str) -> bool {
    !line.chars().any(|c| {
        matches!(u32::from(c),
            0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200e..=0x200f | 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff)
    })
}
