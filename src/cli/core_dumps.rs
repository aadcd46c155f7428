//! Keeps passwords, tokens and keys out of core files, and away from other processes of the same user (S-18).

use std::io;

/// Forbids core dumps of this process; those that it starts decide for themselves.
pub(crate) fn forbid() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
