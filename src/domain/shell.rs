//! Words of a POSIX shell, for the lines that we hand to people and agents.

/// Returns `text` as one word of a POSIX shell, whatever it holds.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_hostile_text_stays_one_word() {
        for text in ["a'b", "'; touch pwned; '", "$(id)", "`id`", "a\\", "'\\''", "a b\"c", "$HOME", ""] {
            let echo = format!("WORD={}\nprintf %s \"$WORD\"", quoted(text));
            let output = Command::new("sh").args(["-c", &echo]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
