//! Users, their passwords and reset values in `SQLite`.

use rusqlite::{Row, params};

use super::tx::Tx;
use crate::{
    domain::{Email, Role, Timestamp, TokenHash, User, UserId, Username},
    store::{AdminCounts, PasswordReset, StoreError, UserFilter, UserReads, UserWrites},
};

/// The columns of a [`User`] in the table `users AS u`, as [`read`] expects them.
macro_rules! columns {
    () => {
        "u.id, u.email, u.name, u.role, u.is_owner, u.active, u.deactivated_at, u.deactivated_by, u.created_at, \
         u.updated_at, u.last_login_at, u.must_change_password, u.username, u.created_by"
    };
}
pub(super) use columns;
/// How many they are.
pub(super) const COLUMNS: usize = 14;

/// Reads a user whose first column is number `first`.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(first)?,
        email: row.get(first + 1)?,
        name: row.get(first + 2)?,
        role: row.get(first + 3)?,
        is_owner: row.get(first + 4)?,
        active: row.get(first + 5)?,
        deactivated_at: row.get(first + 6)?,
        deactivated_by: row.get(first + 7)?,
        created_at: row.get(first + 8)?,
        updated_at: row.get(first + 9)?,
        last_login_at: row.get(first + 10)?,
        must_change_password: row.get(first + 11)?,
        username: row.get(first + 12)?,
        created_by: row.get(first + 13)?,
    })
}

impl UserReads for Tx<'_> {
    fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.first(concat!("SELECT ", columns!(), " FROM users AS u WHERE u.id = ?1"), [id], |row| read(row, 0))
    }

    fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.first(concat!("SELECT ", columns!(), " FROM users AS u WHERE u.email = ?1"), [email], |row| read(row, 0))
    }

    fn user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError> {
        self.first(concat!("SELECT ", columns!(), " FROM users AS u WHERE u.username = ?1"), [name], |row| read(row, 0))
    }

    fn users_with_older_emails(&self) -> Result<Vec<User>, StoreError> {
        // Only these can have another canonical form: what is not printable ASCII, and A-labels.
        self.kept(
            concat!(
                "SELECT ",
                columns!(),
                " FROM users AS u WHERE u.email GLOB '*[^ -~]*' OR u.email LIKE '%xn--%' ORDER BY u.created_at, u.id"
            ),
            [],
            |row| read(row, 0),
            |user| !user.email.is_canonical(),
            0,
            u32::MAX,
        )
    }

    fn users(&self, filter: &UserFilter) -> Result<Vec<User>, StoreError> {
        // `SQLite` folds the case of ASCII alone: the rows are judged as they come, and none is read behind the last.
        self.kept(
            concat!("SELECT ", columns!(), " FROM users AS u WHERE u.email > ?1 ORDER BY u.email"),
            [filter.after.as_ref().map_or("", Email::as_str)],
            |row| read(row, 0),
            |user| filter.search.as_ref().is_none_or(|search| search.finds(user)),
            filter.offset,
            filter.limit,
        )
    }

    fn count_admins(&self, only: Option<UserId>, now: Timestamp) -> Result<AdminCounts, StoreError> {
        let sql = "SELECT count(*), count(*) FILTER (WHERE password_hash IS NOT NULL OR EXISTS (\
                   SELECT 1 FROM password_resets AS r WHERE r.user_id = users.id AND r.used_at IS NULL \
                   AND r.expires_at > ?2)), count(password_hash) \
                   FROM users WHERE role = ?1 AND active = 1 AND (?3 IS NULL OR id = ?3)";
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let counted = self.first(sql, params![Role::Admin, now, only], |row| {
            Ok(AdminCounts { active: count(row, 0)?, with_way_in: count(row, 1)?, with_password: count(row, 2)? })
        });
        Ok(counted?.unwrap_or_default())
    }

    fn has_admin(&self) -> Result<bool, StoreError> {
        let any = "SELECT EXISTS (SELECT 1 FROM users WHERE role = ?1)";
        Ok(self.first(any, [Role::Admin], |row| row.get(0))?.unwrap_or(false))
    }

    fn password_hash(&self, id: UserId) -> Result<Option<String>, StoreError> {
        let hash = self.first("SELECT password_hash FROM users WHERE id = ?1", [id], |row| row.get(0))?;
        Ok(hash.flatten())
    }

    fn has_password_by_token(&self, id: UserId) -> Result<bool, StoreError> {
        let sql = "SELECT password_by_token FROM users WHERE id = ?1";
        Ok(self.first(sql, [id], |row| row.get(0))?.unwrap_or(false))
    }

    fn metadata(&self, id: UserId) -> Result<String, StoreError> {
        let noted = self.first("SELECT metadata FROM users WHERE id = ?1", [id], |row| row.get(0))?;
        Ok(noted.unwrap_or_else(|| "{}".to_owned()))
    }

    fn password_reset(&self, hash: &TokenHash) -> Result<Option<PasswordReset>, StoreError> {
        self.first(
            "SELECT token_hash, user_id, purpose, created_by, created_at, expires_at, used_at, by_token \
             FROM password_resets WHERE token_hash = ?1",
            [hash],
            |row| {
                Ok(PasswordReset {
                    hash: row.get(0)?,
                    user_id: row.get(1)?,
                    purpose: row.get(2)?,
                    created_by: row.get(3)?,
                    created_at: row.get(4)?,
                    expires_at: row.get(5)?,
                    used_at: row.get(6)?,
                    by_token: row.get(7)?,
                })
            },
        )
    }
}

impl UserWrites for Tx<'_> {
    fn insert_user(&self, user: &User) -> Result<(), StoreError> {
        self.execute_one(
            "INSERT INTO users (id, email, name, role, is_owner, active, deactivated_at, deactivated_by, created_at, \
             updated_at, last_login_at, created_by, must_change_password, username) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                user.id,
                user.email,
                user.name,
                user.role,
                user.is_owner,
                user.active,
                user.deactivated_at,
                user.deactivated_by,
                user.created_at,
                user.updated_at,
                user.last_login_at,
                user.created_by,
                user.must_change_password,
                user.username,
            ],
        )
    }

    fn update_user(&self, user: &User) -> Result<(), StoreError> {
        self.execute_one(
            "UPDATE users SET email = ?2, name = ?3, role = ?4, is_owner = ?5, active = ?6, deactivated_at = ?7, \
             deactivated_by = ?8, updated_at = ?9, last_login_at = ?10, must_change_password = ?11, username = ?12 WHERE id = ?1",
            params![
                user.id,
                user.email,
                user.name,
                user.role,
                user.is_owner,
                user.active,
                user.deactivated_at,
                user.deactivated_by,
                user.updated_at,
                user.last_login_at,
                user.must_change_password,
                user.username,
            ],
        )
    }

    fn set_metadata(&self, id: UserId, json: &str) -> Result<(), StoreError> {
        self.execute_one("UPDATE users SET metadata = ?2 WHERE id = ?1", params![id, json])
    }

    fn require_password_change(&self, id: UserId, required: bool) -> Result<(), StoreError> {
        self.execute_one("UPDATE users SET must_change_password = ?2 WHERE id = ?1", params![id, required])
    }

    fn set_password_hash(&self, id: UserId, hash: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(
            "UPDATE users SET password_hash = ?2, password_changed_at = ?3 WHERE id = ?1",
            params![id, hash, at],
        )
    }

    fn note_password_by_token(&self, id: UserId, by_token: bool) -> Result<(), StoreError> {
        self.execute_one("UPDATE users SET password_by_token = ?2 WHERE id = ?1", params![id, by_token])
    }

    fn clear_password(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(
            "UPDATE users SET password_hash = NULL, password_changed_at = ?2 WHERE id = ?1",
            params![id, at],
        )
    }

    fn record_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one("UPDATE users SET last_login_at = ?2 WHERE id = ?1", params![id, at])
    }

    fn delete_user(&self, id: UserId) -> Result<(), StoreError> {
        self.execute_one("DELETE FROM users WHERE id = ?1", [id])
    }

    fn insert_password_reset(&self, reset: &PasswordReset) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM password_resets WHERE user_id = ?1 AND purpose = ?2 AND used_at IS NULL",
            params![reset.user_id, reset.purpose],
        )?;
        self.execute_one(
            "INSERT INTO password_resets (token_hash, user_id, purpose, created_by, created_at, expires_at, used_at, \
             by_token) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                reset.hash,
                reset.user_id,
                reset.purpose,
                reset.created_by,
                reset.created_at,
                reset.expires_at,
                reset.used_at,
                reset.by_token,
            ],
        )
    }

    fn use_password_reset(&self, hash: &TokenHash, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(
            "UPDATE password_resets SET used_at = ?2 WHERE token_hash = ?1 AND used_at IS NULL",
            params![hash, at],
        )
    }

    fn delete_password_resets(&self, id: UserId) -> Result<(), StoreError> {
        self.execute("DELETE FROM password_resets WHERE user_id = ?1 AND used_at IS NULL", [id]).map(drop)
    }
}
