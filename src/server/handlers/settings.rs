//! The settings in force.

use super::Handled;
use crate::{
    api::{Empty, WholeList, settings::SettingItem},
    server::call::Call,
};

/// Lists the settings.
pub fn list(call: &Call, (): (), _: WholeList, _: Empty) -> Handled<Vec<SettingItem>> {
    call.system()?;
    Ok(call.server.settings.clone().into())
}
