//! Signing in without a password typed here: in the browser of this machine, or of any other device.

mod browser;
pub(super) mod device;
mod launch;
pub(super) mod listener;

pub(super) use browser::by_browser;
pub(super) use device::{by_device, paired};

use super::{
    context::Context,
    environment::Environment,
    error::{CliError, Exit},
};

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In the browser of this machine, which is opened or not.
    Browser { opened: bool },
    /// In the browser of another device, by a code (RFC 8628).
    Device,
}

impl Way {
    /// Returns what suits the terminal on which somebody sits.
    pub(super) fn of(environment: &Environment) -> Self {
        let is_remote = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| environment.has(name));
        let has_display =
            cfg!(any(target_os = "macos", windows)) || environment.has("DISPLAY") || environment.has("WAYLAND_DISPLAY");
        if has_display && !is_remote { Self::Browser { opened: true } } else { Self::Device }
    }
}

/// Says why a password is asked for although nobody wanted one.
fn note_old_server(ctx: &Context) {
    ctx.ui().note("This server knows no sign-in by browser or device; it takes a password");
}

fn denied() -> CliError {
    CliError::said(Exit::NotSignedIn, "The sign-in was denied")
}

fn too_late() -> CliError {
    CliError::said(Exit::NotSignedIn, "Nobody approved the sign-in in time").with_hint("Run the command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_opened_only_where_somebody_sees_it() {
        let of = |variables: &[(&str, &str)]| Way::of(&Environment::of(variables));
        let (browser, device) = (Way::Browser { opened: true }, Way::Device);
        let bare = if cfg!(any(target_os = "macos", windows)) { browser } else { device };
        assert_eq!(of(&[]), bare);
        assert_eq!(of(&[("DISPLAY", "")]), bare);
        assert_eq!(of(&[("DISPLAY", ":0")]), browser);
        assert_eq!(of(&[("WAYLAND_DISPLAY", "wayland-0")]), browser);
        for ssh in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"] {
            assert_eq!(of(&[("DISPLAY", "localhost:10.0"), (ssh, "x")]), device);
        }
    }
}
