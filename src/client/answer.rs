//! Reading an answer, whoever sent it.

use std::io::{self, Read as _};

use reqwest::{StatusCode, blocking::Response, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ClientError, HttpFailure, MAX_ANSWER_BYTES};
use crate::{
    api::{ErrorBody, REQUEST_ID_HEADER},
    domain::Timestamp,
};

/// The longest text that is taken over from a foreign header or body.
const MAX_TEXT_CHARS: usize = 500;

/// Why no body was read.
pub(super) enum Fault {
    /// The connection broke, or time ran out.
    Transfer(io::Error),
    /// The answer is complete, but no success.
    Answer(ClientError),
}

/// Reads a success's body; everything else is a fault.
pub(super) fn read(response: Response) -> Result<(u16, Vec<u8>), Fault> {
    let status = response.status();
    let header = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    if status.is_redirection() {
        let to = header(header::LOCATION).map(|text| cut(&text));
        return Err(Fault::Answer(ClientError::Moved { status: status.as_u16(), to }));
    }
    let retry_after = header(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok());
    let request_id = header(header::HeaderName::from_static(REQUEST_ID_HEADER)).map(|text| cut(&text));
    let body = read_body(response)?;
    if status.is_success() {
        return Ok((status.as_u16(), body));
    }
    Err(Fault::Answer(ClientError::Http(Box::new(refusal(status, &body, request_id, retry_after)))))
}

fn read_body(response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    response.take(MAX_ANSWER_BYTES + 1).read_to_end(&mut body).map_err(Fault::Transfer)?;
    if body.len() as u64 > MAX_ANSWER_BYTES {
        let reason = format!("it is larger than {} MiB", MAX_ANSWER_BYTES / 1024 / 1024);
        return Err(Fault::Answer(ClientError::BadAnswer(reason)));
    }
    Ok(body)
}

/// Understands our own error bodies, those of the original server, and a proxy's page (of which it takes nothing).
#[must_use]
pub fn refusal(status: StatusCode, body: &[u8], request_id: Option<String>, retry_after: Option<u64>) -> HttpFailure {
    let reason = status.canonical_reason().unwrap_or("the server refused without a reason");
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(body) => {
            let detail = cut(&body.detail.to_string());
            HttpFailure {
                status: status.as_u16(),
                detail: if detail.is_empty() { reason.to_owned() } else { detail },
                code: body.code.map(|code| cut(&code)),
                request_id: body.request_id.map(|id| cut(&id)).or(request_id),
                retry_after,
            }
        }
        Err(_) => HttpFailure {
            status: status.as_u16(),
            detail: format!("{} {reason}", status.as_u16()),
            code: None,
            request_id,
            retry_after,
        },
    }
}

/// Reads a success's body as `T`; an empty body stands for an empty object.
///
/// # Errors
/// [`ClientError::BadAnswer`], which repeats nothing of the body.
pub fn decode<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, ClientError> {
    let body: &[u8] = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    // The parser's message names places and types, never a value: an answer may hold a token.
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "it has another shape",
            _ => "it is not JSON",
        };
        ClientError::BadAnswer(format!("{what} (status {status}, {} bytes)", body.len()))
    })
}

/// Reads a success's body as [`decode`] does. Of a list, rows that cannot be read are left out and counted: one odd row
/// must not hide the others. A list without a single row that can be read is another kind of answer.
///
/// # Errors
/// Those of [`decode`].
pub fn decode_rows<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<(T, usize), ClientError> {
    let refused = match decode(status, body) {
        Ok(answer) => return Ok((answer, 0)),
        Err(error) => error,
    };
    let Ok(mut whole) = serde_json::from_slice::<Value>(body) else { return Err(refused) };
    let Some(rows) = rows_of(&mut whole) else { return Err(refused) };
    let all = std::mem::take(rows);
    let count = all.len();
    for row in all {
        let Some(rows) = rows_of(&mut whole) else { return Err(refused) };
        let kept = std::mem::replace(rows, vec![row]);
        let is_readable = T::deserialize(&whole).is_ok();
        let Some(rows) = rows_of(&mut whole) else { return Err(refused) };
        let row = std::mem::replace(rows, kept);
        rows.extend(row.into_iter().filter(|_| is_readable));
    }
    let left = rows_of(&mut whole).map_or(0, |rows| rows.len());
    match T::deserialize(whole) {
        Ok(answer) if left > 0 => Ok((answer, count - left)),
        _ => Err(refused),
    }
}

/// Returns the rows of a list: the answer itself, or the items of a page.
fn rows_of(whole: &mut Value) -> Option<&mut Vec<Value>> {
    match whole {
        Value::Array(rows) => Some(rows),
        Value::Object(page) => page.get_mut("items")?.as_array_mut(),
        _ => None,
    }
}

/// Reads a time as [`Timestamp`] writes it, or as seconds since 1970.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let seconds = || text.trim().parse::<i64>().ok().map(|s| Timestamp::from_micros(s.saturating_mul(1_000_000)));
    text.trim().parse().ok().or_else(seconds)
}

/// Reads the cursor of the next page from a `Link` header (RFC 8288). Nothing else of its target is used: the next call
/// goes where this one went.
#[must_use]
pub fn next_cursor(link: &str) -> Option<String> {
    let is_next = |link: &&str| link.split(';').skip(1).any(|part| part.trim().replace('"', "") == "rel=next");
    let next = link.split(',').find(is_next)?;
    let target = next.trim().strip_prefix('<')?.split('>').next()?;
    let query: Vec<(String, String)> = serde_urlencoded::from_str(target.split_once('?')?.1).ok()?;
    query.into_iter().find_map(|(name, value)| (name == "cursor").then_some(value)).filter(|value| !value.is_empty())
}

/// Reads the date of an answer (RFC 9110 section 5.6.7, its preferred form).
#[must_use]
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let civil = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text.trim()).ok()?.to_datetime().ok()?;
    let instant = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_answers_are_read() {
        let expected = Some(Timestamp::from_micros(784_111_777_000_000));
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(parse_http_date("yesterday"), None);
        assert_eq!(parse_time("784111777"), expected);
        assert_eq!(parse_time("1994-11-06T08:49:37+00:00"), expected);
        assert_eq!(parse_time("soon"), None);
    }

    #[test]
    fn a_link_to_the_next_page_gives_its_cursor() {
        let cursor = |link: &str| next_cursor(link);
        assert_eq!(cursor("</auth/tokens?limit=2&cursor=a%40b.c>; rel=\"next\"").as_deref(), Some("a@b.c"));
        assert_eq!(cursor("<?cursor=1>; rel=prev, <https://evil.example/x?cursor=2>; rel=next").as_deref(), Some("2"));
        for link in ["", "<>", "</x>; rel=\"next\"", "</x?cursor=>; rel=next", "</x?cursor=1>; rel=prev", "cursor=1"] {
            assert_eq!(cursor(link), None, "{link}");
        }
    }

    #[test]
    fn refusals_of_every_kind_of_server_are_understood() {
        let read = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
            refusal(status, body.as_bytes(), Some("header-id".to_owned()), None)
        };
        let ours = read(409, r#"{"detail":"Cannot delete yourself","code":"yourself","request_id":"r1"}"#);
        assert_eq!((ours.detail.as_str(), ours.code.as_deref()), ("Cannot delete yourself", Some("yourself")));
        assert_eq!(ours.request_id.as_deref(), Some("r1"));
        let list =
            read(422, r#"{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}}]}"#);
        assert_eq!(list.detail, "body.name: Field required");
        assert_eq!(list.request_id.as_deref(), Some("header-id"));
        for body in ["", "<html>nginx</html>", "null", "{}", "[", r#"{"detail":{"a":1}}"#, "\u{feff}{}"] {
            assert_eq!(read(502, body).detail, "502 Bad Gateway", "{body}");
        }
        assert_eq!(read(404, r#"{"detail":""}"#).detail, "Not Found");
    }

    #[test]
    fn a_row_that_cannot_be_read_does_not_hide_the_others() {
        use crate::api::{Page, sessions::SessionItem, users::UserItem};
        let users = r#"[{"id":null,"email":"x"},{"id":7,"email":"a@b.c","name":null,"role":null,"is_admin":true},9]"#;
        let (users, odd) = decode_rows::<Vec<UserItem>>(200, users.as_bytes()).expect("a list");
        assert_eq!((users.len(), odd, users[0].role.as_str(), users[0].active), (1, 2, "admin", true));
        let page = r#"{"items":[{"id":"s"},{}],"next_cursor":"c"}"#;
        let (page, odd) = decode_rows::<Page<SessionItem>>(200, page.as_bytes()).expect("a page");
        assert_eq!((page.items.len(), odd, page.next_cursor.as_deref()), (1, 1, Some("c")));
        assert_eq!(decode_rows::<Vec<UserItem>>(200, b"[]").expect("a list").1, 0);
        for body in ["[1,2]", r#"{"a":1}"#, "7", "[{}]"] {
            assert!(decode_rows::<Vec<UserItem>>(200, body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(status in 100..600_u16, body in any::<Vec<u8>>(), text in any::<String>()) {
            let status = StatusCode::from_u16(status).expect("a status");
            let json = serde_json::json!({ "detail": text, "code": text, "request_id": text }).to_string();
            for body in [body.as_slice(), json.as_bytes()] {
                let failure = refusal(status, body, Some(text.clone()), None);
                prop_assert!(!failure.detail.is_empty() && failure.detail.chars().count() <= MAX_TEXT_CHARS);
                if let Err(error) = decode::<crate::api::tokens::CreateResponse>(200, body) {
                    prop_assert!(error.to_string().is_ascii(), "nothing of the body is repeated");
                }
            }
        }

        #[test]
        fn a_time_that_was_read_can_be_written(text in "[0-9TZ:.+ -]{0,32}") {
            for time in [parse_time(&text), parse_http_date(&text)].into_iter().flatten() {
                prop_assert_eq!(parse_time(&time.to_string()), Some(time));
            }
        }
    }
}
