//! User administration. Every safeguard is judged inside the writer, on what it has just read (C-06, S-24).

mod passwords;

pub(super) use passwords::{end_access_by_token, insert_reset};

use serde_json::{Map, Value, json};

use super::{
    AdminScope, App, AppError, Origin, SystemScope,
    authz::Administrator,
    bootstrap::name_or_default,
    error::Safeguard,
    profile::{metadata, metadata_text},
    tokens::{IssuedToken, insert_issued},
};
use crate::{
    domain::{
        Action, DisplayName, Email, RevokedReason, Role, Secret, Timestamp, TokenHash, TokenName, User, UserId,
        Username, token::CreatedVia,
    },
    store::{Reader, StoreError, UserFilter, Writer},
};

/// A user to make.
#[derive(Debug)]
pub struct NewUser {
    /// The login name.
    pub email: Email,
    /// The display name; empty is the part of the address before the `@`.
    pub name: DisplayName,
    /// A second name, for display and imports.
    pub username: Option<Username>,
    /// Notes on the account, for apps; they grant nothing.
    pub metadata: Option<Map<String, Value>>,
    /// The role.
    pub role: Role,
    /// Without one the account cannot sign in until a password is set or reset.
    pub password: Option<Secret>,
    /// Whether to make a first token in the same transaction.
    pub issue_token: bool,
}

/// What to change of a user; nothing leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The display name; empty is the part of the address before the `@`.
    pub name: Option<DisplayName>,
    /// The user name; `Some(None)` removes it.
    pub username: Option<Option<Username>>,
    /// The notes, replaced as a whole.
    pub metadata: Option<Map<String, Value>>,
    /// The role.
    pub role: Option<Role>,
    /// Switches the account on or off.
    pub active: Option<bool>,
    /// Of an account that is off, or is switched off by this: also ends the user's tokens for good (D-25).
    pub revoke_tokens: bool,
}

impl App {
    /// Lists a page of users by e-mail address.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn users(&self, _by: AdminScope<'_>, filter: &UserFilter) -> Result<Vec<User>, AppError> {
        self.store.read(|reader| Ok(reader.users(filter)?))
    }

    /// Returns a user.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`].
    pub fn user(&self, _by: AdminScope<'_>, id: UserId) -> Result<User, AppError> {
        self.store.read(|reader| reader.user(id)?.ok_or(AppError::UserNotFound))
    }

    /// Returns the user with a login name.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`].
    pub fn user_by_email(&self, _by: AdminScope<'_>, email: &Email) -> Result<User, AppError> {
        self.store.read(|reader| reader.user_by_email(email)?.ok_or(AppError::UserNotFound))
    }

    /// Resolves an id or a login name; nothing where no account has the name.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn find_user(&self, _by: AdminScope<'_>, text: &str) -> Result<Option<UserId>, AppError> {
        if let Ok(id) = text.parse() {
            return Ok(Some(id));
        }
        self.store.read(|reader| Ok(account_named(reader, text)?.map(|user| user.id)))
    }

    /// Returns the users whose e-mail address has no canonical form, for the operator.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn users_with_older_emails(&self, _by: SystemScope) -> Result<Vec<User>, AppError> {
        self.store.read(|reader| Ok(reader.users_with_older_emails()?))
    }

    /// Returns what was noted on a user.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn user_metadata(&self, _by: AdminScope<'_>, id: UserId) -> Result<Map<String, Value>, AppError> {
        self.store.read(|reader| metadata(reader, id))
    }

    /// Adds a user, with a first token if one is asked for, which needs a session.
    ///
    /// # Errors
    /// [`AppError::EmailTaken`], [`AppError::UsernameTaken`], [`AppError::MetadataTooLarge`],
    /// [`AppError::WeakPassword`], [`AppError::SessionRequired`]; [`AppError::AdminSessionRequired`] for an admin made with
    /// a token.
    pub fn create_user(
        &self,
        by: AdminScope<'_>,
        new: NewUser,
        origin: &Origin,
    ) -> Result<(User, Option<IssuedToken>), AppError> {
        let admin = by.administrator();
        if new.issue_token && !admin.has_session() {
            return Err(AppError::SessionRequired);
        }
        if new.role == Role::Admin {
            admin.may_make_admin()?;
        }
        let notes = new.metadata.map(metadata_text).transpose()?;
        let hash = new.password.as_ref().map(|password| self.passwords.hash_new(password)).transpose()?;
        let now = self.clock.now();
        let user = User {
            id: UserId::random(),
            name: name_or_default(new.name, &new.email),
            email: new.email,
            username: new.username,
            role: new.role,
            is_owner: false,
            active: true,
            deactivated_at: None,
            deactivated_by: None,
            created_at: now,
            created_by: admin.user_id(),
            updated_at: now,
            last_login_at: None,
            must_change_password: false,
        };
        let issued = new.issue_token.then(|| self.first_token(&user, now)).transpose()?;
        let token = issued.as_ref().map(|issued| (issued.token.clone(), TokenHash::of(issued.plain.expose())));
        let (row, origin, limit) = (user.clone(), origin.clone(), self.settings.token_limit);
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            insert_user(writer, &row, hash.as_deref(), now)?;
            if hash.is_some() && admin.has_token() {
                writer.note_password_by_token(row.id, true)?;
            }
            let mut entry = admin.entry(&origin, Action::UserCreate, format!("user:{}", row.id));
            entry.params = json!({ "email": row.email, "role": row.role });
            if let Some(name) = &row.username {
                entry.params["username"] = json!(name);
            }
            if let Some(notes) = &notes {
                writer.set_metadata(row.id, notes)?;
                entry.params["metadata_bytes"] = notes.len().into();
            }
            writer.append_audit(&entry, now)?;
            let Some((token, hash)) = token else { return Ok(()) };
            let entry = admin.entry(&origin, Action::TokenCreate, format!("token:{}", token.id));
            insert_issued(writer, entry, &token, &hash, limit)
        })?;
        Ok((user, issued))
    }

    fn first_token(&self, user: &User, now: Timestamp) -> Result<IssuedToken, AppError> {
        let name: TokenName = "first token".parse()?;
        let mut issued = self.issue_token(user, name, self.settings.tokens.default_lifetime(), now)?;
        issued.token.created_via = CreatedVia::Admin;
        Ok(issued)
    }

    /// Changes a user; switching off ends the sessions for good (D-25). An account that becomes an admin loses the
    /// password that an admin's token gave it, with its sessions and tokens.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`], [`AppError::Safeguard`], [`AppError::UsernameTaken`], [`AppError::MetadataTooLarge`];
    /// [`AppError::AdminSessionRequired`] for a promotion to admin, or the activation of one, with a token.
    pub fn update_user(
        &self,
        by: AdminScope<'_>,
        id: UserId,
        change: UserChange,
        origin: &Origin,
    ) -> Result<User, AppError> {
        let admin = by.administrator();
        let (now, origin) = (self.clock.now(), origin.clone());
        let notes = change.metadata.clone().map(metadata_text).transpose()?;
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let before = writer.user(id)?.ok_or(AppError::UserNotFound)?;
            let mut after = changed(&before, &change, admin.user_id(), now);
            let is_promoted = after.role == Role::Admin && before.role != Role::Admin;
            if is_promoted || after.role == Role::Admin && after.active && !before.active {
                admin.may_make_admin()?;
            }
            guard_change(writer, &admin, &before, &change, now)?;
            refuse_taken_username(writer, &after)?;
            let mut params = difference(&before, &after);
            end_credentials(writer, &admin, &before, &after, change.revoke_tokens, now, &mut params)?;
            if is_promoted && end_access_by_token(writer, id, admin.user_id(), now)? {
                after.must_change_password = false;
                params.insert("removed_password".to_owned(), "set with a token".into());
            }
            if let Some(notes) = &notes
                && *notes != writer.metadata(id)?
            {
                writer.set_metadata(id, notes)?;
                // What is noted may be private to an app: the log tells that it changed.
                params.insert("metadata_bytes".to_owned(), notes.len().into());
            }
            if after != before || params.contains_key("metadata_bytes") {
                after.updated_at = now;
                writer.update_user(&after)?;
            }
            if !params.is_empty() {
                let mut entry = admin.entry(&origin, Action::UserUpdate, format!("user:{id}"));
                entry.params = Value::Object(params);
                writer.append_audit(&entry, now)?;
            }
            Ok(after)
        })
    }

    /// Deletes a user with tokens and sessions; their audit rows stay.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`], [`AppError::Safeguard`].
    pub fn delete_user(&self, by: AdminScope<'_>, id: UserId, origin: &Origin) -> Result<(), AppError> {
        let admin = by.administrator();
        let (now, origin) = (self.clock.now(), origin.clone());
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let user = writer.user(id)?.ok_or(AppError::UserNotFound)?;
            if Some(id) == admin.user_id() {
                return Err(Safeguard::DeleteSelf.into());
            }
            refuse_if_last(writer, &user, Safeguard::DeleteLast, now)?;
            writer.delete_user(id)?;
            let mut entry = admin.entry(&origin, Action::UserDelete, format!("user:{id}"));
            entry.params = json!({ "email": user.email });
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }
}

/// Returns the account that `text` names by its e-mail address. An account that an earlier version stored in another form
/// is found by exactly that form; otherwise the canonical form counts.
pub(super) fn account_named(reader: &dyn Reader, text: &str) -> Result<Option<User>, StoreError> {
    for email in Email::stored_forms(text) {
        if let Some(user) = reader.user_by_email(&email)? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

fn insert_user(writer: &dyn Writer, user: &User, hash: Option<&str>, now: Timestamp) -> Result<(), AppError> {
    refuse_taken_username(writer, user)?;
    match writer.insert_user(user) {
        Err(StoreError::Taken) => return Err(AppError::EmailTaken),
        other => other?,
    }
    if let Some(hash) = hash {
        writer.set_password_hash(user.id, hash, now)?;
    }
    Ok(())
}

fn refuse_taken_username(reader: &dyn Reader, user: &User) -> Result<(), AppError> {
    let Some(name) = &user.username else { return Ok(()) };
    let other = reader.user_by_username(name)?.filter(|other| other.id != user.id);
    if other.is_some() { Err(AppError::UsernameTaken) } else { Ok(()) }
}

/// Refuses a change that would lock the installation or its maker out.
fn guard_change(
    writer: &dyn Writer,
    by: &Administrator,
    user: &User,
    change: &UserChange,
    now: Timestamp,
) -> Result<(), AppError> {
    if change.role.is_some_and(|role| role < Role::Admin) {
        refuse_if_last(writer, user, Safeguard::DemoteLast, now)?;
    }
    if change.active == Some(false) && user.active {
        if Some(user.id) == by.user_id() {
            return Err(Safeguard::DeactivateSelf.into());
        }
        refuse_if_last(writer, user, Safeguard::DeactivateLast, now)?;
    }
    Ok(())
}

/// Refuses to take away the last active admin, the last one who can sign in, and where none can, the last one who can set
/// a password with a reset value. An admin without a password does not keep an installation open.
fn refuse_if_last(writer: &dyn Writer, user: &User, safeguard: Safeguard, now: Timestamp) -> Result<(), AppError> {
    let (all, own) = (writer.count_admins(None, now)?, writer.count_admins(Some(user.id), now)?);
    let is_last = |all: u64, own: u64| own > 0 && all <= own;
    if is_last(all.active, own.active) {
        return Err(safeguard.into());
    }
    if is_last(all.with_password, own.with_password) || is_last(all.with_way_in, own.with_way_in) {
        return Err(safeguard.of_sign_in().into());
    }
    Ok(())
}

fn changed(before: &User, change: &UserChange, by: Option<UserId>, now: Timestamp) -> User {
    let mut user = before.clone();
    if let Some(name) = &change.name {
        user.name = name_or_default(name.clone(), &user.email);
    }
    if let Some(username) = &change.username {
        user.username.clone_from(username);
    }
    if let Some(role) = change.role {
        user.role = role;
        user.is_owner &= role == Role::Admin;
    }
    match change.active {
        Some(false) if user.active => {
            user.active = false;
            user.deactivated_at = Some(now);
            user.deactivated_by = by;
        }
        Some(true) => {
            user.active = true;
            user.deactivated_at = None;
            user.deactivated_by = None;
        }
        _ => {}
    }
    user
}

/// Names the fields that differ, with their new values, for the audit row.
fn difference(before: &User, after: &User) -> Map<String, Value> {
    let mut params = Map::new();
    let mut note = |field: &str, differs: bool, value: Value| {
        if differs {
            params.insert(field.to_owned(), value);
        }
    };
    note("name", before.name != after.name, json!(after.name));
    note("username", before.username != after.username, json!(after.username));
    note("role", before.role != after.role, json!(after.role));
    note("is_owner", before.is_owner != after.is_owner, json!(after.is_owner));
    note("active", before.active != after.active, json!(after.active));
    params
}

/// Ends the sessions and open reset values of an account that is switched off and, if asked to, its tokens: also those of one that was off
/// before, as they would work again once it is switched on.
fn end_credentials(
    writer: &dyn Writer,
    by: &Administrator,
    before: &User,
    after: &User,
    tokens: bool,
    now: Timestamp,
    params: &mut Map<String, Value>,
) -> Result<(), AppError> {
    let switched_off = before.active && !after.active;
    if switched_off {
        let ended = writer.end_sessions(after.id, None, RevokedReason::UserDeactivated, now)?;
        params.insert("ended_sessions".to_owned(), json!(ended));
        writer.delete_password_resets(after.id)?;
    }
    if tokens && !after.active {
        let revoked = writer.revoke_tokens(after.id, by.user_id(), now)?;
        if switched_off || revoked > 0 {
            params.insert("revoked_tokens".to_owned(), json!(revoked));
        }
    }
    Ok(())
}
