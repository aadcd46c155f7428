//! Headers of every answer (S-17, S-36).

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::api::REQUEST_ID_HEADER;

/// What a page may load: its own style sheet, script and pictures; JSON answers may load nothing either way.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The part of it that says where forms lead.
const FORM_ACTION: &str = "form-action 'self'";

// Not `no-referrer`: browsers then send `Origin: null` with our own forms, which tells us nothing (Fetch, section 3.2).
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// How many [`secure`] adds: those that are always there, and four more.
const ADDED: usize = 9;

/// Makes room for the headers of an ordinary answer: growing step by step hashes all of them again at each step.
pub fn make_room(headers: &mut HeaderMap) {
    headers.reserve(ADDED + 3);
}

/// Adds the headers that every answer has, errors included. Nothing is cached unless the answer itself says so.
pub fn secure(headers: &mut HeaderMap, request_id: &str, https: bool) {
    headers.reserve(ADDED);
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID_HEADER, value);
    }
}

/// Lets the forms of one page lead to `origin` as well: browsers hold the redirect that answers a form against the
/// page's policy, too (CSP level 3, section 6.4.1).
pub fn let_forms_lead_to(origin: &str, headers: &mut HeaderMap) {
    // A policy cannot name an IPv6 address.
    let source = if origin.contains('[') { "http:" } else { origin };
    let policy = CONTENT_SECURITY_POLICY.replace(FORM_ACTION, &format!("{FORM_ACTION} {source}"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
