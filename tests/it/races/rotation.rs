//! Rotating a token while it is rotated or revoked: O-06, S-26.

use serde_json::json;

use super::at_once;
use crate::support::TestServer;

#[test]
fn of_many_rotations_of_one_token_one_wins() {
    let server = TestServer::start();
    let admin = server.admin();
    let path = format!("/auth/tokens/{}/rotate", admin.create_token("ci")["id"].as_str().unwrap());
    let answers = at_once((0..30).collect(), |_: usize| admin.post_empty(&path));
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 29));
    for answer in lost {
        answer.refused_as(409, "token_rotated");
    }
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 2);
    let rows = admin.get("/api/admin/audit?action=token.rotate").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_token_that_rotates_itself_at_once_gets_one_successor() {
    let server = TestServer::start();
    let admin = server.admin();
    let made = admin.post("/auth/tokens", &json!({ "name": "ci", "renewable": true })).is(201).json();
    let (token, id) = (admin.with(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned());
    let statuses = at_once((0..20).collect(), |_: usize| token.post_empty(&format!("/auth/tokens/{id}/rotate")).status);
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
}

/// Whichever comes first: a revoked token is not rotated, and a rotated one is revoked all the same.
#[test]
fn rotation_and_revocation_have_one_order() {
    let server = TestServer::start();
    let admin = server.admin();
    for round in 0..10 {
        let made = admin.post("/auth/tokens", &json!({ "name": "ci", "renewable": true })).is(201).json();
        let (token, id) = (admin.with(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned());
        let path = format!("/auth/tokens/{id}");
        let answers = at_once(vec!["rotate", "revoke", "itself"], |what| match what {
            "revoke" => admin.delete(&path),
            "rotate" => admin.post_empty(&format!("{path}/rotate")),
            _ => token.post_empty(&format!("{path}/rotate")),
        });
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let rotated = answers.iter().filter(|answer| answer.status == 201).count();
        assert!(statuses[1] == 204 && rotated <= 1, "round {round}: {statuses:?}");
        assert!(matches!(statuses[0], 201 | 409) && matches!(statuses[2], 201 | 401 | 409), "{statuses:?}");
        token.get("/auth/me").refused(401, "token_revoked", "Token revoked");
        // What the token rotated itself into is revoked with it; what its owner rotated stays.
        for (answer, status) in [(&answers[0], 200), (&answers[2], 401)] {
            if answer.status == 201 {
                admin.with(answer.json()["token"].as_str().unwrap()).get("/auth/me").is(status);
            }
        }
        let row = admin.get(&path).is(200).json();
        assert_eq!(row["replaced_by"].is_string(), rotated == 1, "{row}");
    }
}
