//! One's own profile.

use super::Handled;
use crate::{
    api::{
        Empty,
        profile::{Profile, UpdateRequest},
    },
    app::{self, AppError},
    server::call::Call,
};

/// Shows the caller's profile.
pub fn show(call: &Call, (): (), _: Empty, _: Empty) -> Handled<Profile> {
    Ok(item(call.app().profile(call.owner()?)?).into())
}

/// Changes the caller's profile.
pub fn update(call: &Call, (): (), _: Empty, request: UpdateRequest) -> Handled<Profile> {
    let name = request.name.as_deref().map(str::parse).transpose().map_err(AppError::from)?;
    Ok(item(call.app().update_profile(call.interactive()?, name, request.metadata, &call.origin)?).into())
}

fn item(app::profile::Profile { user, metadata }: app::profile::Profile) -> Profile {
    Profile {
        id: user.id,
        email: user.email.to_string(),
        name: user.name.to_string(),
        role: user.role.to_string(),
        metadata,
        created_at: user.created_at,
        updated_at: user.updated_at,
    }
}
