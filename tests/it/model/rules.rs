//! The model: what each request does, written from the requirements.
//!
//! A request has up to three moments. It is let in (C-08, C-09); a tried password is judged; it is carried out, and
//! whatever changes something does so only for a caller whose credential still lives (S-06, S-24). Alone, a request has
//! them at once. Of requests that overlap, the moments may have any order.

use serde_json::{Value, json};

use super::{
    call::{Call, Needs},
    continuation::signed_in,
    state::{Caller, Chain, Credential, Kind, SOMETHING, State, User},
};
use crate::support::{Answer, jwt_part};

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Its place in the sequence.
    pub(super) number: usize,
    pub(super) bearer: Option<String>,
    pub(super) call: Call<String>,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Arrived,
    LetIn,
    /// What is asked for was found, and may be gone by the time of the change.
    Found,
    /// The tried password is the one that this request had set for this user.
    PasswordJudged {
        user: String,
        set_by: usize,
    },
    Answered(Reply),
}

/// The answer that the model gives: a status, and what must be in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

pub(super) type Outcome<T> = Result<T, Reply>;

pub(super) fn refusal(status: u16, code: &str) -> Reply {
    Reply { status, body: json!({ "code": code }) }
}

pub(super) fn refuse<T>(status: u16, code: &str) -> Outcome<T> {
    Err(refusal(status, code))
}

pub(super) fn reply(status: u16, body: Value) -> Progress {
    Progress::Answered(Reply { status, body })
}

impl State {
    /// Takes a request one moment further. New ids and secrets are the server's to choose: they come from its answer.
    pub(super) fn step(&mut self, request: &Request, progress: Progress, answer: &Answer) -> Progress {
        let next = match progress {
            Progress::Arrived => self.let_in(request),
            Progress::LetIn if matches!(request.call, Call::ChangePassword { .. }) => self.judge_own_password(request),
            Progress::LetIn if matches!(request.call, Call::RotateToken { .. }) => self.find_rotated(request),
            Progress::PasswordJudged { user, set_by } if matches!(request.call, Call::SignIn { .. }) => {
                self.open_session(&user, set_by, answer)
            }
            Progress::PasswordJudged { set_by, .. } => self.carry_out(request, Some(set_by), answer),
            Progress::LetIn | Progress::Found => self.carry_out(request, None, answer),
            answered @ Progress::Answered(_) => Ok(answered),
        };
        next.unwrap_or_else(Progress::Answered)
    }

    /// Finds out who a bearer is, in the order of the contract's checks.
    pub(super) fn caller(&self, bearer: Option<&str>) -> Outcome<Caller> {
        let Some(bearer) = bearer else { return refuse(401, "missing_credential") };
        let found = self.credentials.iter().find(|(_, credential)| credential.bearer == bearer);
        let Some((id, credential)) = found else { return refuse(401, "invalid_token") };
        match self.users.get(&credential.owner) {
            None => refuse(401, "account_unknown"),
            Some(user) if !user.active => refuse(401, "account_deactivated"),
            Some(_) if credential.ended => refuse(401, "token_revoked"),
            Some(_) if credential.expired => refuse(401, "token_expired"),
            Some(_) => {
                let is_session = credential.chain().is_some();
                Ok(Caller { user: credential.owner.clone(), credential: id.clone(), is_session })
            }
        }
    }

    /// Lets a caller in or not; a refused admin route leaves a row (S-13).
    fn admit(&mut self, request: &Request) -> Outcome<Caller> {
        let caller = self.caller(request.bearer.as_deref())?;
        if caller.is_session && self.users[&caller.user].must_change && !request.call.is_open_to_held() {
            if request.call.needs() == Needs::Admin {
                self.note_by(&caller, "access_denied", &request.call.route());
            }
            return refuse(403, "password_change_required");
        }
        match request.call.needs() {
            Needs::Admin if self.users[&caller.user].role != "admin" => {
                self.note_by(&caller, "access_denied", &request.call.route());
                refuse(403, "role_required")
            }
            Needs::Session if !caller.is_session => refuse(403, "session_required"),
            _ => Ok(caller),
        }
    }

    fn let_in(&mut self, request: &Request) -> Outcome<Progress> {
        match (&request.call, request.call.needs()) {
            (Call::SignIn { email, password, .. }, _) => return self.judge_sign_in(email, password),
            (Call::Refresh(token), _) => return self.continued(token).map(|_| Progress::LetIn),
            (Call::SignOut, _) if self.caller(request.bearer.as_deref()).is_err() => {
                return Ok(reply(200, json!({ "ok": true })));
            }
            (_, Needs::Nothing) => {}
            (call, _) => {
                let caller = self.admit(request)?;
                if matches!(call, Call::AddUser { issue_token: true, .. } | Call::AddUser { role: "admin", .. })
                    && !caller.is_session
                {
                    self.note_by(&caller, "access_denied", &call.route());
                    return refuse(403, "session_required");
                }
                match call {
                    Call::WhoAmI => return Ok(reply(200, self.who(&caller))),
                    // A token may rotate itself and none else.
                    Call::RotateToken { token, .. } if !caller.is_session && *token != caller.credential => {
                        return refuse(403, "session_required");
                    }
                    Call::EndSessions { but_this: true } if !caller.is_session => {
                        return refuse(403, "session_required");
                    }
                    _ => {}
                }
            }
        }
        check_form(&request.call)?;
        Ok(Progress::LetIn)
    }

    fn who(&self, caller: &Caller) -> Value {
        let user = &self.users[&caller.user];
        let typ = if caller.is_session { "session" } else { "pat" };
        json!({
            "id": caller.user,
            "email": user.email,
            "role": user.role,
            "is_owner": user.is_owner,
            "typ": typ,
            "must_change_password": user.must_change,
        })
    }

    /// Unknown, password-less and mistaken are one answer; deactivated is told to whoever knows the password (C-10).
    fn judge_sign_in(&mut self, email: &str, password: &str) -> Outcome<Progress> {
        let Some((id, user)) = self.user_by_email(email) else {
            self.note("login_failed", None, "anonymous", "auth");
            return refuse(401, "invalid_login");
        };
        let id = id.clone();
        match &user.password {
            Some(right) if right.text == password && user.active => {
                Ok(Progress::PasswordJudged { user: id, set_by: right.set_by })
            }
            Some(right) if right.text == password => self.sign_in_failed(&id, "account_deactivated"),
            _ => self.sign_in_failed(&id, "invalid_login"),
        }
    }

    fn sign_in_failed(&mut self, user: &str, code: &str) -> Outcome<Progress> {
        self.note("login_failed", Some(user), "anonymous", "auth");
        refuse(401, code)
    }

    /// The present password is asked for before the new one is looked at.
    fn judge_own_password(&mut self, request: &Request) -> Outcome<Progress> {
        let Call::ChangePassword { current, new } = &request.call else { return Ok(Progress::LetIn) };
        let user = self.reader(request).user;
        match self.users.get(&user).and_then(|user| user.password.as_ref()) {
            Some(right) if right.text == *current => {
                // Who set it knows it.
                if self.users[&user].must_change && new == current {
                    return refuse(400, "weak_password");
                }
                check_password(new)?;
                Ok(Progress::PasswordJudged { set_by: right.set_by, user })
            }
            _ => refuse(400, "wrong_password"),
        }
    }

    pub(super) fn owner_of(&self, bearer: &str) -> Option<&str> {
        self.credentials.values().find(|one| one.bearer == bearer).map(|one| one.owner.as_str())
    }

    fn carry_out(&mut self, request: &Request, judged: Option<usize>, answer: &Answer) -> Outcome<Progress> {
        let call = &request.call;
        if let Call::Redeem { value, password } = call {
            return self.redeem(value, password, request.number);
        }
        if let Call::Refresh(token) = call {
            return self.refresh(token, answer);
        }
        let caller = match call {
            // Whatever ended the session meanwhile, signing out succeeds.
            Call::SignOut => match self.caller(request.bearer.as_deref()) {
                Ok(caller) => caller,
                Err(_) => return Ok(reply(200, json!({ "ok": true }))),
            },
            call if call.changes() => self.admit(request)?,
            // A list is read for whoever was let in.
            _ => self.reader(request),
        };
        if call.needs() == Needs::Admin {
            return self.administer(request, &caller, answer);
        }
        self.serve_owner(request, &caller, judged, answer)
    }

    fn reader(&self, request: &Request) -> Caller {
        let user = request.bearer.as_deref().and_then(|bearer| self.owner_of(bearer)).unwrap_or_default();
        Caller { user: user.to_owned(), credential: String::new(), is_session: false }
    }

    fn open_session(&mut self, id: &str, judged: usize, answer: &Answer) -> Outcome<Progress> {
        let user = match self.users.get_mut(id) {
            Some(user) if user.password.as_ref().is_some_and(|password| password.set_by == judged) => user,
            _ => return self.sign_in_failed(id, "invalid_login"),
        };
        if !user.active {
            return self.sign_in_failed(id, "account_deactivated");
        }
        user.has_signed_in = true;
        let user = user.clone();
        if let Some(bearer) = text(answer, "access_token") {
            let chain = Chain { refresh: text(answer, "refresh_token"), ..Chain::default() };
            let session = format!("session:{}", self.issue(id, bearer, Kind::Session(chain)));
            self.note("login", Some(id), &session, &session);
        }
        Ok(reply(200, signed_in(id, &user)))
    }

    /// Works once, and only the newest value of a user.
    fn redeem(&mut self, value: &str, password: &str, number: usize) -> Outcome<Progress> {
        let Some(user) = self.resets.get(value).cloned() else { return refuse(400, "invalid_reset_token") };
        self.set_password(&user, password, number, None);
        self.note("user.set_password", Some(&user), "anonymous", &format!("user:{user}"));
        Ok(reply(204, Value::Null))
    }

    fn serve_owner(
        &mut self,
        request: &Request,
        caller: &Caller,
        judged: Option<usize>,
        answer: &Answer,
    ) -> Outcome<Progress> {
        match &request.call {
            Call::SignOut if caller.is_session => {
                self.end_chain(&caller.credential);
                self.note_by(caller, "logout", &caller.via());
                Ok(reply(200, json!({ "ok": true })))
            }
            Call::SignOut => Ok(reply(200, json!({ "ok": true }))),
            Call::ChangePassword { new, .. } => {
                let present = self.users[&caller.user].password.as_ref().map(|password| password.set_by);
                if present != judged {
                    return refuse(400, "wrong_password");
                }
                self.set_password(&caller.user, new, request.number, Some(&caller.credential));
                self.note_by(caller, "user.set_password", &format!("user:{}", caller.user));
                Ok(reply(204, Value::Null))
            }
            Call::CreateToken { name, days, renewable } => {
                let name = name.trim();
                if let Some(bearer) = text(answer, "token") {
                    let kind = Kind::token(name, days.is_some(), *renewable);
                    let id = self.issue(&caller.user, bearer, kind);
                    self.note_by(caller, "token.create", &format!("token:{id}"));
                }
                Ok(reply(201, json!({ "name": name, "expires_at": days.map(|_| SOMETHING) })))
            }
            Call::OwnTokens => {
                let own = self.tokens().filter(|(_, token)| token.owner == caller.user);
                Ok(reply(200, own.map(|(id, token)| Self::token_row(id, token)).collect()))
            }
            Call::ShowToken(id) => Ok(reply(200, Self::token_row(id, self.own_token(caller, id)?))),
            Call::RevokeToken(id) => {
                self.own_token(caller, id)?;
                self.revoke(caller, id, "token.revoke");
                Ok(reply(204, Value::Null))
            }
            Call::RotateToken { token, overlap_hours } => self.rotate(caller, token, *overlap_hours, answer),
            Call::OwnSessions => {
                let rows = self.live_sessions(Some(&caller.user)).map(|(id, session)| {
                    let mut row = Self::session_row(id, session);
                    let bearer = request.bearer.as_deref();
                    row["current"] = json!(Some(session.bearer.as_str()) == bearer);
                    row
                });
                Ok(reply(200, json!({ "items": rows.collect::<Vec<_>>() })))
            }
            Call::EndSession(session) => {
                if self.session(session)?.owner != caller.user || !self.end_chain(session) {
                    return refuse(404, "session_not_found");
                }
                self.note_by(caller, "session.revoke", &format!("session:{session}"));
                Ok(reply(204, Value::Null))
            }
            Call::EndSessions { but_this } => {
                self.end_sessions(&caller.user, but_this.then_some(caller.credential.as_str()));
                self.note_by(caller, "session.revoke", &format!("user:{}", caller.user));
                Ok(reply(204, Value::Null))
            }
            other => unreachable!("{other:?} needs an admin or nobody"),
        }
    }

    /// Another's token is as unknown as a random one, to admins too.
    fn own_token(&self, caller: &Caller, id: &str) -> Outcome<&Credential> {
        let own = self.token(id).filter(|token| token.owner == caller.user);
        own.ok_or_else(|| refusal(404, "token_not_found"))
    }

    pub(super) fn end(&mut self, credential: &str) -> bool {
        self.credentials.get_mut(credential).is_some_and(|one| !std::mem::replace(&mut one.ended, true))
    }

    /// Revokes a token and those that it rotated itself into. Revoking again changes nothing (S-26).
    pub(super) fn revoke(&mut self, caller: &Caller, token: &str, action: &str) {
        let mut next = Some(token.to_owned());
        while let Some(token) = next {
            if self.end(&token) {
                self.note_by(caller, action, &format!("token:{token}"));
            }
            next = match self.token(&token).map(|token| &token.kind) {
                Some(Kind::Token { replaced_by, rotated_itself: true, .. }) => replaced_by.clone(),
                _ => None,
            };
        }
    }

    /// Takes a credential over from an answer; returns its id, which it carries.
    pub(super) fn issue(&mut self, owner: &str, bearer: String, mut kind: Kind) -> String {
        let id = jwt_part(&bearer, 1)["jti"].as_str().unwrap_or_default().to_owned();
        if let Kind::Session(chain) = &mut kind {
            chain.role = self.users.get(owner).map(|user| user.role.clone()).unwrap_or_default();
            if chain.previous.is_none() {
                chain.family = id.clone();
            }
        }
        self.credentials
            .insert(id.clone(), Credential { bearer, owner: owner.to_owned(), kind, ended: false, expired: false });
        id
    }

    pub(super) fn found(&self, id: &str) -> Outcome<User> {
        self.users.get(id).cloned().ok_or_else(|| refusal(404, "user_not_found"))
    }
}

/// Returns a text of the answer's body.
pub(super) fn text(answer: &Answer, member: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    Some(body.get(member)?.as_str()?.to_owned())
}

/// Judges what needs no look at the state, and so comes before a 404 or 409.
fn check_form(call: &Call<String>) -> Outcome<()> {
    match call {
        Call::CreateToken { name, .. } if name.trim().is_empty() => refuse(400, "invalid_name"),
        Call::CreateToken { days: Some(days), .. } if !(1..=3650).contains(days) => refuse(400, "invalid_lifetime"),
        Call::RotateToken { overlap_hours: Some(hours), .. } if !(0..=720).contains(hours) => {
            refuse(400, "invalid_lifetime")
        }
        Call::AddUser { role, .. } | Call::Change { role: Some(role), .. } if !ROLES.contains(role) => {
            refuse(400, "unknown_role")
        }
        Call::AddUser { password: Some(password), .. }
        | Call::SetPassword { password, .. }
        | Call::Redeem { password, .. } => check_password(password),
        _ => Ok(()),
    }
}

const ROLES: [&str; 4] = ["viewer", "analyst", "km_admin", "admin"];

/// Eight characters, and none of the most common ones (S-16).
fn check_password(text: &str) -> Outcome<()> {
    if text.chars().count() < 8 || text == "password1" { refuse(400, "weak_password") } else { Ok(()) }
}
