//! The install script with this server's address in it.

use crate::domain::shell::quoted;

/// The file at the top of the repository, which also runs by itself.
const SCRIPT: &str = include_str!("../../../install.sh");
/// The one line of it that differs.
const UNBAKED: &str = "BAKED_SERVER=''";

/// Returns `install.sh` with the base URL baked in, single-quoted.
///
/// A [`BaseUrl`](crate::server::host::BaseUrl) holds no character that a shell would act on; it is quoted all the same,
/// so that the script does not depend on that.
#[must_use]
pub fn script(base: &str) -> String {
    SCRIPT.replacen(UNBAKED, &format!("BAKED_SERVER={}", quoted(base)), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_one_place_for_the_server() {
        assert_eq!(SCRIPT.matches(UNBAKED).count(), 1);
        let baked = script("https://id.example.org/da");
        assert!(baked.contains("\nBAKED_SERVER='https://id.example.org/da'\n"));
        assert_eq!(baked.lines().count(), SCRIPT.lines().count());
    }

    #[test]
    fn the_last_line_runs_everything() {
        assert_eq!(SCRIPT.lines().last(), Some("{ main \"$@\"; }"));
        assert!(!SCRIPT.lines().any(|line| line.trim_start().starts_with("eval") || line.contains("sudo ")));
    }
}
