//! `/admin/users`: the accounts.

use askama::Template;
use axum::{body::Body, http::Response};
use serde::{Deserialize, Serialize};

use super::PAGE_ROWS;
use crate::{
    app::{
        AppError,
        users::{NewUser, UserChange},
    },
    domain::{Email, Role, Secret, User, UserId},
    server::{
        call::Call,
        error::ServerError,
        mount::PageRequest,
        web::{Frame, Refusal, form_token, page, query, read, refused, see, shown::Moment, unknown_action},
    },
};

#[derive(Template)]
#[template(path = "admin/users.html", config = ".askama.toml")]
struct UsersPage<'a> {
    frame: &'a Frame<'a>,
    query: &'a UsersQuery,
    users: Vec<Row>,
    next: Option<String>,
    roles: [&'static str; 4],
    handed: Option<Handed>,
    refusal: Option<&'a Refusal>,
}

/// A one-time reset value; it is in this one answer and nowhere else.
struct Handed {
    email: String,
    value: Secret,
}

struct Row {
    id: UserId,
    email: String,
    name: String,
    role: &'static str,
    is_owner: bool,
    active: bool,
    created: Moment,
    last_login: Option<Moment>,
}

/// Which accounts are listed; forms post with it too, so that their answer shows the same ones.
#[derive(Deserialize, Serialize, Clone)]
struct UsersQuery {
    #[serde(default)]
    q: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl UsersQuery {
    fn text(&self) -> String {
        query(self)
    }

    fn page_after(&self, email: &str) -> String {
        query(&Self { after: Some(email.to_owned()), ..self.clone() })
    }
}

#[derive(Deserialize)]
struct UsersForm {
    #[serde(default)]
    form_token: String,
    action: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    typed: String,
    #[serde(default)]
    revoke_tokens: String,
}

/// Shows the accounts, those that match the search.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let query = read(request.query.as_bytes(), "query")?;
    render(call, &query, None, None)
}

/// Adds or changes an account.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: UsersForm = read(&request.form, "body")?;
    form_token::check(call, &form.form_token)?;
    let query: UsersQuery = read(request.query.as_bytes(), "query")?;
    match act(call, &form) {
        Ok(None) => Ok(see(call, &format!("/admin/users?{}", query.text()))),
        Ok(handed) => render(call, &query, handed, None),
        Err(error) => render(call, &query, None, Some(Refusal::of(call, error)?)),
    }
}

fn act(call: &Call, form: &UsersForm) -> Result<Option<Handed>, ServerError> {
    if form.action == "add" {
        return add(call, form).map(|()| None);
    }
    let (admin, app) = (call.admin()?, call.app());
    let id: UserId = form.id.parse().map_err(|_| AppError::UserNotFound)?;
    let change = |change| app.update_user(admin, id, change, &call.origin).map(drop);
    match form.action.as_str() {
        "rename" => {
            change(UserChange { name: Some(form.name.parse().map_err(AppError::from)?), ..UserChange::default() })?;
        }
        "set-role" => {
            change(UserChange { role: Some(form.role.parse().map_err(AppError::from)?), ..UserChange::default() })?;
        }
        "activate" => change(UserChange { active: Some(true), ..UserChange::default() })?,
        "deactivate" => {
            let revoke_tokens = form.revoke_tokens == "yes";
            change(UserChange { active: Some(false), revoke_tokens, ..UserChange::default() })?;
        }
        "set-password" => app.set_password(admin, id, &form.password, &call.origin)?,
        "reset-password" => {
            let email = app.user(admin, id)?.email.to_string();
            let value = app.reset_password(admin, id, &call.origin)?;
            return Ok(Some(Handed { email, value }));
        }
        "delete" => {
            if form.typed.parse::<Email>().ok() != Some(app.user(admin, id)?.email) {
                return Err(AppError::InvalidQuery("Type the e-mail address of the account to delete it").into());
            }
            app.delete_user(admin, id, &call.origin)?;
        }
        _ => return Err(unknown_action()),
    }
    Ok(None)
}

fn add(call: &Call, form: &UsersForm) -> Result<(), ServerError> {
    let new = NewUser {
        email: form.email.parse().map_err(AppError::from)?,
        name: form.name.parse().map_err(AppError::from)?,
        role: form.role.parse().map_err(AppError::from)?,
        password: Some(form.password.clone()).filter(|password| !password.is_empty()),
        issue_token: false,
    };
    call.app().create_user(call.admin()?, new, &call.origin)?;
    Ok(())
}

fn render(
    call: &Call,
    query: &UsersQuery,
    handed: Option<Handed>,
    refusal: Option<Refusal>,
) -> Result<Response<Body>, ServerError> {
    let after = query.after.as_deref().and_then(|after| after.parse::<Email>().ok());
    let (mut users, more) = matching(call, query.q.trim(), after)?;
    let next = users.last().filter(|_| more).map(|user| user.email.to_string());
    let frame = Frame::of(call, "users")?;
    let template = UsersPage {
        frame: &frame,
        query,
        users: users.drain(..).map(row).collect(),
        next,
        roles: Role::ALL.map(Role::as_str),
        handed,
        refusal: refusal.as_ref(),
    };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}

/// Returns one page of the accounts that match, and whether there are more.
fn matching(call: &Call, search: &str, after: Option<Email>) -> Result<(Vec<User>, bool), ServerError> {
    let needle = search.to_lowercase();
    // Without a search the store cuts the page; a search looks through all accounts.
    let limit = needle.is_empty().then_some(PAGE_ROWS + 1);
    let mut users = call.app().users(call.admin()?, after.as_ref(), limit)?;
    users.retain(|user| user.email.as_str().contains(&needle) || user.name.as_str().to_lowercase().contains(&needle));
    let more = users.len() > PAGE_ROWS as usize;
    users.truncate(PAGE_ROWS as usize);
    Ok((users, more))
}

fn row(user: User) -> Row {
    Row {
        id: user.id,
        email: user.email.to_string(),
        name: user.name.to_string(),
        role: user.role.as_str(),
        is_owner: user.is_owner,
        active: user.active,
        created: user.created_at.into(),
        last_login: user.last_login_at.map(Moment::from),
    }
}
