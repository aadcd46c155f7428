//! What the device of a session is called on a page.

/// Returns what a client called itself, else what its software is.
pub(super) fn of(label: &str, user_agent: &str) -> String {
    match (label, user_agent) {
        ("", "") => "unknown device".to_owned(),
        ("" | "browser", agent) if !agent.is_empty() => software(agent),
        (label, _) => label.to_owned(),
    }
}

/// Returns the browser and the system in few words, where they are known ones. A browser's name is also in those of the
/// browsers that came after it, so the order counts.
fn software(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => user_agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_as_its_owner_knows_it() {
        const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (label, user_agent, shown) in [
            ("", "", "unknown device"),
            ("browser", "", "browser"),
            ("laptop", "da/0.1.0", "laptop"),
            ("", "curl/8.5.0", "curl/8.5.0"),
            ("browser", &format!("{WINDOWS} Chrome/140.0.0.0 Safari/537.36"), "Chrome on Windows"),
            ("browser", &format!("{WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"), "Edge on Windows"),
            ("browser", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "browser",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
        ] {
            assert_eq!(of(label, user_agent), shown);
        }
    }
}
