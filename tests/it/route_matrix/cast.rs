//! One person of a role, with every kind of credential that the person can have or have had.

use std::collections::HashMap;

use da::domain::Role;

use crate::support::{Api, TestServer, jwt_part, stored_id};

const PASSWORD: &str = "a quiet morning";

/// How a request presents itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Credential {
    None,
    Garbage,
    Session,
    Token,
    SessionCookie,
    TokenCookie,
    /// A live session of somebody who must change the password first.
    HeldSession,
    /// A live session, sent by a browser on behalf of a page of another origin.
    ForeignCookie,
    EndedSession,
    ExpiredSession,
    RevokedToken,
    ExpiredToken,
    DeactivatedSession,
    DeactivatedToken,
}

impl Credential {
    pub(super) const ALL: [Self; 14] = [
        Self::None,
        Self::Garbage,
        Self::Session,
        Self::Token,
        Self::SessionCookie,
        Self::TokenCookie,
        Self::HeldSession,
        Self::ForeignCookie,
        Self::EndedSession,
        Self::ExpiredSession,
        Self::RevokedToken,
        Self::ExpiredToken,
        Self::DeactivatedSession,
        Self::DeactivatedToken,
    ];

    /// Returns the code of the 401 that this one always gets, if it does.
    pub(super) fn rejection(self) -> Option<&'static str> {
        match self {
            Self::None => Some("missing_credential"),
            Self::Garbage => Some("invalid_token"),
            Self::EndedSession | Self::RevokedToken => Some("token_revoked"),
            Self::ExpiredSession | Self::ExpiredToken => Some("token_expired"),
            Self::DeactivatedSession | Self::DeactivatedToken => Some("account_deactivated"),
            Self::Session
            | Self::Token
            | Self::SessionCookie
            | Self::TokenCookie
            | Self::HeldSession
            | Self::ForeignCookie => None,
        }
    }

    pub(super) fn is_session(self) -> bool {
        matches!(self, Self::Session | Self::SessionCookie | Self::HeldSession | Self::ForeignCookie)
    }

    fn is_cookie(self) -> bool {
        matches!(self, Self::SessionCookie | Self::TokenCookie | Self::ForeignCookie)
    }
}

/// The person.
pub(super) struct Cast {
    server: TestServer,
    email: String,
    held_email: String,
    bearers: HashMap<Credential, String>,
}

impl Cast {
    /// Makes the person on a server of its own.
    pub(super) fn of(role: Role) -> Self {
        let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
        let admin = server.admin();
        let email = format!("the-{role}@example.com");
        let here = admin.add_user(&email, role.as_str(), PASSWORD);
        assert_eq!(here["role"], role.as_str());
        let held_email = format!("held-{role}@example.com");
        let held = admin.add_user(&held_email, role.as_str(), PASSWORD)["id"].as_str().unwrap().to_owned();
        let set = serde_json::json!({ "password": PASSWORD, "must_change": true });
        admin.post(&format!("/api/users/{held}/set-password"), &set).is(204);
        let mut cast = Self { server, email, held_email, bearers: HashMap::new() };
        cast.renew();
        cast.add_ended(&admin);
        cast.add_deactivated(&admin, role);
        cast
    }

    /// Signs in anew, with a new token: the calls before may have ended what was there.
    fn renew(&mut self) {
        let session = self.sign_in(&self.email);
        let token = session.with_new_token("live");
        self.bearers.insert(Credential::HeldSession, self.sign_in(&self.held_email).bearer().to_owned());
        for kind in [Credential::Session, Credential::SessionCookie, Credential::ForeignCookie] {
            self.bearers.insert(kind, session.bearer().to_owned());
        }
        for kind in [Credential::Token, Credential::TokenCookie] {
            self.bearers.insert(kind, token.bearer().to_owned());
        }
    }

    fn add_ended(&mut self, admin: &Api) {
        let (ended, expired) = (self.sign_in(&self.email), self.sign_in(&self.email));
        let expired_token = ended.with_new_token("expired");
        let revoked = ended.create_token("revoked");
        ended.delete(&format!("/auth/tokens/{}", revoked["id"].as_str().unwrap())).is(204);
        ended.post_empty("/auth/logout").is(200);
        self.expire("auth_sessions", &expired);
        self.expire("personal_access_tokens", &expired_token);
        self.bearers.insert(Credential::EndedSession, ended.bearer().to_owned());
        self.bearers.insert(Credential::ExpiredSession, expired.bearer().to_owned());
        self.bearers.insert(Credential::ExpiredToken, expired_token.bearer().to_owned());
        self.bearers.insert(Credential::RevokedToken, revoked["token"].as_str().unwrap().to_owned());
        admin.get("/auth/me").is(200);
    }

    fn add_deactivated(&mut self, admin: &Api, role: Role) {
        let email = format!("gone-{role}@example.com");
        let gone = admin.add_user(&email, role.as_str(), PASSWORD);
        let session = self.sign_in(&email);
        let token = session.with_new_token("live");
        admin.post_empty(&format!("/api/users/{}/deactivate", gone["id"].as_str().unwrap())).is(200);
        self.bearers.insert(Credential::DeactivatedSession, session.bearer().to_owned());
        self.bearers.insert(Credential::DeactivatedToken, token.bearer().to_owned());
    }

    fn sign_in(&self, email: &str) -> Api {
        self.server.stranger().sign_in(email, PASSWORD)
    }

    /// Lets the row's time pass; the server decides by the row (C-09).
    fn expire(&self, table: &str, caller: &Api) {
        let id = stored_id(jwt_part(caller.bearer(), 1)["jti"].as_str().unwrap());
        let columns: &[&str] = match table {
            "auth_sessions" => &["expires_at", "token_expires_at"],
            _ => &["expires_at"],
        };
        for column in columns {
            self.server.change_store(&format!("UPDATE {table} SET {column} = created_at + 1 WHERE id = ?1"), [&id]);
        }
    }

    pub(super) fn stranger(&self) -> Api {
        self.server.stranger()
    }

    /// Returns the header lines that present `credential`, as a program or as a browser that shows one of our pages.
    pub(super) fn headers(&self, credential: Credential) -> String {
        let origin = match credential {
            Credential::ForeignCookie => "https://evil.example".to_owned(),
            _ => self.server.url(),
        };
        let form = format!("da_form={}", super::FORM_TOKEN);
        let credential = match (credential, self.bearers.get(&credential)) {
            (Credential::Garbage, _) => format!("Authorization: Bearer garbage\r\nCookie: {form}\r\n"),
            (kind, Some(token)) if kind.is_cookie() => format!("Cookie: access_token={token}; {form}\r\n"),
            (_, Some(token)) => format!("Authorization: Bearer {token}\r\nCookie: {form}\r\n"),
            (_, None) => format!("Cookie: {form}\r\n"),
        };
        format!("{credential}Origin: {origin}\r\nAccept: application/json\r\n")
    }

    /// Brings back what an allowed call has ended, such as signing out.
    pub(super) fn restore(&mut self) {
        let lives = |kind| self.stranger().with(&self.bearers[&kind]).get("/auth/me").status == 200;
        if !(lives(Credential::Session) && lives(Credential::Token) && lives(Credential::HeldSession)) {
            self.renew();
        }
    }
}
