//! What git and docker ask their credential helper.

use da::cli::rendered::{for_docker, for_git};
use url::Url;

/// One host that is reached by TLS alone, and one on this machine.
const HOSTS: [&str; 2] = ["git.example.org", "127.0.0.1:8080"];

/// A token is for the one host that was named, and is not sent where others read along.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for host in HOSTS {
        git(host, text);
        git(host, &format!("protocol=https\nhost={host}\n{text}"));
        docker(host, text.trim());
    }
}

fn git(host: &str, question: &str) {
    let value = |name: &str| {
        let told = question.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('='));
        told.filter(|(key, _)| *key == name).map(|(_, value)| value).last().unwrap_or_default()
    };
    let is_due = value("host").eq_ignore_ascii_case(host) && (value("protocol") == "https" || host.starts_with("127."));
    let name = for_git(host, question);
    assert_eq!(name.is_some(), is_due, "{question:?}");
    if let Some(name) = name {
        assert!(!name.is_empty() && !name.contains('\n'), "a line is a line: {name:?}");
        assert!(value("username") == name || value("username").is_empty());
    }
}

fn docker(host: &str, address: &str) {
    if !for_docker(host, address) {
        return;
    }
    let address = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let url = Url::parse(&address).expect("an address that docker can reach");
    let named = Url::parse(&format!("{}://{host}", url.scheme())).expect("a host");
    assert_eq!((url.host_str(), url.port()), (named.host_str(), named.port()), "{address}");
    assert!(url.scheme() == "https" || host.starts_with("127."), "{address}");
}
