//! The text that sets an agent up with `da`: the same on `/install` and from `da setup-instructions`.

use super::{Secret, shell::quoted};

/// Returns the steps: install, take the token, prove it, tell. The token goes to the program by its standard input and
/// is an argument of a shell's own `printf`, so that no process list shows it.
#[must_use]
pub fn instructions(server: &str, token: &Secret) -> Secret {
    let (installer, server, token) =
        (quoted(&format!("{server}/cli/install.sh")), quoted(server), quoted(token.expose()));
    Secret::new(format!(
        "Set up the `da` command for me, step by step, and stop at the first failure:\n\
         1. curl -fsSL {installer} | sh\n\
         2. printf '%s\\n' {token} | ~/.local/bin/da import-token --token - --server {server}\n\
         3. ~/.local/bin/da whoami\n\
         4. ~/.local/bin/da diagnose\n\
         5. Tell me the account, the role and the end of the token that step 3 printed, and nothing of the token itself."
    ))
}
