//! The settings in force.

use super::Handled;
use crate::{
    api::{Empty, settings::SettingItem},
    server::call::Call,
};

/// Lists the settings.
pub fn list(call: &Call, (): (), _: Empty, _: Empty) -> Handled<Vec<SettingItem>> {
    call.system()?;
    Ok(call.server.settings.clone().into())
}
