//! The first admin, and the way back in for a locked-out one (D-14).

use std::{
    fs, io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    App, AppError, Origin, SystemScope,
    authz::{Administrator, entry},
    logins::{SignIn, insert_session, remove_password, replace_password},
    private_file,
    sessions::SessionRequest,
    throttle::Tried,
    users::{end_access_by_token, insert_reset},
};
use crate::{
    domain::{Action, DisplayName, Email, RevokedReason, Role, Secret, Timestamp, TokenHash, User, UserId, Via},
    store::Writer,
};

/// The one-time code that guards first-admin set-up over HTTP; lives in a private file until it is used.
///
/// Without a code nobody gets through: there is an admin.
#[derive(Debug, Default)]
pub struct SetupCode(Mutex<Option<(Secret, PathBuf)>>);

impl SetupCode {
    fn open(&self, file: PathBuf) -> io::Result<()> {
        let code = match private_file::read(&file) {
            Ok(code) if !code.expose().trim().is_empty() => Secret::new(code.expose().trim().to_owned()),
            Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "the setup code file is empty; remove it")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let code = random_code().ok_or_else(|| io::Error::other("no random bytes"))?;
                private_file::write_new(&file, format!("{}\n", code.expose()).as_bytes())?;
                code
            }
            Err(error) => return Err(error),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((code, file));
        Ok(())
    }

    fn check(&self, tried: Option<&Secret>) -> Result<(), AppError> {
        let code = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*code, tried) {
            (None, _) => Err(AppError::BootstrapClosed),
            (Some((code, _)), Some(tried)) if code.matches(tried.expose().trim()) => Ok(()),
            (Some(_), _) => Err(AppError::WrongSetupCode),
        }
    }

    fn close(&self) {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((_, file)) = used
            && let Err(error) = fs::remove_file(&file)
        {
            tracing::warn!(%error, file = %file.display(), "the used setup code file was not removed");
        }
    }
}

/// Returns 256 random bits as 43 characters (S-10).
fn random_code() -> Option<Secret> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).ok()?;
    Some(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Returns a new one-time value for a reset.
pub(super) fn random_reset_value() -> Result<Secret, AppError> {
    random_code().ok_or_else(|| AppError::Internal("no random bytes".to_owned()))
}

impl App {
    /// Tells whether there is an admin, active or not; until then the setup code opens first-admin set-up.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn has_admin(&self) -> Result<bool, AppError> {
        self.store.read(|reader| Ok(reader.has_admin()?))
    }

    /// Opens first-admin set-up over HTTP with the one-time code in `file`, made if it is not there; call it while there
    /// is no admin.
    ///
    /// # Errors
    /// Those of reading and writing the file.
    pub fn open_setup(&self, file: PathBuf) -> io::Result<()> {
        self.setup.open(file)
    }

    /// Makes the first admin with the setup code and signs them in.
    ///
    /// # Errors
    /// [`AppError::BootstrapClosed`] once there is an admin, [`AppError::WrongSetupCode`], and the rules for a new
    /// user. The code stays good until it has worked.
    pub fn bootstrap(
        &self,
        code: Option<&Secret>,
        email: &str,
        name: &str,
        password: &Secret,
        request: &SessionRequest,
        origin: &Origin,
    ) -> Result<SignIn, AppError> {
        self.throttle.admit_address(Tried::SetupCode, origin.ip, Instant::now())?;
        self.setup.check(code)?;
        let admin = self.new_admin(email.parse()?, name.parse()?);
        let hash = self.passwords.hash_new(password)?;
        let now = self.clock.now();
        let made = self.new_session(&admin, request, origin, now)?;
        let (row, origin) = (made.row(), origin.clone());
        let user = self.store.write(move |writer| {
            if writer.has_admin()? {
                return Err(AppError::BootstrapClosed);
            }
            let user = insert_first_admin(writer, admin, &hash, now)?;
            insert_session(writer, &row)?;
            let via = Via::Session(row.session.id);
            let entry = entry(&origin, Some(user.id), via, Action::Bootstrap, format!("user:{}", user.id));
            writer.append_audit(&entry, now)?;
            Ok(user)
        })?;
        self.setup.close();
        Ok(SignIn::of(made, user))
    }

    /// Makes the first admin on the host; does nothing once there is one. Tells whether it did.
    ///
    /// # Errors
    /// The rules for a new user, [`AppError::Store`].
    pub fn first_admin(&self, _by: SystemScope, email: Email, password: &Secret) -> Result<bool, AppError> {
        if self.has_admin()? {
            return Ok(false);
        }
        let admin = self.new_admin(email, "".parse()?);
        let hash = self.passwords.hash_new(password)?;
        let now = self.clock.now();
        let made = self.store.write(move |writer| {
            if writer.has_admin()? {
                return Ok::<_, AppError>(false);
            }
            let user = insert_first_admin(writer, admin, &hash, now)?;
            let resource = format!("user:{}", user.id);
            let entry = entry(&Origin::host(), Some(user.id), Via::System, Action::Bootstrap, resource);
            writer.append_audit(&entry, now)?;
            Ok(true)
        })?;
        self.setup.close();
        Ok(made)
    }

    /// Makes or re-activates an admin on the host and ends old sessions (D-14, O-01): sets the password, or without one
    /// returns a one-time value by which it can be set.
    ///
    /// # Errors
    /// [`AppError::WeakPassword`], [`AppError::Store`].
    pub fn recover_admin(
        &self,
        by: SystemScope,
        email: Email,
        password: Option<&Secret>,
        origin: &Origin,
    ) -> Result<(User, Option<Secret>), AppError> {
        let (hash, value) = match password {
            Some(password) => (Some(self.passwords.hash_new(password)?), None),
            None => (None, Some(random_reset_value()?)),
        };
        let value_hash = value.as_ref().map(|value| TokenHash::of(value.expose()));
        let (now, lifetime) = (self.clock.now(), self.settings.reset_lifetime);
        let (fresh, origin) = (self.new_admin(email.clone(), "".parse()?), origin.clone());
        let user = self.store.write(move |writer| {
            let user = restore_admin(writer, fresh, now)?;
            match &hash {
                Some(hash) => replace_password(writer, user.id, hash, None, false, now)?,
                // The old password ends with the old sessions, so that it does not count as a way to sign in.
                None => remove_password(writer, user.id, now)?,
            };
            if let Some(hash) = value_hash {
                insert_reset(writer, hash, user.id, &Administrator::Host(by), now, lifetime)?;
            }
            let resource = format!("user:{}", user.id);
            let mut entry = by.entry(&origin, Action::RecoverAdmin, resource);
            entry.params = json!({ "email": email });
            writer.append_audit(&entry, now)?;
            Ok::<_, AppError>(user)
        })?;
        Ok((user, value))
    }

    fn new_admin(&self, email: Email, name: DisplayName) -> User {
        let now = self.clock.now();
        User {
            id: UserId::random(),
            name: name_or_default(name, &email),
            email,
            role: Role::Admin,
            is_owner: true,
            active: true,
            deactivated_at: None,
            deactivated_by: None,
            created_at: now,
            updated_at: now,
            last_login_at: None,
            must_change_password: false,
            username: None,
            created_by: None,
        }
    }
}

/// Returns the display name that was given, or of an empty one the part of the address before the `@` (C-32).
pub(super) fn name_or_default(given: DisplayName, email: &Email) -> DisplayName {
    if !given.as_str().is_empty() {
        return given;
    }
    email.local_part().parse().unwrap_or_else(|_| "user".parse().expect("a plain word is a name"))
}

fn insert_first_admin(writer: &dyn Writer, admin: User, hash: &str, now: Timestamp) -> Result<User, AppError> {
    let user = restore_admin(writer, admin, now)?;
    replace_password(writer, user.id, hash, None, false, now)?;
    Ok(user)
}

/// Adds `fresh`, or makes the account that has its address an active admin and owner.
fn restore_admin(writer: &dyn Writer, fresh: User, now: Timestamp) -> Result<User, AppError> {
    let Some(found) = writer.user_by_email(&fresh.email)? else {
        writer.insert_user(&fresh)?;
        return Ok(fresh);
    };
    let user = User {
        role: Role::Admin,
        is_owner: true,
        active: true,
        deactivated_at: None,
        deactivated_by: None,
        updated_at: now,
        ..found
    };
    writer.update_user(&user)?;
    end_access_by_token(writer, user.id, None, now)?;
    writer.end_sessions(user.id, None, RevokedReason::AdminRevoked, now)?;
    Ok(user)
}
