//! The query of `/authorize`: a program on the browser's machine asks for a session (RFC 8252, RFC 7636).

use da::server::web::authorize::destination;
use url::{Url, form_urlencoded};

const CODE: &str = "dac_c0de&error=x#f";
const ISSUER: &str = "urn:da:instance";

/// Whatever is asked, a code goes to a port of this machine, with the asker's own `state` and nothing else of theirs; and
/// only to one who asks by the standard.
pub fn check(data: &[u8]) {
    let Ok(address) = destination(data, ("code", CODE), ISSUER) else { return };
    let fields: Vec<(String, String)> = form_urlencoded::parse(data).into_owned().collect();
    let one = |name: &str| {
        let mut values = fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let value = values.next().expect("an accepted request has it");
        assert_eq!(values.next(), None, "{name} is told twice");
        value
    };
    for (name, value) in [("response_type", "code"), ("client_id", "da-cli"), ("code_challenge_method", "S256")] {
        assert_eq!(one(name), value);
    }
    assert_eq!(one("code_challenge").len(), 43);

    assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "it can stand in a header: {address:?}");
    let url = Url::parse(&address).expect("a browser can follow it");
    assert_eq!(url.scheme(), "http");
    assert!(matches!(url.host_str(), Some("127.0.0.1" | "[::1]")), "{address}");
    assert!(url.port_or_known_default().is_some_and(|port| port > 0));
    assert!(url.path() == "/callback" && url.username().is_empty() && url.password().is_none());
    assert_eq!(url.fragment(), None);
    assert_eq!(address.split('?').next(), Some(one("redirect_uri")));
    let brought: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [("code", CODE), ("state", one("state")), ("iss", ISSUER)];
    assert_eq!(brought, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
