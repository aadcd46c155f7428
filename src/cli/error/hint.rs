//! The next step to advise where something went wrong: of the layers below, which know no options and no commands.

use std::borrow::Cow;

use crate::{
    api::ErrorCode,
    client::{CertificateFault, ClientError, HttpFailure},
    credentials::{CredentialError, FileError},
    domain::{Role, text::shown},
};

pub(super) fn of_call(error: &ClientError) -> Option<String> {
    let hint = match error {
        ClientError::ClearText { .. } => "Use `https://`, or allow clear text with `--insecure-http`".to_owned(),
        ClientError::Untrusted { fault, .. } => of_certificate(fault).to_owned(),
        ClientError::Unreachable { .. } => {
            "Is the server running? Choose another one with `--server URL` or `DA_SERVER`".to_owned()
        }
        ClientError::Moved { to: Some(_), .. } => {
            "If you trust the new address, name it with `--server URL`".to_owned()
        }
        ClientError::BadAnswer(_) | ClientError::Moved { to: None, .. } => {
            "Is that the address of a da server? Check `--server`".to_owned()
        }
        ClientError::Http(failure) => return of_failure(failure),
        ClientError::CaFile { .. } => "Name a file of PEM certificates with `--ca-file` or `DA_CA_FILE`".to_owned(),
        ClientError::Setup(_) => return None,
    };
    Some(hint)
}

fn of_certificate(fault: &CertificateFault) -> &'static str {
    match fault {
        fault if fault.is_about_trust() => {
            "If this is your server, name its certificate, or that of the authority that signed it, with `--ca-file FILE`"
        }
        CertificateFault::Expired(_) | CertificateFault::NotYetValid(_) => {
            "Check this machine's clock; if it is right, the server needs a new certificate"
        }
        CertificateFault::WrongName(_) => {
            "Use a name in the certificate with `--server URL`, or give the server a certificate for this name"
        }
        CertificateFault::WeakOrWrongSignature => {
            "If the server has a new certificate, name that one with `--ca-file FILE`; otherwise it needs a stronger one"
        }
        _ => "The server needs another certificate; on its host `da server doctor` tells what is wrong with this one",
    }
}

fn of_failure(failure: &HttpFailure) -> Option<String> {
    if failure.wants_session() {
        return Some("Sign in with `da login`; a token from `da token create` cannot do this".to_owned());
    }
    if failure.is(ErrorCode::InvalidLifetime) {
        return Some("Choose another `--ttl`, or leave it out for the server's default".to_owned());
    }
    if failure.is(ErrorCode::UnknownRole) {
        return Some(format!("Roles are {}", Role::ALL.map(Role::as_str).join(", ")));
    }
    if failure.code.is_none() && matches!(failure.status, 404 | 405) {
        return Some("Check the name or id, and whether `--server` names a server that can do this".to_owned());
    }
    failure.retry_after.map(|seconds| format!("Try again in {seconds} s"))
}

pub(super) fn of_credential(error: &CredentialError) -> Option<String> {
    match error {
        CredentialError::File(error) => of_file(error),
        CredentialError::Keyring(_) => {
            Some("Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`".to_owned())
        }
        CredentialError::Damaged { .. } => Some("Run `da logout` to remove it, then `da login`".to_owned()),
        CredentialError::Occupied { owner: Some(owner), .. } => {
            Some(format!("Sign out there first with `da logout --server {owner}`"))
        }
        CredentialError::Occupied { owner: None, .. } => Some("Move the file away, then try again".to_owned()),
        CredentialError::NotKept(_) | CredentialError::Encode(_) => None,
    }
}

pub(super) fn of_file(error: &FileError) -> Option<String> {
    match error {
        FileError::Link(path) => Some(format!("Remove it: `rm '{}'`", shown(&path.to_string_lossy()))),
        FileError::OpenDirectory(path) => Some(format!("Close it: `chmod go-w '{}'`", shown(&path.to_string_lossy()))),
        FileError::NotAFile(_) => Some("Move it away, then try again".to_owned()),
        FileError::Dangling(path) => Some(format!(
            "Make the file that it leads to, or remove the link: `rm '{}'`",
            shown(&path.to_string_lossy())
        )),
        FileError::LinkLoop(path) | FileError::LinkToNoFile { link: path, .. } => {
            Some(format!("Remove the link, `rm '{}'`, or let it lead to a file", shown(&path.to_string_lossy())))
        }
        FileError::LinkToOthers { .. } => {
            Some("Put a copy of the file in the place of the link, or change its owner".to_owned())
        }
        FileError::OthersDirectory(_) => {
            Some("Name a directory of your own with `--config-dir` or `DA_CONFIG_DIR`".to_owned())
        }
        FileError::OutOfReach { .. } => {
            Some("Name another directory with `--config-dir` or `DA_CONFIG_DIR`, or set `HOME`".to_owned())
        }
        FileError::Io { action: "write" | "make" | "lock" | "change", .. } => Some(
            "Let yourself write there, or name another directory with `--config-dir` or `DA_CONFIG_DIR`".to_owned(),
        ),
        FileError::Io { .. } => None,
    }
}

/// The field in which a lifetime is asked for, as the server's texts name it.
const LIFETIME_FIELD: &str = "expires_in_days";

/// Returns what the server says in the words of the command line, where its fields are options.
pub(super) fn in_options(failure: &HttpFailure) -> Cow<'_, str> {
    if failure.is(ErrorCode::InvalidLifetime) {
        failure.detail.replace(LIFETIME_FIELD, "`--ttl`").into()
    } else {
        failure.detail.as_str().into()
    }
}
