//! Users, their passwords and reset values.

use super::StoreError;
use crate::domain::{Email, Timestamp, TokenHash, User, UserId, UserSearch, Username};

/// Which users; absent fields do not restrict.
#[derive(Debug, Clone)]
pub struct UserFilter {
    /// Those that this finds.
    pub search: Option<UserSearch>,
    /// Behind this e-mail address.
    pub after: Option<Email>,
    /// How many to skip.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

impl Default for UserFilter {
    /// The first page of all users.
    fn default() -> Self {
        Self { search: None, after: None, offset: 0, limit: super::PAGE }
    }
}

/// Questions about users.
pub trait UserReads {
    /// Returns the user with this id.
    fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// Returns the user with this login name.
    fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError>;
    /// Returns the user with this second name.
    fn user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError>;
    /// Returns the users whose e-mail address has not the canonical form, oldest first. The upgrade left them because
    /// another account has that form, or because the address is not supported any more.
    fn users_with_older_emails(&self) -> Result<Vec<User>, StoreError>;
    /// Returns a page of users, sorted by e-mail address. No more are held in memory than are returned.
    fn users(&self, filter: &UserFilter) -> Result<Vec<User>, StoreError>;
    /// Counts active admins: all, or only this one.
    fn count_admins(&self, only: Option<UserId>, now: Timestamp) -> Result<AdminCounts, StoreError>;
    /// Tells whether any user has the role admin, active or not.
    fn has_admin(&self) -> Result<bool, StoreError>;
    /// Returns the password hash (PHC string) of a user; nothing if none is set.
    fn password_hash(&self, id: UserId) -> Result<Option<String>, StoreError>;
    /// Tells whether an admin's token gave the account a password since it last became an admin.
    fn has_password_by_token(&self, id: UserId) -> Result<bool, StoreError>;
    /// Returns the JSON object that was noted on a user.
    fn metadata(&self, id: UserId) -> Result<String, StoreError>;
    /// Returns a reset value by its hash, used or not.
    fn password_reset(&self, hash: &TokenHash) -> Result<Option<PasswordReset>, StoreError>;
}

/// Changes to users. Each change of a missing row is [`StoreError::Corrupt`]: the caller has just read it.
pub trait UserWrites {
    /// Adds a user. [`StoreError::Taken`]: the e-mail address or the user name.
    fn insert_user(&self, user: &User) -> Result<(), StoreError>;
    /// Writes every field of the user but id and creation.
    fn update_user(&self, user: &User) -> Result<(), StoreError>;
    /// Sets the password hash (PHC string), noting when.
    fn set_password_hash(&self, id: UserId, hash: &str, at: Timestamp) -> Result<(), StoreError>;
    /// Notes whether an admin's token gave the account a password.
    fn note_password_by_token(&self, id: UserId, by_token: bool) -> Result<(), StoreError>;
    /// Removes the password: the account cannot sign in until another one is set.
    fn clear_password(&self, id: UserId, at: Timestamp) -> Result<(), StoreError>;
    /// Sets the JSON object that is noted on a user.
    fn set_metadata(&self, id: UserId, json: &str) -> Result<(), StoreError>;
    /// Says whether the user must change the password.
    fn require_password_change(&self, id: UserId, required: bool) -> Result<(), StoreError>;
    /// Notes a successful sign-in.
    fn record_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError>;
    /// Removes the user with tokens, sessions and reset values.
    fn delete_user(&self, id: UserId) -> Result<(), StoreError>;
    /// Adds a reset value; an unused one of the same user and purpose goes.
    fn insert_password_reset(&self, reset: &PasswordReset) -> Result<(), StoreError>;
    /// Marks a reset value as used.
    fn use_password_reset(&self, hash: &TokenHash, at: Timestamp) -> Result<(), StoreError>;
    /// Removes the unused reset values of a user: a new password makes them void.
    fn delete_password_resets(&self, id: UserId) -> Result<(), StoreError>;
}

/// How many active admins there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AdminCounts {
    /// All of them.
    pub active: u64,
    /// Those who have a password, or a reset value with which they can still set one.
    pub with_way_in: u64,
    /// Those who have a password.
    pub with_password: u64,
}

/// A one-time value by which a password may be set; stored hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordReset {
    /// Its hash.
    pub hash: TokenHash,
    /// Whose password.
    pub user_id: UserId,
    /// For which occasion.
    pub purpose: ResetPurpose,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// Whether it was made with a personal access token.
    pub by_token: bool,
    /// When.
    pub created_at: Timestamp,
    /// Its end.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Why a reset value was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetPurpose {
    /// The account has a password.
    Reset,
    /// The account has none yet.
    Setup,
}

impl ResetPurpose {
    /// Every purpose, in the order of the numbers the store keeps.
    pub const ALL: [Self; 2] = [Self::Reset, Self::Setup];
}
