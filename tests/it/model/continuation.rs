//! The model's rules of what goes on: sessions that are continued (K-08), tokens that are rotated (O-06).

use serde_json::{Value, json};

use super::{
    call::Call,
    rules::{Outcome, Progress, Request, refusal, refuse, reply, text},
    state::{Caller, Chain, Credential, Kind, SOMETHING, State, User},
};
use crate::support::Answer;

/// What a sign-in and a refresh tell of their session.
pub(super) fn signed_in(id: &str, user: &User) -> Value {
    json!({
        "token_type": "bearer",
        "user_id": id,
        "email": user.email,
        "role": user.role,
        "must_change_password": user.must_change.then_some(true),
    })
}

impl State {
    /// Returns the session that a refresh token continues, or continued before; it went with its user.
    pub(super) fn continued(&self, token: &str) -> Outcome<(String, Credential)> {
        let is_its = |one: &Credential| one.chain().is_some_and(|chain| chain.refresh.as_deref() == Some(token));
        let found = self.credentials.iter().find(|(_, one)| is_its(one) && self.users.contains_key(&one.owner));
        found.map(|(id, one)| (id.clone(), one.clone())).ok_or_else(|| refusal(401, "invalid_token"))
    }

    /// Continues a session. A token that was used before ends the chain, but for the same client that asks again at once.
    pub(super) fn refresh(&mut self, token: &str, answer: &Answer) -> Outcome<Progress> {
        let (id, session) = self.continued(token)?;
        let user = self.users[&session.owner].clone();
        let chain = session.chain().cloned().unwrap_or_default();
        if !user.active {
            return refuse(401, "account_deactivated");
        }
        if let Some(next) = &chain.replaced_by {
            let next = &self.credentials[next];
            if !session.ended && next.is_live_session() {
                // The same answer, unless another role would make it another one.
                let is_same = next.chain().is_some_and(|chain| chain.role == user.role);
                let mut body = signed_in(&session.owner, &user);
                body["access_token"] = json!(next.bearer);
                return if is_same { Ok(reply(200, body)) } else { refuse(401, "token_revoked") };
            }
            if self.end_chain(&id) {
                let session_id = format!("session:{id}");
                self.note("session.revoke", Some(&session.owner), &session_id, &session_id);
            }
            return refuse(401, "refresh_reused");
        }
        match (session.ended, session.expired) {
            (true, _) => return refuse(401, "token_revoked"),
            (false, true) => return refuse(401, "token_expired"),
            (false, false) => {}
        }
        if let Some(bearer) = text(answer, "access_token") {
            let next = Chain {
                family: chain.family,
                previous: Some(id.clone()),
                refresh: text(answer, "refresh_token"),
                ..Chain::default()
            };
            let next = self.issue(&session.owner, bearer, Kind::Session(next));
            if let Some(Kind::Session(chain)) = self.credentials.get_mut(&id).map(|one| &mut one.kind) {
                chain.replaced_by = Some(next);
            }
        }
        Ok(reply(200, signed_in(&session.owner, &user)))
    }

    /// Another's session is as unknown as a random one; it is gone with its user.
    pub(super) fn session(&self, id: &str) -> Outcome<&Credential> {
        let found = self.credentials.get(id).filter(|one| one.chain().is_some() && self.users.contains_key(&one.owner));
        found.ok_or_else(|| refusal(404, "session_not_found"))
    }

    /// Finds the token that is to be rotated; one rotates itself only if it was made for that.
    pub(super) fn find_rotated(&self, request: &Request) -> Outcome<Progress> {
        let Call::RotateToken { token, .. } = &request.call else { return Ok(Progress::Found) };
        let bearer = request.bearer.as_deref().unwrap_or_default();
        let found = self.token(token).filter(|found| self.owner_of(bearer) == Some(found.owner.as_str()));
        let found = found.ok_or_else(|| refusal(404, "token_not_found"))?;
        let Kind::Token { renewable, .. } = found.kind else { return Ok(Progress::Found) };
        if found.bearer == bearer && !renewable { refuse(403, "session_required") } else { Ok(Progress::Found) }
    }

    /// Puts another token in the place of one; both work while the overlap lasts, a day if nothing is said.
    pub(super) fn rotate(
        &mut self,
        caller: &Caller,
        id: &str,
        overlap_hours: Option<i64>,
        answer: &Answer,
    ) -> Outcome<Progress> {
        let old = self.token(id).cloned().ok_or_else(|| refusal(404, "token_not_found"))?;
        let Kind::Token { name, expires, renewable, replaced_by, .. } = old.kind else {
            return refuse(404, "token_not_found");
        };
        if replaced_by.is_some() {
            return refuse(409, "token_rotated");
        }
        if old.ended || old.expired {
            return refuse(409, "token_ended");
        }
        if let Some(bearer) = text(answer, "token") {
            let new = self.issue(&caller.user, bearer, Kind::token(&name, expires, renewable));
            if let Some(old) = self.credentials.get_mut(id) {
                old.ended = overlap_hours == Some(0);
                let (name, replaced_by, rotated_itself) = (name.clone(), Some(new), !caller.is_session);
                old.kind = Kind::Token { name, expires, renewable, replaced_by, rotated_itself };
            }
            self.note_by(caller, "token.rotate", &format!("token:{id}"));
        }
        Ok(reply(201, json!({ "name": name, "expires_at": expires.then_some(SOMETHING) })))
    }
}
