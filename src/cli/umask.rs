//! The umask: what it takes from the group and from others stays taken, but never the rights of the owner.
//!
//! With a umask such as 0777 every file that `da` makes would be closed to its owner too, and a directory that was just
//! made could not be entered. The mode of each file is chosen where it is made.

/// The rights of the owner.
#[cfg(unix)]
const OWNER: u32 = 0o700;

#[cfg(unix)]
static GIVEN: std::sync::OnceLock<rustix::fs::Mode> = std::sync::OnceLock::new();

/// Lets the owner have what each file is made with. To be called before other threads run: the umask is the process's.
#[cfg(unix)]
pub(crate) fn let_owner() {
    use rustix::{fs::Mode, process::umask};
    let given = umask(Mode::from_raw_mode(0o077));
    let _ = GIVEN.set(given);
    umask(given - Mode::from_raw_mode(OWNER));
}

/// Gives the umask back as it was, for a command that is run by this one.
#[cfg(unix)]
pub(crate) fn give_back() {
    if let Some(given) = GIVEN.get() {
        rustix::process::umask(*given);
    }
}

/// There is no umask here.
#[cfg(not(unix))]
pub(crate) fn let_owner() {}

/// There is no umask here.
#[cfg(not(unix))]
pub(crate) fn give_back() {}
