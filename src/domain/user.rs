//! Users.

use unicode_normalization::UnicodeNormalization as _;

use super::{DisplayName, Email, Role, UserId, Username, time::Timestamp};

/// An account, without its password hash: that never leaves the store but for a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Random, never re-used.
    pub id: UserId,
    /// The login name, unique.
    pub email: Email,
    /// A second name, unique, for display and imports; nobody signs in with it.
    pub username: Option<Username>,
    /// Shown to people.
    pub name: DisplayName,
    /// Read from the store on every request, never from a token.
    pub role: Role,
    /// The break-glass flag; implies [`Role::Admin`] (C-01).
    pub is_owner: bool,
    /// Whether an admin set the password and wants it changed: sessions are held until then.
    pub must_change_password: bool,
    /// `false`: every credential of the user is refused at once (D-25).
    pub active: bool,
    /// When it was switched off.
    pub deactivated_at: Option<Timestamp>,
    /// Who switched it off.
    pub deactivated_by: Option<UserId>,
    /// Set once.
    pub created_at: Timestamp,
    /// The admin who added the account; nothing for one made on the server's host.
    pub created_by: Option<UserId>,
    /// The last change by anyone.
    pub updated_at: Timestamp,
    /// The last successful sign-in.
    pub last_login_at: Option<Timestamp>,
}

impl User {
    /// Tells whether this user keeps the installation from being locked out.
    #[must_use]
    pub fn is_active_admin(&self) -> bool {
        self.active && self.role == Role::Admin
    }
}

/// A search for accounts by a part of their address or names, in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSearch(String);

impl UserSearch {
    /// Reads what was typed; blanks alone are no search.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let part: String = text.trim().nfc().collect::<String>().to_lowercase();
        (!part.is_empty()).then_some(Self(part))
    }

    /// Tells whether it finds the account.
    #[must_use]
    pub fn finds(&self, user: &User) -> bool {
        let finds = |text: &str| text.nfc().collect::<String>().to_lowercase().contains(&self.0);
        user.email.as_str().contains(&self.0)
            || finds(user.name.as_str())
            || user.username.as_ref().is_some_and(|name| name.as_str().contains(&self.0))
            || finds(&user.email.shown())
    }
}
