//! `/admin/users`: the accounts, and how one is added; what is done to one is in `user.rs`.

use askama::Template;
use http::Response;
use serde::{Deserialize, Serialize};

use super::user;
use crate::{
    app::{AppError, users::NewUser},
    domain::{Email, Role, Secret, User, UserId, UserSearch},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        mount::PageRequest,
        web::{Frame, PAGE_ROWS, Refusal, address, cut, form_token, page, read, refused, see, shown::Moment},
    },
    store::UserFilter,
};

#[derive(Template)]
#[template(path = "admin/users.html", config = ".askama.toml")]
struct UsersPage<'a> {
    frame: &'a Frame<'a>,
    query: &'a UsersQuery,
    users: Vec<Row>,
    next: Option<String>,
    roles: [&'static str; 4],
    refusal: Option<&'a Refusal>,
}

/// An account as pages show it.
pub(super) struct Row {
    pub(super) id: UserId,
    /// The wire form, for links.
    pub(super) email: String,
    /// The form for people.
    pub(super) address: String,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) is_owner: bool,
    pub(super) active: bool,
    pub(super) created: Moment,
    pub(super) last_login: Option<Moment>,
}

/// Which accounts are listed, or which one is shown; forms post with it too, so that the way back leads to the same list.
#[derive(Deserialize, Serialize, Clone)]
pub(super) struct UsersQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// The account whose own page this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

impl UsersQuery {
    pub(super) fn here(&self) -> String {
        address("/admin/users", self)
    }

    pub(super) fn list(&self) -> String {
        Self { id: None, ..self.clone() }.here()
    }

    pub(super) fn about(&self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..self.clone() }
    }

    fn of(&self, id: &UserId) -> String {
        self.about(&id.to_string()).here()
    }

    fn page_after(&self, email: &str) -> String {
        Self { after: Some(email.to_owned()), ..self.clone() }.here()
    }
}

#[derive(Deserialize)]
pub(super) struct UsersForm {
    #[serde(default)]
    form_token: String,
    pub(super) action: String,
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) role: String,
    #[serde(default)]
    pub(super) password: Secret,
    #[serde(default)]
    pub(super) typed: String,
    #[serde(default)]
    pub(super) revoke_tokens: String,
}

/// Shows the accounts, those that match the search, or one of them with what can be done to it.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let query: UsersQuery = read(request.query.as_bytes(), "query")?;
    match query.id {
        Some(_) => user::show(call, &query),
        None => list(call, &query, None),
    }
}

/// Adds or changes an account.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: UsersForm = read(&request.form, "body")?;
    form_token::check(call, &form.form_token)?;
    let query: UsersQuery = read(request.query.as_bytes(), "query")?;
    if form.action != "add" {
        return user::submit(call, &query, &form);
    }
    match add(call, &form) {
        // What comes next, such as a reset value to hand over, is on the account's own page.
        Ok(user) => Ok(see(call, &query.of(&user.id))),
        Err(error) => list(call, &query, Some(Refusal::of(call, error)?)),
    }
}

fn add(call: &Call, form: &UsersForm) -> Result<User, ServerError> {
    let new = NewUser {
        email: form.email.parse().map_err(AppError::from)?,
        name: form.name.parse().map_err(AppError::from)?,
        role: form.role.parse().map_err(AppError::from)?,
        password: Some(form.password.clone()).filter(|password| !password.is_empty()),
        issue_token: false,
        username: None,
        metadata: None,
    };
    let (user, _) = call.app().create_user(call.admin()?, new, &call.origin)?;
    Ok(user)
}

/// Shows the list.
pub(super) fn list(call: &Call, query: &UsersQuery, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let mut users = matching(call, query)?;
    let more = cut(&mut users);
    let next = users.last().filter(|_| more).map(|user| user.email.to_string());
    let frame = Frame::of(call, "users")?;
    let template = UsersPage {
        frame: &frame,
        query,
        users: users.into_iter().map(Row::from).collect(),
        next,
        roles: Role::ALL.map(Role::as_str),
        refusal: refusal.as_ref(),
    };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}

/// Returns the accounts that match, one more than fits on the page if there are more.
fn matching(call: &Call, query: &UsersQuery) -> Result<Vec<User>, ServerError> {
    let after = query.after.as_deref().and_then(|after| Email::stored_forms(after).into_iter().next());
    let search = UserSearch::new(&query.q);
    let filter = UserFilter { search, after, limit: PAGE_ROWS + 1, ..UserFilter::default() };
    Ok(call.app().users(call.admin()?, &filter)?)
}

impl From<User> for Row {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email.to_string(),
            address: user.email.shown(),
            name: user.name.to_string(),
            role: user.role.as_str(),
            is_owner: user.is_owner,
            active: user.active,
            created: user.created_at.into(),
            last_login: user.last_login_at.map(Moment::from),
        }
    }
}
