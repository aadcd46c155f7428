//! What the model remembers: users, credentials, reset values and the audit log, in plain maps.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Stands for any value but null in an expected answer.
pub(super) const SOMETHING: &str = "(something)";

/// Everything that a server should know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    /// By id; deleted ones are gone.
    pub(super) users: BTreeMap<String, User>,
    /// Every credential ever issued, by id; those of deleted users stay, to be refused.
    pub(super) credentials: BTreeMap<String, Credential>,
    /// The reset values that still work, by value, with their users.
    pub(super) resets: BTreeMap<String, String>,
    /// How often each row is in the audit log.
    pub(super) log: BTreeMap<Row, usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) email: String,
    pub(super) role: String,
    pub(super) active: bool,
    pub(super) is_owner: bool,
    pub(super) password: Option<Password>,
    pub(super) has_signed_in: bool,
    /// Before a session reaches anything else.
    pub(super) must_change: bool,
}

/// A password, and the request that set it: the same text set again is another password to whoever compares before
/// and judges after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Password {
    pub(super) text: String,
    pub(super) set_by: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) bearer: String,
    pub(super) owner: String,
    pub(super) kind: Kind,
    /// By somebody.
    pub(super) ended: bool,
    /// By itself.
    pub(super) expired: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Session(Chain),
    Token {
        name: String,
        expires: bool,
        renewable: bool,
        replaced_by: Option<String>,
        /// Whether the token did it itself.
        rotated_itself: bool,
    },
}

impl Kind {
    pub(super) fn token(name: &str, expires: bool, renewable: bool) -> Self {
        Self::Token { name: name.to_owned(), expires, renewable, replaced_by: None, rotated_itself: false }
    }
}

/// The place of a session in the chain of a sign-in (K-08).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain {
    /// The first session's id.
    pub(super) family: String,
    pub(super) previous: Option<String>,
    /// What continues it, once.
    pub(super) refresh: Option<String>,
    /// Another one took its place, and nobody had ended it before.
    pub(super) replaced_by: Option<String>,
    /// The owner's role when it was issued, which is in its token.
    pub(super) role: String,
}

/// A row of the audit log: what happened, who did it with which credential, to what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) action: String,
    pub(super) actor: Option<String>,
    pub(super) via: String,
    pub(super) resource: String,
}

/// Who a bearer turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) user: String,
    pub(super) credential: String,
    pub(super) is_session: bool,
}

impl Caller {
    pub(super) fn via(&self) -> String {
        format!("{}:{}", if self.is_session { "session" } else { "token" }, self.credential)
    }
}

impl Credential {
    pub(super) fn chain(&self) -> Option<&Chain> {
        match &self.kind {
            Kind::Session(chain) => Some(chain),
            Kind::Token { .. } => None,
        }
    }

    fn chain_mut(&mut self) -> Option<&mut Chain> {
        match &mut self.kind {
            Kind::Session(chain) => Some(chain),
            Kind::Token { .. } => None,
        }
    }

    /// Tells whether it is a session that lives and that no other one has taken the place of.
    pub(super) fn is_live_session(&self) -> bool {
        self.chain().is_some_and(|chain| chain.replaced_by.is_none()) && !self.ended && !self.expired
    }

    /// Returns the word for what it is: what somebody ended stays revoked when its time is over.
    pub(super) fn status(&self) -> &'static str {
        match (self.ended, self.expired) {
            (true, _) => "revoked",
            (false, true) => "expired",
            (false, false) => "active",
        }
    }
}

impl Credential {
    /// Ends a session that works: one that was replaced a moment ago does, and was then ended by somebody.
    fn end_session(&mut self) -> bool {
        let works = !self.ended && !self.expired;
        if works {
            self.ended = true;
            if let Some(chain) = self.chain_mut() {
                chain.replaced_by = None;
            }
        }
        works
    }
}

impl User {
    pub(super) fn is_active_admin(&self) -> bool {
        self.active && self.role == "admin"
    }

    /// Returns what a list of users shows of it.
    pub(super) fn row(&self, id: &str) -> Value {
        let something_if = |condition: bool| condition.then_some(SOMETHING);
        json!({
            "id": id,
            "email": self.email,
            "name": self.email.split('@').next(),
            "role": self.role,
            "active": self.active,
            "is_owner": self.is_owner,
            "deactivated_at": something_if(!self.active),
            "last_login_at": something_if(self.has_signed_in),
        })
    }
}

impl State {
    pub(super) fn user_by_email(&self, typed: &str) -> Option<(&String, &User)> {
        let email = typed.trim().to_lowercase();
        self.users.iter().find(|(_, user)| user.email == email)
    }

    /// Tells whether an active admin is the last one, or the last one who can sign in, now or with a reset value.
    pub(super) fn is_last_admin(&self, id: &str) -> bool {
        let has_password = |id: &str| self.users[id].password.is_some();
        let has_way_in = |id: &str| has_password(id) || self.resets.values().any(|owner| owner == id);
        let is_last = |counts: &dyn Fn(&str) -> bool| {
            let admins = self.users.iter().filter(|(id, user)| user.is_active_admin() && counts(id));
            admins.map(|(id, _)| id.as_str()).eq([id])
        };
        is_last(&|_| true) || is_last(&has_password) || is_last(&has_way_in)
    }

    /// Returns the tokens of users who exist, with their ids.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (&String, &Credential)> {
        let is_token = |credential: &Credential| matches!(credential.kind, Kind::Token { .. });
        self.credentials.iter().filter(move |(_, one)| is_token(one) && self.users.contains_key(&one.owner))
    }

    /// Returns a token of a user who exists.
    pub(super) fn token(&self, id: &str) -> Option<&Credential> {
        self.tokens().find(|(known, _)| *known == id).map(|(_, token)| token)
    }

    /// Returns what an owner's list shows of a token.
    pub(super) fn token_row(id: &str, token: &Credential) -> Value {
        let Kind::Token { name, expires, replaced_by, .. } = &token.kind else { return Value::Null };
        json!({
            "id": id,
            "prefix": &id[..8],
            "name": name,
            "expires_at": expires.then_some(SOMETHING),
            "revoked_at": token.ended.then_some(SOMETHING),
            "replaced_by": replaced_by,
        })
    }

    /// Returns what an admin's list shows of a token.
    pub(super) fn admin_token_row(&self, id: &str, token: &Credential) -> Value {
        let mut row = Self::token_row(id, token);
        row["user_id"] = json!(token.owner);
        row["user_email"] = json!(self.users[&token.owner].email);
        row
    }

    pub(super) fn note(&mut self, action: &str, actor: Option<&str>, via: &str, resource: &str) {
        let (actor, via) = (actor.map(str::to_owned), via.to_owned());
        let row = Row { action: action.to_owned(), actor, via, resource: resource.to_owned() };
        *self.log.entry(row).or_default() += 1;
    }

    pub(super) fn note_by(&mut self, caller: &Caller, action: &str, resource: &str) {
        self.note(action, Some(&caller.user), &caller.via(), resource);
    }

    /// Returns a user's live sessions with their ids, or everybody's.
    pub(super) fn live_sessions(&self, user: Option<&str>) -> impl Iterator<Item = (&String, &Credential)> {
        let is_asked_for =
            move |owner: &String| user.is_none_or(|user| user == owner) && self.users.contains_key(owner);
        self.credentials.iter().filter(move |(_, one)| one.is_live_session() && is_asked_for(&one.owner))
    }

    /// Returns what a list shows of a session.
    pub(super) fn session_row(id: &str, session: &Credential) -> Value {
        let previous = session.chain().and_then(|chain| chain.previous.as_deref());
        json!({ "id": id, "user_id": session.owner, "previous_session_id": previous, "revoked": false })
    }

    pub(super) fn family(&self, session: &str) -> Option<String> {
        Some(self.credentials.get(session)?.chain()?.family.clone())
    }

    /// Ends a user's live sessions but those of one's chain; counts them.
    pub(super) fn end_sessions(&mut self, user: &str, except: Option<&str>) -> usize {
        let spared = except.and_then(|session| self.family(session));
        let ended = self.live_sessions(Some(user)).count();
        let mut left = 0;
        for session in self.credentials.values_mut().filter(|one| one.owner == user) {
            let Some(chain) = session.chain() else { continue };
            if Some(&chain.family) == spared.as_ref() {
                left += usize::from(session.is_live_session());
            } else {
                session.end_session();
            }
        }
        ended - left
    }

    /// Ends a session with its chain; tells whether any of it lived.
    pub(super) fn end_chain(&mut self, session: &str) -> bool {
        let Some(family) = self.family(session) else { return false };
        let chain = self.credentials.values_mut().filter(|one| one.chain().is_some_and(|chain| chain.family == family));
        chain.fold(false, |ended, session| session.end_session() | ended)
    }

    /// Lets a minute pass: who was replaced has no more requests on their way.
    pub(super) fn end_replaced(&mut self) {
        for session in self.credentials.values_mut() {
            session.ended |= session.chain().is_some_and(|chain| chain.replaced_by.is_some());
        }
    }

    /// Lets the time of a credential be over.
    pub(super) fn expire(&mut self, credential: &str) {
        if let Some(credential) = self.credentials.get_mut(credential) {
            credential.expired = true;
            if let Kind::Token { expires, .. } = &mut credential.kind {
                *expires = true;
            }
        }
    }

    /// Ends a user's tokens and counts those that had not ended.
    pub(super) fn end_tokens(&mut self, user: &str) -> usize {
        let tokens = self.credentials.values_mut().filter(|one| one.owner == user && one.chain().is_none());
        tokens.filter_map(|token| (!std::mem::replace(&mut token.ended, true)).then_some(())).count()
    }

    /// Sets a password, which ends every session but one and every reset value (S-07, A-14).
    pub(super) fn set_password(&mut self, user: &str, text: &str, set_by: usize, except: Option<&str>) {
        if let Some(user) = self.users.get_mut(user) {
            user.password = Some(Password { text: text.to_owned(), set_by });
            user.must_change = false;
        }
        self.end_sessions(user, except);
        self.resets.retain(|_, owner| owner != user);
    }

    /// Switches an account on or off; off ends sessions and reset values for good, tokens only as long as it is off
    /// (D-25). Tells whether anything changed.
    pub(super) fn switch(&mut self, id: &str, active: bool) -> bool {
        let Some(user) = self.users.get_mut(id) else { return false };
        let changed = std::mem::replace(&mut user.active, active) != active;
        if changed && !active {
            self.end_sessions(id, None);
            self.resets.retain(|_, owner| owner != id);
        }
        changed
    }

    /// Makes `user` the owner on the server's host, with a new password (D-14).
    pub(super) fn recover(&mut self, id: &str, password: &str, set_by: usize) {
        if let Some(user) = self.users.get_mut(id) {
            (user.active, user.is_owner, user.role) = (true, true, "admin".to_owned());
        }
        self.set_password(id, password, set_by, None);
        self.note("recover_admin", None, "system", &format!("user:{id}"));
    }
}
