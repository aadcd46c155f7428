//! HTTP/1.1 by hand: exact bytes out, status, headers and body back. No redirects, no cookies, no retries.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpStream},
};

use serde_json::Value;

use super::PATIENCE;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Sends `request` as it is and reads one answer; nothing when the server closed without one.
pub(crate) fn exchange(server: SocketAddr, request: &[u8]) -> Option<Answer> {
    let answer = try_exchange(server, request);
    answer.unwrap_or_else(|error| panic!("no answer to {:?}: {error}", String::from_utf8_lossy(request)))
}

/// As [`exchange`], with a server that may not be there.
pub(crate) fn try_exchange(server: SocketAddr, request: &[u8]) -> io::Result<Option<Answer>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let answer = exchange_on(&mut stream, request);
    drop(stream.shutdown(Shutdown::Both));
    answer
}

/// As [`try_exchange`], on a connection that is there and stays.
pub(crate) fn exchange_on(stream: &mut (impl io::Read + io::Write), request: &[u8]) -> io::Result<Option<Answer>> {
    // A server may refuse before it has read everything: what it then answers still counts.
    drop(stream.write_all(request));
    let bodiless = request.starts_with(b"HEAD ");
    let parse = |bytes: &[u8], ended| Answer::parse(bytes, bodiless, ended);
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(answer) = parse(&bytes, false) {
            return Ok(Some(answer));
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(parse(&bytes, true)),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(parse(&bytes, true)),
            Err(error) => return Err(error),
        }
    }
}

impl Answer {
    /// Reads a whole answer from the start of `bytes`; nothing while some of it is missing.
    fn parse(bytes: &[u8], bodiless: bool, ended: bool) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self { status, headers, body: Vec::new() };
        let rest = &bytes[end + 4..];
        answer.body = match answer.header("content-length") {
            _ if bodiless || matches!(status, 204 | 304) => Vec::new(),
            Some(length) => rest.get(..length.parse().unwrap())?.to_vec(),
            None if answer.header("transfer-encoding") == Some("chunked") => unchunk(rest)?,
            None if ended => rest.to_vec(),
            None => return None,
        };
        Some(answer)
    }

    /// Returns the one value of a header.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert_eq!(values.next(), None, "`{name}` is there twice");
        first
    }

    /// Returns the names of the headers, sorted.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Asserts the status and returns the answer.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Asserts an error of the contract (C-17): the status, the stable code, the sentence, and that a request id is
    /// there; a 401 names the scheme (M-07).
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, detail: &str) {
        let body = self.json();
        assert_eq!(
            (self.status, body["code"].as_str(), body["detail"].as_str()),
            (status, Some(code), Some(detail)),
            "{body}"
        );
        self.is_error_shaped();
    }

    /// Asserts the status and code alone, where the sentence is not part of the contract.
    #[track_caller]
    pub(crate) fn refused_as(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        self.is_error_shaped();
    }

    /// Asserts a 422 with exactly one fault, of this kind and at this place.
    #[track_caller]
    pub(crate) fn has_fault(&self, kind: &str, place: &[&str]) {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (422, Some("invalid_body")), "{body}");
        let faults = body["detail"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
        assert_eq!(faults.len(), 1, "{body}");
        assert_eq!((faults[0]["type"].as_str(), &faults[0]["loc"]), (Some(kind), &serde_json::json!(place)), "{body}");
        assert!(faults[0]["msg"].is_string(), "{body}");
        self.is_error_shaped();
    }

    #[track_caller]
    fn is_error_shaped(&self) {
        let body = self.json();
        assert_eq!(keys(&body), ["code", "detail", "request_id"]);
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        assert_eq!(self.header("content-type"), Some("application/json"));
        if self.status == 401 {
            assert!(self.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")), "{self:?}");
        }
    }
}

/// Returns the member names of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let chunk = rest.get(end + 2..end + 2 + size)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}
