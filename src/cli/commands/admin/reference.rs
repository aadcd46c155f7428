//! How a user is named on the command line: by id, or by e-mail address.

use std::{convert::Infallible, fmt, str::FromStr};

use crate::{
    api::{
        RowId,
        users::{self, UserItem},
    },
    cli::{context::Caller, error::CliError, pages::each_of_array},
    domain::{Email, UserId},
};

/// A user's e-mail address, id, or the start of the id that `da admin list-users` shows. Text with an `@` is an
/// address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserRef(String);

impl FromStr for UserRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl UserRef {
    /// Tells whether this is `user`. Ours has one form of each address; the original server may hold several.
    fn means(&self, id: &RowId, email: &str) -> bool {
        if self.0.contains('@') {
            self.0.to_lowercase() == email.to_lowercase()
                || matches!((self.0.parse::<Email>(), email.parse::<Email>()), (Ok(named), Ok(held)) if named == held)
        } else {
            self.0 == id.as_str() || self.0 == id.prefix()
        }
    }

    /// Returns the user's id, looking up in the list what is not a whole id.
    pub(super) fn id(&self, admin: Caller<'_>) -> Result<RowId, CliError> {
        self.0.parse::<UserId>().map(RowId::from).or_else(|_| Ok(self.user(admin)?.id))
    }

    /// Returns the user, from the list.
    pub(super) fn user(&self, admin: Caller<'_>) -> Result<UserItem, CliError> {
        let mut fitting = Vec::new();
        let query = users::ListQuery::default();
        each_of_array::<users::List, _>(admin, "Could not list the users", &query, |page| {
            fitting.extend(page.into_iter().filter(|user| self.means(&user.id, &user.email)));
            Ok(())
        })?;
        self.pick(fitting)
    }

    /// An exact address wins over one that differs in case: the original server may hold both.
    fn pick(&self, users: Vec<UserItem>) -> Result<UserItem, CliError> {
        let mut fitting: Vec<_> = users.into_iter().filter(|user| self.means(&user.id, &user.email)).collect();
        if let Some(exact) = fitting.iter().position(|user| user.email == self.0) {
            return Ok(fitting.swap_remove(exact));
        }
        match (fitting.pop(), fitting.is_empty()) {
            (Some(user), true) => Ok(user),
            (Some(_), false) => Err(CliError::failed(format!("Several users fit: {self}"))
                .with_hint("Name one by its whole id or exact address")),
            (None, _) => Err(CliError::failed(format!("User not found: {self}"))
                .with_hint("Name a user by e-mail address or id, as `da admin list-users` shows them")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;
    use crate::domain::Timestamp;

    fn user(number: u8, email: &str) -> UserItem {
        UserItem {
            id: UserId::from_bytes([number; 16]).into(),
            email: email.to_owned(),
            name: String::new(),
            role: "analyst".to_owned(),
            is_admin: false,
            active: true,
            created_at: Some(Timestamp::from_micros(0)),
            deactivated_at: None,
            is_owner: false,
            last_login_at: None,
            username: None,
            updated_at: None,
            created_by: None,
            metadata: None,
        }
    }

    fn picked(text: &str, users: &[UserItem]) -> Result<RowId, String> {
        let reference: UserRef = text.parse().unwrap();
        reference.pick(users.to_vec()).map(|user| user.id).map_err(|error| error.to_string())
    }

    #[test]
    fn a_user_is_found_by_id_or_address_in_any_case() {
        let users = [user(1, "ann@example.org"), user(2, "Bob@example.org")];
        assert_eq!(picked("ANN@example.org ", &users), Ok(users[0].id.clone()));
        assert_eq!(picked("bob@example.org", &users), Ok(users[1].id.clone()));
        assert_eq!(picked(&users[1].id.to_string(), &users), Ok(users[1].id.clone()));
        assert_eq!(picked(&users[1].id.prefix(), &users), Ok(users[1].id.clone()));
        let users = [users, [user(3, "zoë@xn--bcher-kva.example"), user(4, "eve@b.c")]].concat();
        assert_eq!(picked("Zoe\u{308}@Bücher.example", &users), Ok(users[2].id.clone()));
        assert_eq!(picked("eve@example.org", &users), Err("User not found: eve@example.org".to_owned()));
        assert!(picked("ann", &users).is_err());
    }

    #[test]
    fn case_twins_of_another_server_are_told_apart_or_refused() {
        let users = [user(1, "ann@example.org"), user(2, "Ann@example.org")];
        assert_eq!(picked("Ann@example.org", &users), Ok(users[1].id.clone()));
        assert!(picked("ANN@example.org", &users).unwrap_err().starts_with("Several users fit"));
    }
}
