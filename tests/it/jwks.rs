//! The published keys, and tokens verified with them by a library that is not ours (S-72, M-22, RFC 7517, RFC 8037).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Api, Run, TestHome, TestServer, jwt_part, keys};

const JWKS: &str = "/.well-known/jwks.json";

/// Verifies tokens with nothing but the server's JWKS and its issuer; `clock` is put before the command.
fn verify(server: &TestServer, clock: &[&str], tokens: &[&str]) -> Vec<Value> {
    let issuer = jwt_part(server.admin().bearer(), 1)["iss"].clone();
    verify_as(server, clock, &issuer, tokens)
}

fn verify_as(server: &TestServer, clock: &[&str], issuer: &Value, tokens: &[&str]) -> Vec<Value> {
    let home = TestHome::new();
    let words = [clock, &["/usr/bin/python3", "-I", "-c", include_str!("offline_verifier.py")]].concat();
    let mut command = home.command(words[0]);
    command.args(&words[1..]);
    let asked = json!({ "jwks": format!("{}{JWKS}", server.url()), "issuer": issuer, "tokens": tokens });
    let run = Run::of(&mut command, asked.to_string().as_bytes()).exits(0);
    serde_json::from_str(&run.stdout).unwrap()
}

fn short_lived(session: &Api) -> Api {
    let made = session.post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": 1 })).is(201).json();
    session.with(made["token"].as_str().unwrap())
}

#[test]
fn public_members_are_published_and_nothing_else() {
    let server = TestServer::start();
    let kid = jwt_part(server.admin().bearer(), 0)["kid"].clone();
    let answer = server.stranger().get(JWKS).is(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let set = answer.json();
    assert_eq!(keys(&set), ["keys"]);
    let key = &set["keys"][0];
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    assert_eq!(keys(key), ["alg", "crv", "kid", "kty", "use", "x"]);
    let word = |name: &str| key[name].as_str().unwrap();
    assert_eq!([word("kty"), word("crv"), word("alg"), word("use")], ["OKP", "Ed25519", "EdDSA", "sig"]);
    assert_eq!((URL_SAFE_NO_PAD.decode(word("x")).unwrap().len(), &key["kid"]), (32, &kid));
}

#[test]
fn a_browser_is_not_sent_away_from_what_is_well_known() {
    let server = TestServer::start();
    let browse = |path: &str| server.stranger().send("GET", path, "Accept: text/html\r\n", "");
    browse(JWKS).is(200);
    browse("/.well-known/nothing").refused_as(404, "not_found");
}

#[test]
fn an_independent_library_verifies_a_session_and_a_token() {
    let server = TestServer::start();
    let admin = server.admin();
    let (token, me) = (short_lived(&admin), admin.get("/auth/me").json());
    let verified = verify(&server, &[], &[admin.bearer(), token.bearer()]);
    for (claims, (kind, bearer)) in verified.iter().zip([("session", &admin), ("pat", &token)]) {
        assert_eq!(claims, &jwt_part(bearer.bearer(), 1), "verified claims are those of the token");
        assert_eq!((&claims["sub"], &claims["email"]), (&me["id"], &json!(ADMIN_EMAIL)));
        assert_eq!((&claims["typ"], &claims["role"]), (&json!(kind), &json!("admin")));
        assert!(claims["iss"].as_str().unwrap().starts_with("urn:uuid:"), "{claims}");
        assert!(claims["exp"].as_i64() > claims["iat"].as_i64(), "{claims}");
    }
    assert_eq!((&verified[0]["sid"], &verified[1]["sid"]), (&verified[0]["jti"], &Value::Null));
}

#[test]
fn an_independent_library_refuses_what_is_forged_foreign_or_past_its_end() {
    let server = TestServer::start();
    let token = short_lived(&server.admin());
    let (head, rest) = token.bearer().split_once('.').unwrap();
    let mut claims = jwt_part(token.bearer(), 1);
    claims["role"] = json!("owner");
    let forged = format!("{head}.{}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()), rest.split_once('.').unwrap().1);
    let other = TestServer::start();
    let foreign = other.admin().with_new_token("elsewhere");
    assert_eq!(
        verify(&server, &[], &[&forged, foreign.bearer()]),
        ["InvalidSignatureError", "PyJWKClientError"],
        "a changed claim, and another installation's token"
    );
    assert_eq!(verify(&server, &["faketime", "-f", "+2d"], &[token.bearer()]), ["ExpiredSignatureError"]);
    let issuer = jwt_part(foreign.bearer(), 1)["iss"].clone();
    assert_eq!(verify_as(&server, &[], &issuer, &[token.bearer()]), ["InvalidIssuerError"]);
}

#[test]
fn a_former_keys_tokens_verify_until_it_is_retired() {
    let mut server = TestServer::start();
    let old = short_lived(&server.admin());
    let kid = jwt_part(old.bearer(), 0)["kid"].as_str().unwrap().to_owned();
    server.terminate();
    server.host(&["server", "keys", "rotate"]).run().exits(0);
    server.restart();
    let new = short_lived(&server.admin());
    let verified = verify(&server, &[], &[old.bearer(), new.bearer()]);
    assert_eq!(verified, [jwt_part(old.bearer(), 1), jwt_part(new.bearer(), 1)]);

    server.terminate();
    server.host(&["server", "keys", "retire", &kid, "--yes"]).run().exits(0);
    server.restart();
    let verified = verify(&server, &[], &[old.bearer(), new.bearer()]);
    assert_eq!(verified, [json!("PyJWKClientError"), jwt_part(new.bearer(), 1)], "its key is published no more");
}

/// Returns the example of the page `verifying_tokens`, for `server`.
fn example(server: &TestServer) -> String {
    let (_, rest) = da::docs::verifying_tokens::TEXT.split_once("```python\n").unwrap();
    let code = rest.split_once("```").unwrap().0;
    let issuer = jwt_part(server.admin().bearer(), 1)["iss"].as_str().unwrap().to_owned();
    let (before, after) = code.split_once("ISSUER = \"").unwrap();
    let after = after.split_once('"').unwrap().1;
    format!("{before}ISSUER = \"{issuer}\"{after}").replace("https://id.example.org", &server.url())
}

#[test]
fn the_example_of_the_documentation_accepts_our_tokens_and_no_others() {
    const USE: &str = "\nimport sys\nfor line in sys.stdin:\n    try:\n        print(verify(line.strip())[\"jti\"])\n    \
                       except jwt.PyJWTError as error:\n        print(type(error).__name__)\n";
    let (server, other) = (TestServer::start(), TestServer::start());
    let (session, token) = (server.admin(), short_lived(&server.admin()));
    let foreign = other.admin();
    let cut = &token.bearer()[..token.bearer().len() - 4];
    let asked = [session.bearer(), token.bearer(), foreign.bearer(), cut].join("\n");
    let home = TestHome::new();
    let mut command = home.command("/usr/bin/python3");
    command.args(["-I", "-c", &format!("{}{USE}", example(&server))]);
    let run = Run::of(&mut command, asked.as_bytes()).exits(0);
    let jti = |api: &Api| jwt_part(api.bearer(), 1)["jti"].as_str().unwrap().to_owned();
    let answers: Vec<_> = run.stdout.lines().collect();
    assert_eq!(answers[..3], [&jti(&session), &jti(&token), "PyJWKClientError"]);
    assert!(answers[3].ends_with("Error"), "{answers:?}");
}
