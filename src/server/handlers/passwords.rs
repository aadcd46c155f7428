//! Passwords of one's own.

use super::Handled;
use crate::{
    api::{
        Empty,
        passwords::{ChangeRequest, ResetRequest},
    },
    server::call::Call,
};

/// Sets a password with a reset value.
pub fn reset(call: &Call, (): (), _: Empty, request: ResetRequest) -> Handled<Empty> {
    call.app().redeem_reset(&request.token, &request.password, &call.origin)?;
    Ok(Empty {}.into())
}

/// Changes the caller's password.
pub fn change(call: &Call, (): (), _: Empty, request: ChangeRequest) -> Handled<Empty> {
    call.app().change_password(call.password()?, &request.current, &request.password, &call.origin)?;
    Ok(Empty {}.into())
}
