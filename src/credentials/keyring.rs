//! The keyring of the operating system, behind a deadline.

use std::{cell::OnceCell, sync::mpsc, thread, time::Duration};

use ::keyring::v1::Entry;

use crate::domain::Secret;

/// The name under which the keyring files our entries (D-19).
const SERVICE: &str = "da";
/// How long a keyring may take to say that it is there. One behind a bus that never answers blocks for 45 s and more.
const PROBE_DEADLINE: Duration = Duration::from_secs(2);

/// Why the keyring is of no use now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// It did not answer.
    #[error("the keyring did not answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// There is none, or it refused.
    #[error("{0}")]
    Unavailable(String),
}

/// A place that keeps secrets by account; an interface, as tests must not touch the user's own keyring.
pub trait Keyring {
    /// Tells whether it can be used at all.
    ///
    /// # Errors
    /// Why not.
    fn status(&self) -> Result<(), KeyringError>;

    /// Returns the secret of `account`, if there is one.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError>;

    /// Stores the secret of `account`, replacing an older one.
    ///
    /// # Errors
    /// When it was not stored.
    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError>;

    /// Removes the secret of `account`; tells whether there was one.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn delete(&self, account: &str) -> Result<bool, KeyringError>;
}

/// The operating system's own.
#[derive(Debug)]
pub struct OsKeyring {
    reachable: bool,
    patience: Duration,
    /// Asked once: a keyring that does not answer is waited for once in a run.
    status: OnceCell<Result<(), KeyringError>>,
}

impl OsKeyring {
    /// Takes whether there is a way to it (on Linux a session bus), and how long one operation may take: a person may
    /// have to unlock it, a job has nobody who could.
    #[must_use]
    pub fn new(reachable: bool, patience: Duration) -> Self {
        Self { reachable, patience, status: OnceCell::new() }
    }

    fn operate<T: Send + 'static>(
        &self,
        account: &str,
        operation: impl FnOnce(&Entry) -> ::keyring::v1::Result<T> + Send + 'static,
    ) -> Result<Option<T>, KeyringError> {
        self.status()?;
        let account = account.to_owned();
        within(self.patience, move || match Entry::new(SERVICE, &account).and_then(|entry| operation(&entry)) {
            Ok(value) => Ok(Some(value)),
            Err(::keyring::v1::Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        })
    }
}

impl Keyring for OsKeyring {
    fn status(&self) -> Result<(), KeyringError> {
        if !self.reachable {
            return Err(KeyringError::Unavailable("there is no session bus (D-Bus)".to_owned()));
        }
        let probe = || within(PROBE_DEADLINE, || Entry::store_status().as_ref().copied().map_err(unavailable));
        self.status.get_or_init(probe).clone()
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self.operate(account, Entry::get_password)?.map(Secret::new))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError> {
        let secret = secret.clone();
        self.operate(account, move |entry| entry.set_password(secret.expose())).map(drop)
    }

    fn delete(&self, account: &str) -> Result<bool, KeyringError> {
        Ok(self.operate(account, Entry::delete_credential)?.is_some())
    }
}

/// Says what happened without the error's own text where that could hold the secret.
fn unavailable(error: &::keyring::v1::Error) -> KeyringError {
    use ::keyring::v1::Error;
    let text = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the keyring's entry is damaged".to_owned(),
        Error::NoDefaultStore => "there is no keyring".to_owned(),
        Error::NoStorageAccess(_) => "it is locked".to_owned(),
        // The bus's own word, as the library has no error for it.
        Error::PlatformFailure(reason) if reason.to_string().contains("ServiceUnknown") => {
            "no secret service answers on the session bus".to_owned()
        }
        Error::PlatformFailure(reason) => reason.to_string(),
        other => other.to_string(),
    };
    KeyringError::Unavailable(text)
}

/// Runs `job` on a thread of its own and leaves it behind when time runs out: nothing can stop a call that hangs.
fn within<T: Send + 'static>(
    deadline: Duration,
    job: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        // Nobody listens any more when the deadline has passed.
        let _ = sender.send(job());
    });
    if let Err(error) = spawned {
        return Err(KeyringError::Unavailable(error.to_string()));
    }
    match receiver.recv_timeout(deadline) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(KeyringError::NoAnswer(deadline)),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(KeyringError::Unavailable("the keyring's library failed".to_owned()))
        }
    }
}

#[cfg(test)]
mod unit {
    use std::time::Instant;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a keyring that hangs is the case")]
    fn a_keyring_that_never_answers_is_given_up() {
        let started = Instant::now();
        let deadline = Duration::from_millis(50);
        let result = within(deadline, || {
            thread::sleep(Duration::from_secs(5));
            Ok(())
        });
        assert_eq!(result, Err(KeyringError::NoAnswer(deadline)));
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_library_that_panics_is_an_error() {
        let result = within(Duration::from_secs(5), || -> Result<(), KeyringError> { panic!("as a library might") });
        assert!(matches!(result, Err(KeyringError::Unavailable(_))));
    }

    #[test]
    fn without_a_bus_nothing_is_asked() {
        let keyring = OsKeyring::new(false, Duration::from_secs(5));
        assert!(matches!(keyring.get("x"), Err(KeyringError::Unavailable(_))));
    }
}
