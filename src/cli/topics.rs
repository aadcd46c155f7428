//! Help topics that are pages of the documentation: `da help TOPIC`, and a manual page of section 7 for each.

use crate::docs;

/// A page of the documentation as a help topic.
pub(crate) struct Topic {
    /// The word after `da help`, and after `da-` in the name of the manual page.
    pub(crate) name: &'static str,
    /// What it is about, in a few words.
    pub(crate) summary: &'static str,
    /// The page as Markdown.
    pub(crate) text: &'static str,
}

/// Every topic, in the order in which help lists them.
pub(crate) const TOPICS: [Topic; 4] = [
    Topic {
        name: "operations",
        summary: "run a server: proxy, TLS, systemd, monitoring, backup, keys, upgrade",
        text: docs::operations::TEXT,
    },
    Topic {
        name: "verify",
        summary: "check tokens in your own application, online or offline",
        text: docs::verifying_tokens::TEXT,
    },
    Topic {
        name: "api",
        summary: "conventions of the HTTP API: credentials, errors, lists, limits",
        text: docs::http_api::TEXT,
    },
    Topic {
        name: "security",
        summary: "what da protects against, what it does not, and what must hold",
        text: docs::threat_model::TEXT,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::markdown::{parse, roff, terminal};

    /// Returns the words of a page without the characters of its markup.
    fn words(text: &str) -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("```") && !line.starts_with("|--"));
        let text: String = lines.map(|line| format!("{line} ")).collect();
        let plain = text.replace(['`', '*', '#', '|'], " ");
        plain.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn nothing_of_a_page_is_lost() {
        for topic in &TOPICS {
            let page = parse(topic.text);
            let shown = words(&terminal::render(&page, 10_000));
            let missing: Vec<_> = words(topic.text).into_iter().filter(|word| !shown.contains(word)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", topic.name);
            assert!(roff::render(&page).starts_with(".SH DESCRIPTION\n"), "{}", topic.name);
        }
    }
}
