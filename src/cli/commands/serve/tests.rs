use super::*;

#[test]
fn commands_of_this_machine_get_an_address_that_they_can_trust() {
    let public = Some("https://id.example.org");
    for (bound, public, expected) in [
        ("http://127.0.0.1:9000", None, "http://127.0.0.1:9000"),
        ("http://127.0.0.1:9000", public, "http://127.0.0.1:9000"),
        ("http://[::1]:9000", public, "http://[::1]:9000"),
        ("http://0.0.0.0:9000", public, "http://127.0.0.1:9000"),
        ("http://[::]:9000", None, "http://[::1]:9000"),
        ("http://10.0.0.5:9000", None, "http://10.0.0.5:9000"),
        ("http://10.0.0.5:9000", public, "https://id.example.org"),
        ("https://0.0.0.0:8443", None, "https://127.0.0.1:8443"),
        ("https://127.0.0.1:8443", public, "https://id.example.org"),
    ] {
        assert_eq!(address_on_this_machine(bound, public), expected);
    }
}
