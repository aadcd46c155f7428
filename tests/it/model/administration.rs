//! The model's rules of administration: A-07..A-14, A-24, C-06, D-25.

use serde_json::{Value, json};

use super::{
    call::Call,
    rules::{Outcome, Progress, Request, refusal, refuse, reply, text},
    state::{Caller, Kind, Password, SOMETHING, State, User},
};
use crate::support::Answer;

impl State {
    /// Carries out what an admin asked for.
    pub(super) fn administer(&mut self, request: &Request, caller: &Caller, answer: &Answer) -> Outcome<Progress> {
        match &request.call {
            Call::Users => Ok(reply(200, self.user_rows())),
            Call::ShowUser(id) => Ok(reply(200, self.found(id)?.row(id))),
            Call::AddUser { email, role, password, issue_token } => {
                let password = password.as_ref();
                let password = password.map(|text| Password { text: text.clone(), set_by: request.number });
                self.add_user(caller, email, role, password, *issue_token, answer)
            }
            Call::Change { user, role, active } => self.change(caller, request, user, (*role, *active), false),
            Call::Activate(user) => self.change(caller, request, user, (None, Some(true)), false),
            Call::Deactivate { user, revoke_tokens } => {
                self.change(caller, request, user, (None, Some(false)), *revoke_tokens)
            }
            Call::Delete(user) => self.delete(caller, user),
            Call::SetPassword { user, password, must_change } => {
                self.may_replace_password(caller, request, user)?;
                self.set_password(user, password, request.number, None);
                if let Some(user) = self.users.get_mut(user) {
                    user.must_change = *must_change;
                }
                self.note_by(caller, "user.set_password", &format!("user:{user}"));
                Ok(reply(204, Value::Null))
            }
            Call::IssueReset(user) => {
                self.may_replace_password(caller, request, user)?;
                self.resets.retain(|_, owner| owner != user);
                self.resets.extend(text(answer, "reset_token").map(|value| (value, user.clone())));
                self.note_by(caller, "user.reset_password", &format!("user:{user}"));
                Ok(reply(200, json!({ "reset_token": SOMETHING, "email_sent": false })))
            }
            Call::Tokens { user, status } => Ok(reply(200, self.token_rows(user.as_deref(), *status))),
            Call::AdminRevoke(token) => {
                self.token(token).ok_or_else(|| refusal(404, "token_not_found"))?;
                self.revoke(caller, token, "token.admin_revoke");
                Ok(reply(204, Value::Null))
            }
            Call::Sessions { user } => {
                let rows = self.live_sessions(user.as_deref()).map(|(id, session)| {
                    let mut row = Self::session_row(id, session);
                    row["user_email"] = json!(self.users[&session.owner].email);
                    row
                });
                Ok(reply(200, json!({ "items": rows.collect::<Vec<_>>() })))
            }
            Call::AdminEndSession(session) => {
                self.session(session)?;
                if !self.end_chain(session) {
                    return refuse(404, "session_not_found");
                }
                self.note_by(caller, "session.revoke", &format!("session:{session}"));
                Ok(reply(204, Value::Null))
            }
            Call::AdminEndSessions(user) => {
                self.found(user)?;
                let ended = self.end_sessions(user, None);
                self.note_by(caller, "session.revoke", &format!("user:{user}"));
                Ok(reply(200, json!({ "revoked": ended })))
            }
            other => unreachable!("{other:?} needs no admin"),
        }
    }

    fn user_rows(&self) -> Value {
        let mut users: Vec<(&String, &User)> = self.users.iter().collect();
        users.sort_by_key(|(_, user)| &user.email);
        users.into_iter().map(|(id, user)| user.row(id)).collect()
    }

    /// Lists tokens of a user, named by id or address, or of everybody.
    fn token_rows(&self, user: Option<&str>, status: Option<&str>) -> Value {
        let is_asked_for = |owner: &String| user.is_none_or(|user| owner == user || self.users[owner].email == user);
        let tokens = self
            .tokens()
            .filter(|(_, token)| status.is_none_or(|status| status == token.status()) && is_asked_for(&token.owner));
        tokens.map(|(id, token)| self.admin_token_row(id, token)).collect()
    }

    fn add_user(
        &mut self,
        caller: &Caller,
        email: &str,
        role: &str,
        password: Option<Password>,
        issue_token: bool,
        answer: &Answer,
    ) -> Outcome<Progress> {
        if self.user_by_email(email).is_some() {
            return refuse(409, "email_taken");
        }
        let (email, role) = (email.trim().to_lowercase(), role.to_owned());
        let user =
            User { email, role, active: true, is_owner: false, password, has_signed_in: false, must_change: false };
        let id = text(answer, "id").unwrap_or_default();
        let row = user.row(&id);
        self.users.insert(id.clone(), user);
        self.note_by(caller, "user.create", &format!("user:{id}"));
        if let Some(bearer) = text(answer, "token").filter(|_| issue_token) {
            // No requirement names the first token, nor does this answer.
            let token = self.issue(&id, bearer, Kind::token(SOMETHING, true, false));
            self.note_by(caller, "token.create", &format!("token:{token}"));
        }
        Ok(reply(201, row))
    }

    /// A token gives nobody a way to be an admin that outlives it (D-44). The refusal leaves a row (S-13).
    fn needs_session(&mut self, caller: &Caller, request: &Request) -> Outcome<()> {
        if caller.is_session {
            return Ok(());
        }
        self.note_by(caller, "access_denied", &request.call.route());
        refuse(403, "session_required")
    }

    fn may_replace_password(&mut self, caller: &Caller, request: &Request, id: &str) -> Outcome<()> {
        let user = self.found(id)?;
        if user.role == "admin" || id == caller.user { self.needs_session(caller, request) } else { Ok(()) }
    }

    /// Changes role and switch; whoever it is, one active admin is left (A-11, C-06).
    fn change(
        &mut self,
        caller: &Caller,
        request: &Request,
        id: &str,
        (role, active): (Option<&str>, Option<bool>),
        revoke_tokens: bool,
    ) -> Outcome<Progress> {
        let mut user = self.found(id)?;
        let is_last = self.is_last_admin(id);
        let is_promoted = role == Some("admin") && user.role != "admin";
        let is_activated = role.unwrap_or(&user.role) == "admin" && active == Some(true) && !user.active;
        if is_promoted || is_activated {
            self.needs_session(caller, request)?;
        }
        if is_last && role.is_some_and(|role| role != "admin") {
            return refuse(409, "last_admin");
        }
        if active == Some(false) && user.active && id == caller.user {
            return refuse(409, "yourself");
        }
        if active == Some(false) && is_last {
            return refuse(409, "last_admin");
        }
        let before = user.clone();
        if let Some(role) = role {
            user.role = role.to_owned();
            user.is_owner &= role == "admin";
        }
        let mut changed = user != before;
        self.users.insert(id.to_owned(), user);
        changed |= active.is_some_and(|active| self.switch(id, active));
        changed |= revoke_tokens && self.end_tokens(id) > 0;
        if changed {
            self.note_by(caller, "user.update", &format!("user:{id}"));
        }
        Ok(reply(200, self.users[id].row(id)))
    }

    /// Removes a user with every way to be that user; the log stays.
    fn delete(&mut self, caller: &Caller, id: &str) -> Outcome<Progress> {
        self.found(id)?;
        if id == caller.user {
            return refuse(409, "yourself");
        }
        if self.is_last_admin(id) {
            return refuse(409, "last_admin");
        }
        self.users.remove(id);
        self.resets.retain(|_, owner| owner != id);
        self.note_by(caller, "user.delete", &format!("user:{id}"));
        Ok(reply(204, Value::Null))
    }
}
