//! One's own name and notes (I-25).

use serde_json::{Map, Value, json};

use super::{App, AppError, InteractiveScope, Origin, OwnerScope, bootstrap::name_or_default};
use crate::{
    domain::{Action, DisplayName, User, UserId},
    store::Reader,
};

/// The most that may be noted, in bytes of JSON.
pub const MAX_METADATA_BYTES: usize = 8 * 1024;

/// An account with what was noted on it. The notes grant nothing, here or anywhere in `da`.
#[derive(Debug)]
pub struct Profile {
    /// The account.
    pub user: User,
    /// The notes.
    pub metadata: Map<String, Value>,
}

fn profile(reader: &dyn Reader, user: User) -> Result<Profile, AppError> {
    Ok(Profile { metadata: metadata(reader, user.id)?, user })
}

/// Reads what was noted on a user.
pub(super) fn metadata(reader: &dyn Reader, id: UserId) -> Result<Map<String, Value>, AppError> {
    let damaged = |_| AppError::Internal("the metadata of a user is no JSON object".to_owned());
    serde_json::from_str(&reader.metadata(id)?).map_err(damaged)
}

/// Returns notes as the store keeps them.
pub(super) fn metadata_text(metadata: Map<String, Value>) -> Result<String, AppError> {
    let text = Value::Object(metadata).to_string();
    if text.len() > MAX_METADATA_BYTES { Err(AppError::MetadataTooLarge) } else { Ok(text) }
}

impl App {
    /// Returns the caller's profile.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn profile(&self, by: OwnerScope<'_>) -> Result<Profile, AppError> {
        let id = by.principal().user().id;
        self.store.read(|reader| profile(reader, reader.user(id)?.ok_or(AppError::UserNotFound)?))
    }

    /// Changes the caller's name or notes; nothing leaves a field as it is.
    ///
    /// # Errors
    /// [`AppError::MetadataTooLarge`].
    pub fn update_profile(
        &self,
        by: InteractiveScope<'_>,
        name: Option<DisplayName>,
        metadata: Option<Map<String, Value>>,
        origin: &Origin,
    ) -> Result<Profile, AppError> {
        let metadata = metadata.map(metadata_text).transpose()?;
        let (principal, origin, now) = (by.principal().clone(), origin.clone(), self.clock.now());
        self.store.write(move |writer| {
            let before = principal.recheck(writer, now)?;
            let id = before.id;
            let name = name.map_or_else(|| before.name.clone(), |name| name_or_default(name, &before.email));
            let metadata = match metadata {
                Some(new) if new != writer.metadata(id)? => Some(new),
                _ => None,
            };
            if name == before.name && metadata.is_none() {
                return profile(writer, before);
            }
            let mut entry = principal.entry(&origin, Action::UserUpdate, format!("user:{id}"));
            entry.params = json!({ "by": "self" });
            if name != before.name {
                entry.params["name"] = json!(name);
            }
            if let Some(metadata) = &metadata {
                writer.set_metadata(id, metadata)?;
                // What is noted may be private to an app: the log tells that it changed.
                entry.params["metadata_bytes"] = metadata.len().into();
            }
            let after = User { name, updated_at: now, ..before };
            writer.update_user(&after)?;
            writer.append_audit(&entry, now)?;
            profile(writer, after)
        })
    }
}
