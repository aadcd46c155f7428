//! User administration.

use super::{Handled, array, array_limit, tokens};
use crate::{
    api::{
        self, Empty,
        users::{
            CreateRequest, CreateResponse, DeactivateRequest, ListQuery, RecoverAdminRequest, RecoverAdminResponse,
            ResetPasswordResponse, SetPasswordRequest, UpdateRequest, UserItem,
        },
    },
    app::{
        AppError,
        users::{NewUser, UserChange},
    },
    domain::{Email, Role, User, UserId, Username},
    server::{call::Call, error::ServerError, mount::Answer},
    store::UserFilter,
};

/// Lists users.
pub fn list(call: &Call, (): (), query: ListQuery, _: Empty) -> Handled<Vec<UserItem>> {
    let limit = array_limit(query.limit)?;
    let after = query.cursor.as_deref().map(|text| Email::stored_forms(text).into_iter().next());
    let after =
        after.map(|email| email.ok_or(AppError::InvalidQuery("cursor must be an e-mail address"))).transpose()?;
    let filter = UserFilter { search: None, after, offset: query.offset.unwrap_or(0), limit: limit + 1 };
    let users = call.app().users(call.admin()?, &filter)?.into_iter().map(|user| item(&user));
    let next = |last: &UserItem| ListQuery { limit: query.limit, offset: None, cursor: Some(last.email.clone()) };
    array::<api::users::List, _>(call, users, limit, next)
}

/// Adds a user.
pub fn create(call: &Call, (): (), _: Empty, request: CreateRequest) -> Handled<CreateResponse> {
    if request.issue_token {
        tokens::refuse(&request.restrictions)?;
    }
    let new = NewUser {
        email: request.email.parse().map_err(AppError::from)?,
        name: request.name.parse().map_err(AppError::from)?,
        role: request.role.as_deref().map_or(Ok(Role::default()), str::parse).map_err(AppError::from)?,
        password: request.password,
        issue_token: request.issue_token,
        username: username(request.username.as_deref())?.flatten(),
        metadata: request.metadata,
    };
    let (user, issued) = call.app().create_user(call.admin()?, new, &call.origin)?;
    Ok(CreateResponse { user: detailed(call, &user)?, token: issued.map(|issued| issued.plain) }.into())
}

/// Shows a user.
pub fn show(call: &Call, id: UserId, _: Empty, _: Empty) -> Handled<UserItem> {
    Ok(detailed(call, &call.app().user(call.admin()?, id)?)?.into())
}

/// Changes a user.
pub fn update(call: &Call, id: UserId, _: Empty, request: UpdateRequest) -> Handled<UserItem> {
    let change = UserChange {
        name: request.name.as_deref().map(str::parse).transpose().map_err(AppError::from)?,
        role: request.role.as_deref().map(str::parse).transpose().map_err(AppError::from)?,
        active: request.active,
        username: username(request.username.as_deref())?,
        metadata: request.metadata,
        revoke_tokens: false,
    };
    changed(call, id, change)
}

/// Switches a user on.
pub fn activate(call: &Call, id: UserId, _: Empty, _: Empty) -> Handled<UserItem> {
    changed(call, id, UserChange { active: Some(true), ..UserChange::default() })
}

/// Switches a user off.
pub fn deactivate(call: &Call, id: UserId, _: Empty, request: DeactivateRequest) -> Handled<UserItem> {
    let DeactivateRequest { revoke_tokens } = request;
    changed(call, id, UserChange { active: Some(false), revoke_tokens, ..UserChange::default() })
}

fn changed(call: &Call, id: UserId, change: UserChange) -> Handled<UserItem> {
    Ok(detailed(call, &call.app().update_user(call.admin()?, id, change, &call.origin)?)?.into())
}

/// Reads a user name; an empty one is none.
fn username(text: Option<&str>) -> Result<Option<Option<Username>>, AppError> {
    let read = |text: &str| if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) };
    Ok(text.map(read).transpose()?)
}

/// One user, with what was noted on the account.
fn detailed(call: &Call, user: &User) -> Result<UserItem, ServerError> {
    let metadata = call.app().user_metadata(call.admin()?, user.id)?;
    Ok(UserItem { metadata: Some(metadata), ..item(user) })
}

/// Deletes a user.
pub fn delete(call: &Call, id: UserId, _: Empty, _: Empty) -> Handled<Empty> {
    call.app().delete_user(call.admin()?, id, &call.origin)?;
    Ok(Empty {}.into())
}

/// Makes a one-time reset value.
pub fn reset_password(call: &Call, id: UserId, _: Empty, _: Empty) -> Handled<ResetPasswordResponse> {
    let reset_token = call.app().reset_password(call.admin()?, id, &call.origin)?;
    Ok(Answer::from(ResetPasswordResponse { reset_token: Some(reset_token), reset_url: None, email_sent: false }))
}

/// Sets a user's password.
pub fn set_password(call: &Call, id: UserId, _: Empty, request: SetPasswordRequest) -> Handled<Empty> {
    call.app().set_password(call.admin()?, id, &request.password, request.must_change, &call.origin)?;
    Ok(Empty {}.into())
}

/// Makes or restores an admin.
pub fn recover_admin(call: &Call, (): (), _: Empty, request: RecoverAdminRequest) -> Handled<RecoverAdminResponse> {
    let email = request.email.parse().map_err(AppError::from)?;
    let password = request.password.as_ref();
    let (user, reset_token) = call.app().recover_admin(call.system()?, email, password, &call.origin)?;
    let reset_hours = reset_token.is_some().then(|| call.app().settings().reset_hours());
    Ok(RecoverAdminResponse { user: item(&user), reset_token, reset_hours }.into())
}

fn item(user: &User) -> UserItem {
    UserItem {
        id: user.id.into(),
        email: user.email.to_string(),
        name: user.name.to_string(),
        role: user.role.to_string(),
        is_admin: user.role == Role::Admin,
        active: user.active,
        created_at: Some(user.created_at),
        deactivated_at: user.deactivated_at,
        is_owner: user.is_owner,
        last_login_at: user.last_login_at,
        username: user.username.as_ref().map(ToString::to_string),
        updated_at: Some(user.updated_at),
        created_by: user.created_by.map(Into::into),
        metadata: None,
    }
}
