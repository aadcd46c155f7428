//! `/admin/users?id=ID`: one account, and what can be done to it.

use askama::Template;
use http::Response;

use super::users::{Row, UsersForm, UsersQuery, list};
use crate::{
    app::{AppError, users::UserChange},
    domain::{Email, Role, Secret, UserId},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        web::{Frame, Refusal, page, refused, see, unknown_action},
    },
};

#[derive(Template)]
#[template(path = "admin/user.html", config = ".askama.toml")]
struct UserPage<'a> {
    frame: &'a Frame<'a>,
    query: &'a UsersQuery,
    user: Row,
    roles: [&'static str; 4],
    done: Option<&'static str>,
    handed: Option<Secret>,
    reset_hours: u64,
    refusal: Option<&'a Refusal>,
}

/// What came of a form.
#[derive(Default)]
struct Outcome {
    done: Option<&'static str>,
    /// A one-time reset value; it is in this one answer and nowhere else.
    handed: Option<Secret>,
    refusal: Option<Refusal>,
}

/// Where to go on.
enum Next {
    /// Back to the list: the account is gone.
    List,
    /// The account's page again, which shows the change.
    Again,
    /// The account's page, which tells what was done.
    Tell(Box<Outcome>),
}

/// Shows the account.
pub(super) fn show(call: &Call, query: &UsersQuery) -> Result<Response<Body>, ServerError> {
    render(call, query, Outcome::default())
}

/// Changes the account.
pub(super) fn submit(call: &Call, query: &UsersQuery, form: &UsersForm) -> Result<Response<Body>, ServerError> {
    let query = query.about(&form.id);
    match act(call, form) {
        Ok(Next::List) => Ok(see(call, &query.list())),
        Ok(Next::Again) => Ok(see(call, &query.here())),
        Ok(Next::Tell(outcome)) => render(call, &query, *outcome),
        Err(error) => {
            let refusal = Some(Refusal::of(call, error)?);
            render(call, &query, Outcome { refusal, ..Outcome::default() })
        }
    }
}

fn act(call: &Call, form: &UsersForm) -> Result<Next, ServerError> {
    let (admin, app) = (call.admin()?, call.app());
    let id = form.id.parse().map_err(|_| AppError::UserNotFound)?;
    let change = |change| app.update_user(admin, id, change, &call.origin).map(|_| Next::Again);
    Ok(match form.action.as_str() {
        "rename" => {
            change(UserChange { name: Some(form.name.parse().map_err(AppError::from)?), ..UserChange::default() })?
        }
        "set-role" => {
            change(UserChange { role: Some(form.role.parse().map_err(AppError::from)?), ..UserChange::default() })?
        }
        "activate" => change(UserChange { active: Some(true), ..UserChange::default() })?,
        "deactivate" => {
            let revoke_tokens = form.revoke_tokens == "yes";
            change(UserChange { active: Some(false), revoke_tokens, ..UserChange::default() })?
        }
        "set-password" => {
            app.set_password(admin, id, &form.password, true, &call.origin)?;
            Next::Tell(Box::new(Outcome {
                done: Some(
                    "The password is set and must be changed at the next sign-in; the account's sessions are ended.",
                ),
                ..Outcome::default()
            }))
        }
        "reset-password" => {
            let handed = Some(app.reset_password(admin, id, &call.origin)?);
            Next::Tell(Box::new(Outcome { handed, ..Outcome::default() }))
        }
        "delete" => {
            if !Email::stored_forms(&form.typed).contains(&app.user(admin, id)?.email) {
                return Err(AppError::InvalidQuery("Type the e-mail address of the account to delete it").into());
            }
            app.delete_user(admin, id, &call.origin)?;
            Next::List
        }
        _ => return Err(unknown_action()),
    })
}

fn render(call: &Call, query: &UsersQuery, outcome: Outcome) -> Result<Response<Body>, ServerError> {
    let id = query.id.as_deref().and_then(|id| id.parse::<UserId>().ok());
    let found = id.ok_or(AppError::UserNotFound).and_then(|id| call.app().user(call.admin()?, id));
    let user = match found {
        Ok(user) => user,
        // The list is the way on from an account that is not there.
        Err(error) => return list(call, query, Some(Refusal::of(call, error)?)),
    };
    let Outcome { done, handed, refusal } = outcome;
    let frame = Frame::of(call, "users")?;
    let template = UserPage {
        frame: &frame,
        query,
        user: user.into(),
        roles: Role::ALL.map(Role::as_str),
        done,
        handed,
        reset_hours: call.app().settings().reset_lifetime.as_secs() / 3_600,
        refusal: refusal.as_ref(),
    };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}
