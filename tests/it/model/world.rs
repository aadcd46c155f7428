//! A server, the clients that act on it, and the states that the model holds possible.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    call::Call,
    explanation::{Exchange, explain},
    operation::{By, CLIENTS, Deed, EMAILS, Operation, PASSWORDS, Pick},
    rules::{Request, text},
    state::{Chain, Kind, Password, State, User},
};
use crate::{
    races::at_once,
    support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, TestServer, jwt_part, stored_id},
};

/// What stands for an id where there is none yet.
const NO_ID: &str = "00000000-0000-4000-8000-000000000000";

/// What differs, in words.
pub(super) type Difference = String;

/// Answers by kind of request, status and code.
pub(super) type Outcomes = BTreeMap<String, usize>;

pub(super) struct World {
    pub(super) server: TestServer,
    /// More than one only where requests overlapped and their answers do not tell what came first.
    pub(super) states: Vec<State>,
    clients: [Option<String>; CLIENTS],
    /// Everything ever issued, oldest first.
    pub(super) users: Vec<String>,
    pub(super) bearers: Vec<String>,
    tokens: Vec<String>,
    sessions: Vec<String>,
    pub(super) refreshes: Vec<String>,
    resets: Vec<String>,
    /// Ids and secrets with the names by which the story tells of them.
    names: Vec<(String, String)>,
    story: Vec<String>,
    /// Requests so far.
    sent: usize,
    /// How often each kind of request had each answer.
    pub(super) outcomes: Outcomes,
}

impl World {
    /// Starts a server whose admin is signed in at the first client.
    pub(super) fn new() -> Self {
        let setup = TestServer::with_admin();
        // No limit is modelled: sign-ins are as many as a sequence has.
        let unlimited = ["DA_LOGIN_LIMIT_PER_ADDRESS", "DA_LOGIN_LIMIT_PER_ACCOUNT", "DA_SESSIONS_PER_USER"];
        let setup = unlimited.into_iter().fold(setup, |setup, name| setup.env(name, "0"));
        let server = setup.start();
        let answer = server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
        let (id, bearer) = (text(&answer, "user_id").unwrap(), text(&answer, "access_token").unwrap());
        let mut state = State::default();
        let password = Some(Password { text: ADMIN_PASSWORD.to_owned(), set_by: 0 });
        let (email, role) = (ADMIN_EMAIL.to_owned(), "admin".to_owned());
        let admin =
            User { email, role, active: true, is_owner: true, password, has_signed_in: true, must_change: false };
        state.users.insert(id.clone(), admin);
        let session = format!("session:{}", state.issue(&id, bearer.clone(), Kind::Session(Chain::default())));
        state.note("login", Some(&id), &session, &session);
        let mut world = Self {
            server,
            states: vec![state],
            clients: [const { None }; CLIENTS],
            users: Vec::new(),
            bearers: Vec::new(),
            tokens: Vec::new(),
            sessions: Vec::new(),
            refreshes: Vec::new(),
            resets: Vec::new(),
            names: Vec::new(),
            story: Vec::new(),
            sent: 0,
            outcomes: Outcomes::new(),
        };
        world.met_user(&id, ADMIN_EMAIL);
        world.clients[0] = Some(bearer.clone());
        world.met_bearer(bearer);
        world
    }

    /// Takes one step.
    pub(super) fn take(&mut self, operation: &Operation) -> Result<(), Difference> {
        match operation {
            Operation::Alone(deed) => self.act(std::slice::from_ref(deed)),
            Operation::AtOnce(deeds) => self.act(deeds),
            Operation::Take { client, credential } => {
                let bearer = self.bearers[credential % self.bearers.len()].clone();
                self.tell_of(&format!("client {client} goes on with {}", self.name(&bearer)));
                self.clients[*client] = Some(bearer);
                Ok(())
            }
            Operation::TakeToken { client, token } => {
                let state = &self.states[0];
                let lives = |bearer: &&String| state.caller(Some(bearer)).is_ok_and(|caller| !caller.is_session);
                let live: Vec<String> = self.bearers.iter().filter(lives).cloned().collect();
                if let Some(bearer) = live.get(token % live.len().max(1)) {
                    self.tell_of(&format!("client {client} goes on with {}", self.name(bearer)));
                    self.clients[*client] = Some(bearer.clone());
                }
                Ok(())
            }
            Operation::RevokeByName { by, name } => {
                let bearer = self.clients[self.client(*by)].clone();
                self.revoke_by_name(bearer.as_deref(), name)
            }
            Operation::Expire { credential } => {
                self.expire(credential % self.bearers.len());
                Ok(())
            }
            Operation::Crash => {
                self.tell_of("the server is killed and started again");
                self.server.kill9();
                self.server.restart_elsewhere();
                Ok(())
            }
            Operation::Recover { user } => {
                self.recover(*user);
                Ok(())
            }
        }
    }

    /// Moves the end of a credential into the past, as the passing of time would; nothing for one that went with its user.
    fn expire(&mut self, credential: usize) {
        let bearer = self.bearers[credential].clone();
        let id = jwt_part(&bearer, 1)["jti"].as_str().unwrap().to_owned();
        if !self.states.iter().all(|state| state.users.contains_key(&state.credentials[&id].owner)) {
            return;
        }
        self.tell_of(&format!("the time of {} is over", self.name(&bearer)));
        let is_session = self.states[0].credentials[&id].chain().is_some();
        let statement = if is_session {
            "UPDATE auth_sessions SET expires_at = created_at + 1, token_expires_at = created_at + 1 WHERE id = ?1"
        } else {
            "UPDATE personal_access_tokens SET expires_at = created_at + 1 WHERE id = ?1"
        };
        self.server.change_store(statement, [stored_id(&id)]);
        for state in &mut self.states {
            state.expire(&id);
        }
    }

    /// Recovers one of the users who exist, on the server's host.
    pub(super) fn recover(&mut self, user: usize) {
        let exists = |id: &&String| self.states.iter().all(|state| state.users.contains_key(*id));
        let users: Vec<String> = self.users.iter().filter(exists).cloned().collect();
        let id = &users[user % users.len()];
        let email = self.states[0].users[id].email.clone();
        self.tell_of(&format!("the server is killed, and {} is recovered on its host", self.name(id)));
        self.sent += 1;
        self.server.kill9();
        let args = ["server", "recover-admin", &email, "--password-stdin"];
        self.server.host(&args).stdin(PASSWORDS[0]).run().exits(0);
        self.server.restart_elsewhere();
        for state in &mut self.states {
            state.recover(id, PASSWORDS[0], self.sent);
        }
    }

    /// Sends what is to be done, all at once.
    fn act(&mut self, deeds: &[Deed]) -> Result<(), Difference> {
        let resolved: Vec<(usize, Call<String>)> = deeds.iter().map(|deed| self.resolve(deed)).collect();
        let requests = resolved.iter().map(|(client, call)| (self.clients[*client].clone(), call.clone())).collect();
        let answers = self.exchange(requests)?;
        for ((client, call), answer) in resolved.iter().zip(answers) {
            if let (Call::SignIn { .. } | Call::Refresh(_), Some(bearer)) = (call, text(&answer, "access_token")) {
                self.clients[*client] = Some(bearer);
            }
        }
        Ok(())
    }

    /// Sends requests at once and keeps the states that explain the answers.
    pub(super) fn exchange(&mut self, calls: Vec<(Option<String>, Call<String>)>) -> Result<Vec<Answer>, Difference> {
        let mut requests = Vec::new();
        for (bearer, call) in calls {
            self.sent += 1;
            requests.push(Request { number: self.sent, bearer, call });
        }
        let stranger = self.server.stranger();
        let answers = at_once(requests.iter().collect(), |request: &Request| {
            let api = request.bearer.as_ref().map_or_else(|| stranger.clone(), |bearer| stranger.with(bearer));
            request.call.send(&api)
        });
        let exchanges: Vec<Exchange> = requests.into_iter().zip(answers).collect();
        for (index, exchange) in exchanges.iter().enumerate() {
            self.tell(exchange, index > 0);
        }
        for (request, answer) in &exchanges {
            self.learn(request, answer);
        }
        let mut misfits = BTreeSet::new();
        let mut states: Vec<State> = Vec::new();
        for before in &self.states {
            let possible = explain(before, &exchanges, &mut misfits);
            states.extend(possible.into_iter().filter(|state| !states.contains(state)).collect::<Vec<_>>());
        }
        if states.is_empty() {
            let answers = exchanges.iter().map(|(request, answer)| {
                format!("to {}. the server answers {} {}", request.number, answer.status, answer.text())
            });
            let lines: Vec<String> = answers.chain(misfits).map(|line| self.readable(&line)).collect();
            return Err(self.differs(&lines.join("\n")));
        }
        self.states = states;
        if exchanges.iter().any(|(request, answer)| matches!(request.call, Call::Refresh(_)) && answer.status == 200) {
            self.let_a_minute_pass();
        }
        Ok(exchanges.into_iter().map(|(_, answer)| answer).collect())
    }

    /// Lets the time be over in which the token of a replaced session still works, and in which its client may ask again.
    fn let_a_minute_pass(&mut self) {
        self.server.change_store("UPDATE auth_sessions SET revoked_at = revoked_at - 61000000", []);
        self.states.iter_mut().for_each(State::end_replaced);
    }

    /// Sends one request, of which the story tells only if the model can't explain the answer.
    pub(super) fn ask(&mut self, bearer: &str, call: Call<String>) -> Result<(), Difference> {
        let told = self.story.len();
        self.exchange(vec![(Some(bearer.to_owned()), call)])?;
        self.story.truncate(told);
        Ok(())
    }

    /// Returns the story so far, and how it ended.
    pub(super) fn differs(&self, how: &str) -> Difference {
        format!("{}\nbut {how}", self.story.join("\n"))
    }

    /// Tells of a step that is no request.
    pub(super) fn tell_of(&mut self, step: &str) {
        self.story.push(format!("-. {step}"));
    }

    fn tell(&mut self, (request, answer): &Exchange, at_once: bool) {
        let by = request.bearer.as_ref().map_or_else(|| "nobody".to_owned(), |bearer| self.name(bearer));
        let call = self.readable(&format!("{:?}", request.call));
        let code = text(answer, "code").unwrap_or_default();
        let also = if at_once { "at the same time, " } else { "" };
        let kind = call.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        *self.outcomes.entry(format!("{kind} {} {code}", answer.status).trim_end().to_owned()).or_default() += 1;
        self.story.push(format!("{}. {also}{by}: {call} -> {} {code}", request.number, answer.status));
    }

    /// Notes what an answer has issued.
    fn learn(&mut self, request: &Request, answer: &Answer) {
        match &request.call {
            Call::SignIn { .. } | Call::Refresh(_) => {
                self.bearers_of(answer, "access_token");
                if let Some(token) = text(answer, "refresh_token").filter(|token| !self.refreshes.contains(token)) {
                    self.names.push((token.clone(), format!("refresh token {}", self.refreshes.len())));
                    self.refreshes.push(token);
                }
            }
            Call::AddUser { email, .. } if answer.status == 201 => {
                self.met_user(&text(answer, "id").unwrap_or_default(), email.trim());
                self.bearers_of(answer, "token");
            }
            Call::CreateToken { .. } | Call::RotateToken { .. } => self.bearers_of(answer, "token"),
            Call::IssueReset(_) => {
                if let Some(value) = text(answer, "reset_token") {
                    self.names.push((value.clone(), format!("reset value {}", self.resets.len())));
                    self.resets.push(value);
                }
            }
            _ => {}
        }
    }

    fn met_user(&mut self, id: &str, email: &str) {
        self.names.push((id.to_owned(), format!("user {} ({email})", self.users.len())));
        self.users.push(id.to_owned());
    }

    fn bearers_of(&mut self, answer: &Answer, member: &str) {
        if let Some(bearer) = text(answer, member).filter(|bearer| !self.bearers.contains(bearer)) {
            self.met_bearer(bearer);
        }
    }

    fn met_bearer(&mut self, bearer: String) {
        let claims = jwt_part(&bearer, 1);
        let claim = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let name = format!("{} {} of {}", claim("typ"), self.bearers.len(), self.name(&claim("sub")));
        self.names.extend([(bearer.clone(), name.clone()), (claim("jti"), name)]);
        if claim("typ") == "pat" {
            self.tokens.push(claim("jti"));
        } else {
            self.sessions.push(claim("jti"));
        }
        self.bearers.push(bearer);
    }

    fn name(&self, secret: &str) -> String {
        self.names.iter().find(|(known, _)| known == secret).map_or_else(|| secret.to_owned(), |(_, name)| name.clone())
    }

    /// Writes names for ids and secrets.
    pub(super) fn readable(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (secret, name)| text.replace(secret, name))
    }

    /// Finds out which client it is and what exactly is asked for.
    fn resolve(&self, deed: &Deed) -> (usize, Call<String>) {
        let client = self.client(deed.by);
        let state = &self.states[0];
        let me = self.clients[client].as_deref().and_then(|bearer| state.owner_of(bearer)).unwrap_or(NO_ID);
        (client, deed.call.map(|pick| self.pick(*pick, me)))
    }

    fn client(&self, by: By) -> usize {
        let state = &self.states[0];
        let choose = |n: usize, fits: &dyn Fn(&super::state::Caller) -> bool| {
            let caller = |client: &usize| state.caller(self.clients[*client].as_deref());
            let fitting = |client: &usize| caller(client).is_ok_and(|caller| fits(&caller));
            let clients: Vec<usize> = (0..CLIENTS).filter(fitting).collect();
            clients.get(n % clients.len().max(1)).copied().unwrap_or(n)
        };
        match by {
            By::Client(n) => n,
            By::Admin(n) => choose(n, &|caller| state.users[&caller.user].role == "admin"),
            By::Session(n) => choose(n, &|caller| caller.is_session),
            By::Token(n) => choose(n, &|caller| !caller.is_session),
            By::NoAdmin(n) => choose(n, &|caller| state.users[&caller.user].role != "admin"),
        }
    }

    fn pick(&self, pick: Pick, me: &str) -> String {
        let state = &self.states[0];
        let nth = |list: &[String], n: usize| list.get(n % list.len().max(1)).cloned();
        let password = |user: Option<&User>| user.and_then(|user| user.password.as_ref()).map(|one| one.text.clone());
        let unknown = || NO_ID.to_owned();
        // Somebody always exists: the last admin can't be lost.
        let existing = |n: usize| {
            let users: Vec<(&String, &User)> =
                self.users.iter().filter_map(|id| state.users.get_key_value(id)).collect();
            users[n % users.len()]
        };
        match pick {
            Pick::Email(n, spelling) => spelling.of(EMAILS[n]),
            Pick::Login(n, spelling) => spelling.of(&existing(n).1.email),
            Pick::PasswordOf(n) => password(Some(existing(n).1)).unwrap_or_else(|| PASSWORDS[0].into()),
            Pick::OwnPassword => password(state.users.get(me)).unwrap_or_else(|| PASSWORDS[0].into()),
            Pick::Password(n) => PASSWORDS[n].to_owned(),
            Pick::Existing(n) => existing(n).0.clone(),
            Pick::User(n) => nth(&self.users, n).unwrap_or_else(unknown),
            Pick::Other(n) => {
                let others: Vec<String> = self.users.iter().filter(|id| *id != me).cloned().collect();
                nth(&others, n).unwrap_or_else(|| me.to_owned())
            }
            Pick::Oneself => me.to_owned(),
            Pick::Token(n) => nth(&self.tokens, n).unwrap_or_else(unknown),
            Pick::OwnToken(n) => {
                let is_own = |id: &&String| state.token(id).is_some_and(|token| token.owner == me);
                let own: Vec<String> = self.tokens.iter().filter(is_own).cloned().collect();
                nth(&own, n).or_else(|| nth(&self.tokens, n)).unwrap_or_else(unknown)
            }
            Pick::Session(n) => nth(&self.sessions, n).unwrap_or_else(unknown),
            Pick::OwnSession(n) => {
                let is_own = |id: &&String| state.credentials.get(*id).is_some_and(|one| one.owner == me);
                let own: Vec<String> = self.sessions.iter().filter(is_own).cloned().collect();
                nth(&own, n).or_else(|| nth(&self.sessions, n)).unwrap_or_else(unknown)
            }
            Pick::Refresh(n) => nth(&self.refreshes, n).unwrap_or_else(|| "no refresh token".to_owned()),
            Pick::NewestRefresh => self.refreshes.last().cloned().unwrap_or_else(|| "no refresh token".to_owned()),
            Pick::Reset(n) => nth(&self.resets, n).unwrap_or_else(|| "no reset value".to_owned()),
        }
    }
}

/// Returns the rows of the audit log, newest first.
pub(super) fn audit_rows(world: &World, admin: &str) -> Vec<Value> {
    let api = world.server.stranger().with(admin);
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/api/admin/audit?limit=200{cursor}")).is(200).json();
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}
