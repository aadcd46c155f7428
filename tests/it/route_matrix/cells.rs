//! Every cell: line x credential x role, and what the line's `access` alone says of it.

use da::{
    api::{Access, Method},
    domain::Role,
    server::{router::table, url_map::RouteInfo},
};

use super::{
    FORM_TOKEN, UNKNOWN_ID,
    cast::{Cast, Credential},
    path,
};
use crate::support::Answer;

/// What a cell must answer.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// Exactly this status and code.
    Refused(u16, &'static str),
    /// Anything that is neither a refusal of the caller nor a fault of the server.
    Open,
    /// The same, or a refusal because another site has sent it: public lines may look at the origin themselves.
    OpenUnlessForeign,
}

fn expected(access: Access, writes: bool, credential: Credential, role: Role) -> Expected {
    let foreign = writes && credential == Credential::ForeignCookie;
    match (access, credential.rejection()) {
        (Access::Public, _) if foreign => Expected::OpenUnlessForeign,
        (Access::Public, _) => Expected::Open,
        (_, Some(code)) => Expected::Refused(401, code),
        (_, None) if foreign => Expected::Refused(403, "cross_origin"),
        (Access::Any | Access::Session | Access::SessionOrItself | Access::Admin, None)
            if credential == Credential::HeldSession =>
        {
            Expected::Refused(403, "password_change_required")
        }
        (Access::Admin, None) if role < Role::Admin => Expected::Refused(403, "role_required"),
        (Access::Host, None) => Expected::Refused(403, "host_required"),
        // The id of these calls names nothing, so that no token is the one it names.
        (Access::Session | Access::SessionEvenHeld | Access::SessionOrItself, None) if !credential.is_session() => {
            Expected::Refused(403, "session_required")
        }
        (_, None) => Expected::Open,
    }
}

/// Calls a line with an id that nothing has, and with an empty object or form, so that what is allowed changes little.
fn call(cast: &Cast, line: &RouteInfo, method: &str, credential: Credential) -> Answer {
    // A system that nothing is built for: the download answers with a sentence, not with a program.
    let target = format!("{}?os=none", path(line, UNKNOWN_ID));
    let (kind, body) = match (line.method, line.page) {
        (Method::Get, _) => ("", String::new()),
        (_, true) => ("Content-Type: application/x-www-form-urlencoded\r\n", format!("form_token={FORM_TOKEN}")),
        (_, false) => ("Content-Type: application/json\r\n", "{}".to_owned()),
    };
    cast.stranger().send(method, &target, &format!("{}{kind}", cast.headers(credential)), &body)
}

#[track_caller]
fn check(cell: &str, expected: &Expected, answer: &Answer) {
    let code = || answer.json()["code"].as_str().unwrap().to_owned();
    match expected {
        Expected::Refused(status, code) if answer.body.is_empty() => {
            assert_eq!(answer.status, *status, "{cell}: {code}");
        }
        Expected::Refused(status, expected) => {
            assert_eq!((answer.status, code().as_str()), (*status, *expected), "{cell}");
        }
        Expected::OpenUnlessForeign if answer.status == 403 => assert_eq!(code(), "cross_origin", "{cell}"),
        Expected::Open | Expected::OpenUnlessForeign => {
            assert!(!matches!(answer.status, 401 | 403), "{cell}: {} {}", answer.status, answer.text());
            assert!(answer.status < 500, "{cell}: {} {}", answer.status, answer.text());
        }
    }
}

fn every_cell_of(role: Role) {
    let mut cast = Cast::of(role);
    for line in table() {
        let writes = line.method != Method::Get;
        let methods = if writes { vec![line.method.as_str()] } else { vec!["GET", "HEAD"] };
        for method in methods {
            for credential in Credential::ALL {
                let answer = call(&cast, &line, method, credential);
                let cell = format!("{method} {} by {credential:?} of {role}", line.path);
                check(&cell, &expected(line.access, writes, credential, role), &answer);
                if writes && answer.status < 400 {
                    cast.restore();
                }
            }
        }
    }
}

#[test]
fn a_viewer_reaches_what_the_map_says_and_nothing_else() {
    every_cell_of(Role::Viewer);
}

#[test]
fn an_analyst_reaches_what_the_map_says_and_nothing_else() {
    every_cell_of(Role::Analyst);
}

#[test]
fn a_km_admin_reaches_what_the_map_says_and_nothing_else() {
    every_cell_of(Role::KmAdmin);
}

#[test]
fn an_admin_reaches_what_the_map_says_and_nothing_else() {
    every_cell_of(Role::Admin);
}

#[test]
fn the_expectations_hold_every_kind_of_refusal() {
    let of = |access, writes, credential, role| expected(access, writes, credential, role);
    use Credential as By;
    assert_eq!(of(Access::Any, false, By::None, Role::Admin), Expected::Refused(401, "missing_credential"));
    assert_eq!(of(Access::Any, false, By::ForeignCookie, Role::Viewer), Expected::Open);
    assert_eq!(of(Access::Any, true, By::ForeignCookie, Role::Admin), Expected::Refused(403, "cross_origin"));
    assert_eq!(of(Access::Session, true, By::Token, Role::Admin), Expected::Refused(403, "session_required"));
    assert_eq!(of(Access::SessionOrItself, true, By::Token, Role::Admin), Expected::Refused(403, "session_required"));
    assert_eq!(of(Access::SessionOrItself, true, By::Session, Role::Viewer), Expected::Open);
    assert_eq!(of(Access::Admin, false, By::Session, Role::KmAdmin), Expected::Refused(403, "role_required"));
    assert_eq!(of(Access::Host, true, By::Session, Role::Admin), Expected::Refused(403, "host_required"));
    assert_eq!(of(Access::Admin, true, By::Token, Role::Admin), Expected::Open);
    let held = || Expected::Refused(403, "password_change_required");
    assert_eq!(of(Access::Any, false, By::HeldSession, Role::Viewer), held());
    assert_eq!(of(Access::Admin, false, By::HeldSession, Role::Viewer), held());
    assert_eq!(of(Access::SessionEvenHeld, true, By::HeldSession, Role::Admin), Expected::Open);
    assert_eq!(of(Access::SessionEvenHeld, true, By::Token, Role::Admin), Expected::Refused(403, "session_required"));
}
