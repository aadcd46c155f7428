//! The admin socket: its path in the data directory, how `da serve` opens it, and how commands on the host find it (O-01).

use std::path::{Path, PathBuf};

use super::{
    host,
    settings::{HostArgs, Values},
};
use crate::{
    cli::{
        context::Context,
        environment::Environment,
        error::{CliError, Doing as _, Exit},
    },
    client::Client,
    domain::TokenHash,
};

/// What the address of a Unix socket holds on every system: 104 bytes on macOS, its end included (`unix(4)`).
const MAX_PATH_BYTES: usize = 103;

/// Returns where the admin socket of the data directory `dir`, a resolved path, is: in it, or in the user's runtime
/// directory where that path is too long for a socket.
///
/// # Errors
/// What is too long, or who else could put a socket there, and what to do.
pub(crate) fn place(dir: &Path, environment: &Environment) -> Result<PathBuf, CliError> {
    let inside = dir.join("admin.sock");
    if fits(&inside) {
        return Ok(inside);
    }
    let runtime = environment.path("XDG_RUNTIME_DIR");
    #[cfg(unix)]
    if let Some(runtime) = &runtime {
        refuse_shared(runtime, dir)?;
    }
    runtime.map(|runtime| runtime.join(short_name(dir))).filter(|path| fits(path)).ok_or_else(|| {
        let message = format!("The path of the admin socket is too long: `{}`", inside.display());
        let hint = format!("Move the data to a path under {} bytes, or set XDG_RUNTIME_DIR", MAX_PATH_BYTES - 11);
        CliError::said(Exit::Failed, message).with_hint(hint)
    })
}

/// Returns a client that calls the server on the data directory of `args` through its admin socket.
///
/// # Errors
/// When there is no such directory, no server runs on it, or the socket is not the caller's.
pub(crate) fn client(ctx: &Context, args: &HostArgs) -> Result<Client, CliError> {
    let dir = host::data_path(&Values::resolve(args, &[], ctx.environment())?)?;
    connect(ctx, &dir)
}

/// Returns a client to the server that runs on the data directory of `values`, if one does and lets the caller in.
///
/// # Errors
/// When the settings name no directory.
pub(crate) fn running(ctx: &Context, values: &Values) -> Result<Option<Client>, CliError> {
    let dir = host::data_path(values)?;
    // Whatever else is in the way is told by who then tries to take hold of the directory.
    Ok(connect(ctx, &dir).ok())
}

/// Returns a client that calls the server on the data directory `dir` through its admin socket.
///
/// # Errors
/// As [`client`].
#[cfg(unix)]
pub(crate) fn connect(ctx: &Context, dir: &Path) -> Result<Client, CliError> {
    use std::{io::ErrorKind, os::unix::net::UnixStream};
    let no_server = || {
        let message = format!("No server runs on the data directory `{}`", dir.display());
        CliError::said(Exit::Unreachable, message)
            .with_hint("Start it with `da serve`, or name another directory with `--data-dir` or `DA_DATA_DIR`")
    };
    let resolved = dir.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => not_ours(dir),
        _ => no_server(),
    })?;
    let path = place(&resolved, ctx.environment())?;
    match UnixStream::connect(&path) {
        Ok(_) => Client::over_socket(&path, &ctx.client_options()).doing("Nothing was sent"),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(not_ours(&path)),
        Err(_) => Err(no_server()),
    }
}

/// As on Unix; there is no such socket elsewhere.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub(crate) fn connect(_ctx: &Context, _dir: &Path) -> Result<Client, CliError> {
    let message = "There is no admin socket on this system";
    Err(CliError::failed(message).with_hint("Sign in as an admin with `da login` instead"))
}

#[cfg(unix)]
fn not_ours(path: &Path) -> CliError {
    let message = format!("Not allowed to enter `{}`", path.display());
    CliError::failed(message).with_hint("Run this as the user of the server, such as with `sudo -u da`, or as root")
}

/// Refuses a runtime directory in which somebody else could put a socket of theirs, and be sent new passwords: `su` keeps
/// the variable of who calls it, and some systems set it to a place for all. The data directory is private by itself.
#[cfg(unix)]
fn refuse_shared(runtime: &Path, dir: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::MetadataExt as _;
    // Nobody is sent anything in a directory that is not there.
    let Ok(found) = runtime.metadata() else { return Ok(()) };
    let owner = dir.metadata().ok().map(|dir| dir.uid());
    let is_ours = found.uid() == 0 || Some(found.uid()) == owner;
    if is_ours && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    let message = format!("Others can write to `{}`, the place of the admin socket", runtime.display());
    Err(CliError::failed(message).with_hint(
        "Set XDG_RUNTIME_DIR to a directory of the data's owner with mode 0700, or give the data a shorter path",
    ))
}

fn fits(path: &Path) -> bool {
    path.as_os_str().len() <= MAX_PATH_BYTES
}

/// Names one data directory among all whose sockets share a place.
fn short_name(dir: &Path) -> String {
    let hash = TokenHash::of(&dir.to_string_lossy());
    let start: String = hash.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("da-{start}.sock")
}

/// An open admin socket; its file goes with it.
#[cfg(unix)]
pub(crate) struct AdminSocket {
    path: PathBuf,
}

#[cfg(unix)]
impl AdminSocket {
    /// Opens the socket, mode 0600. Call it with the lock of the data directory in hand: a socket that is there already is left
    /// over from a server that was killed.
    pub(crate) fn open(path: PathBuf) -> std::io::Result<(Self, std::os::unix::net::UnixListener)> {
        use std::{
            fs, io,
            os::unix::{
                fs::{FileTypeExt as _, PermissionsExt as _},
                net::UnixListener,
            },
        };
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(&path)?,
            Ok(_) => return Err(io::Error::other("something else has its name; remove it")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        give_to_owner(&path)?;
        Ok((Self { path }, listener))
    }
}

/// Gives the socket that root made to the owner of its directory: after a crash it is theirs to remove. A socket cannot be
/// opened as a file.
#[cfg(unix)]
fn give_to_owner(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, lchown};
    let owner = path.parent().map(std::fs::metadata).transpose()?;
    match owner.filter(|owner| owner.uid() != 0 && rustix::process::geteuid().is_root()) {
        Some(owner) => lchown(path, Some(owner.uid()), Some(owner.gid())),
        None => Ok(()),
    }
}

#[cfg(unix)]
impl Drop for AdminSocket {
    fn drop(&mut self) {
        // One that stays is replaced at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_runtime_directory_where_others_write_is_not_trusted() {
        use std::{fs, os::unix::fs::PermissionsExt as _};
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("x".repeat(120));
        fs::create_dir(&data).unwrap();
        let environment = Environment::of(&[("XDG_RUNTIME_DIR", home.path().to_str().unwrap())]);
        for (mode, trusted) in [(0o700, true), (0o755, true), (0o777, false), (0o1777, false), (0o770, false)] {
            fs::set_permissions(home.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(place(&data, &environment).is_ok(), trusted, "{mode:o}");
        }
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        // Only the superuser can give a directory away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(home.path(), Some(12_345), None).unwrap();
            let error = place(&data, &environment).unwrap_err().to_string();
            assert!(error.contains("Others can write"), "{error}");
            std::os::unix::fs::chown(&data, Some(12_345), None).unwrap();
            assert!(place(&data, &environment).is_ok());
        }
        let short = Path::new("/var/lib/da");
        assert_eq!(place(short, &environment).unwrap(), short.join("admin.sock"));
    }

    #[test]
    fn a_long_path_moves_to_the_runtime_directory_or_is_told() {
        let runtime = Environment::of(&[("XDG_RUNTIME_DIR", "/run/user/1000")]);
        let none = Environment::of(&[]);
        let short = Path::new("/var/lib/da");
        assert_eq!(place(short, &runtime).unwrap(), short.join("admin.sock"));
        let long = PathBuf::from(format!("/srv/{}", "x".repeat(120)));
        let moved = place(&long, &runtime).unwrap();
        assert!(moved.starts_with("/run/user/1000") && fits(&moved), "{}", moved.display());
        assert_ne!(moved, place(&long.join("other"), &runtime).unwrap());
        assert!(place(&long, &none).unwrap_err().to_string().contains("too long"));
    }
}
