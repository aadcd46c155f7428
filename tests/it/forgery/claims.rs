//! Forged claims: changed under the old signature, and signed anew with the true key.

use serde_json::{Value, json};
use uuid::Uuid;

use super::workshop::{Forgery, Workshop, encoded};
use crate::support::{Api, TestServer, jwt_part, stored_id};

const LATER: i64 = 4_102_444_800;

fn other_typ(shop: &Workshop) -> &'static str {
    if shop.claims["typ"] == "pat" { "session" } else { "pat" }
}

/// Returns sets of claims that somebody would like to have.
fn wishes() -> Vec<Value> {
    let someone = Uuid::new_v4().to_string();
    vec![
        json!({ "role": "admin " }),
        json!({ "role": "owner" }),
        json!({ "role": ["admin"] }),
        json!({ "email": "mallory@example.com" }),
        json!({ "sub": someone }),
        json!({ "iat": 0 }),
        json!({ "iat": LATER }),
        json!({ "nbf": LATER }),
        json!({ "nbf": "soon" }),
        json!({ "exp": LATER }),
        json!({ "exp": LATER.to_string() }),
        json!({ "exp": -1 }),
        json!({ "exp": 0 }),
        json!({ "exp": 1.5e300 }),
        json!({ "exp": [LATER] }),
        json!({ "exp": true }),
        json!({ "exp": {} }),
        json!({ "exp": u64::MAX }),
        json!({ "iss": "urn:uuid:00000000-0000-4000-8000-000000000000" }),
        json!({ "iss": null }),
        json!({ "iss": 7 }),
        json!({ "aud": "another" }),
        json!({ "aud": ["another"] }),
        json!({ "scopes": ["*"] }),
        json!({ "sid": someone }),
        json!({ "act": { "sub": someone } }),
        json!({ "is_owner": true }),
    ]
}

/// Wishes, and another identity, under the real signature.
pub(super) fn changed(shop: &Workshop) -> Vec<Forgery> {
    let mut wishes = wishes();
    wishes.extend([
        json!({ "jti": Uuid::new_v4() }),
        json!({ "typ": other_typ(shop) }),
        json!({ "typ": "service" }),
        json!({ "exp": null, "x": 1 }),
    ]);
    wishes
        .into_iter()
        .map(|wish| {
            let claims = encoded(shop.claims_with(wish.clone()).to_string());
            Forgery::generic(format!("{wish}"), format!("{}.{claims}.{}", shop.segment(0), shop.segment(2)))
        })
        .collect()
}

/// What a thief of the signing key could make: signed by the server's own key, unknown to its store (D-07).
pub(super) fn truly_signed(shop: &Workshop) -> Vec<Forgery> {
    let sign = |claims: Value| shop.sign(&shop.header, &shop.claims_with(claims));
    // Known to the store, but not the token that was handed out.
    let mut cases: Vec<Forgery> =
        wishes().into_iter().map(|wish| Forgery::specific(format!("{wish}"), sign(wish), "token_mismatch")).collect();
    let blanks = serde_json::to_string_pretty(&shop.claims).unwrap();
    let header = shop.header.to_string();
    cases.push(Forgery::specific("the same claims with blanks", shop.sign_text(header, blanks), "token_mismatch"));
    // Not known to the store.
    let other = other_typ(shop);
    let strange = [
        ("a random jti", json!({ "jti": Uuid::new_v4() }), "token_unknown"),
        ("a random jti of the other kind", json!({ "jti": Uuid::new_v4(), "typ": other }), "token_unknown"),
        ("the other kind", json!({ "typ": other }), "token_unknown"),
        ("the nil jti", json!({ "jti": Uuid::nil() }), "token_unknown"),
        ("random jti and sub", json!({ "jti": Uuid::new_v4(), "sub": Uuid::new_v4() }), "account_unknown"),
    ];
    cases.extend(strange.map(|(name, claims, code)| Forgery::specific(name, sign(claims), code)));
    // Not even a shape that is looked up.
    for name in ["jti", "sub", "typ"] {
        for value in [json!(1), json!(true), json!([]), json!({}), json!(""), json!("x"), json!("' OR 1=1 --")] {
            cases.push(Forgery::generic(format!("{name} {value}"), sign(json!({ name: value }))));
        }
        cases.push(Forgery::generic(format!("{name} absent"), sign(json!({ name: null }))));
    }
    for typ in ["PAT", "Session", "pat ", "service", "refresh", "access", "session,pat"] {
        cases.push(Forgery::generic(format!("typ `{typ}`"), sign(json!({ "typ": typ }))));
    }
    let jti = shop.claims["jti"].as_str().unwrap();
    for (n, spelling) in [jti.to_uppercase(), jti.replace('-', ""), format!("{{{jti}}}"), format!("urn:uuid:{jti}")]
        .into_iter()
        .enumerate()
    {
        let claims = sign(json!({ "jti": spelling }));
        if claims != shop.real {
            cases.push(Forgery::refused(format!("jti spelling {n}"), claims));
        }
    }
    cases
}

/// Real tokens that have ended, each in its own way, and signed ones of users that have.
pub(super) fn ended(server: &TestServer) -> Vec<Forgery> {
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let mut cases = of_one_user(server, &eve);
    for (email, end, code) in
        [("off@example.com", "deactivate", "account_deactivated"), ("gone@example.com", "delete", "account_unknown")]
    {
        let user = server.user(&admin, email, "admin");
        let token = user.with_new_token("his");
        let shop = Workshop::open(server, user.bearer());
        let path = format!("/api/users/{}", shop.claims["sub"].as_str().unwrap());
        match end {
            "delete" => admin.delete(&path).is(204),
            _ => admin.post_empty(&format!("{path}/deactivate")).is(200),
        };
        let forged = shop.sign(&shop.header, &shop.claims_with(json!({ "jti": Uuid::new_v4() })));
        cases.push(Forgery::specific(format!("session of {email}"), user.bearer().to_owned(), code));
        cases.push(Forgery::specific(format!("token of {email}"), token.bearer().to_owned(), code));
        cases.push(Forgery::specific(format!("truly signed for {email}"), forged, code));
    }
    cases
}

fn of_one_user(server: &TestServer, eve: &Api) -> Vec<Forgery> {
    let (expired, revoked) = (eve.with_new_token("expired"), eve.with_new_token("revoked"));
    let id = |caller: &Api| jwt_part(caller.bearer(), 1)["jti"].as_str().unwrap().to_owned();
    server.change_store(
        "UPDATE personal_access_tokens SET expires_at = created_at + 1 WHERE id = ?1",
        [stored_id(&id(&expired))],
    );
    eve.delete(&format!("/auth/tokens/{}", id(&revoked))).is(204);
    let later = Workshop::open(server, expired.bearer());
    let later = later.sign(&later.header, &later.claims_with(json!({ "exp": LATER })));
    let again = Workshop::open(server, revoked.bearer());
    let again = again.sign(&again.header, &again.claims_with(json!({ "iat": LATER })));
    eve.post_empty("/auth/logout").is(200);
    vec![
        Forgery::specific("expired", expired.bearer().to_owned(), "token_expired"),
        Forgery::specific("expired, signed anew with a later end", later, "token_expired"),
        Forgery::specific("revoked", revoked.bearer().to_owned(), "token_revoked"),
        Forgery::specific("revoked, signed anew", again, "token_revoked"),
        Forgery::specific("signed out", eve.bearer().to_owned(), "token_revoked"),
    ]
}
