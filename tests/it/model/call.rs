//! One request of the wire contract, and how it travels.

use serde_json::{Value, json};

use crate::support::{Answer, Api};

/// A request. `T` is how it names users, tokens, passwords and the like: loosely in an operation, exactly on the wire.
#[derive(Debug, Clone)]
pub(super) enum Call<T> {
    SignIn { email: T, password: T, refresh: bool },
    Refresh(T),
    SignOut,
    WhoAmI,
    ChangePassword { current: T, new: T },
    Redeem { value: T, password: T },
    CreateToken { name: &'static str, days: Option<i64>, renewable: bool },
    OwnTokens,
    ShowToken(T),
    RevokeToken(T),
    RotateToken { token: T, overlap_hours: Option<i64> },
    OwnSessions,
    EndSession(T),
    EndSessions { but_this: bool },
    Users,
    ShowUser(T),
    AddUser { email: T, role: &'static str, password: Option<T>, issue_token: bool },
    Change { user: T, role: Option<&'static str>, active: Option<bool> },
    Activate(T),
    Deactivate { user: T, revoke_tokens: bool },
    Delete(T),
    SetPassword { user: T, password: T, must_change: bool },
    IssueReset(T),
    Tokens { user: Option<T>, status: Option<&'static str> },
    AdminRevoke(T),
    Sessions { user: Option<T> },
    AdminEndSession(T),
    AdminEndSessions(T),
}

/// What a caller needs before anything else of a request counts (C-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    Credential,
    Session,
    Admin,
}

impl<T> Call<T> {
    /// Replaces every name.
    pub(super) fn map<U>(&self, mut name: impl FnMut(&T) -> U) -> Call<U> {
        use Call::*;
        match self {
            SignIn { email, password, refresh } => {
                SignIn { email: name(email), password: name(password), refresh: *refresh }
            }
            Refresh(token) => Refresh(name(token)),
            SignOut => SignOut,
            WhoAmI => WhoAmI,
            ChangePassword { current, new } => ChangePassword { current: name(current), new: name(new) },
            Redeem { value, password } => Redeem { value: name(value), password: name(password) },
            CreateToken { name, days, renewable } => CreateToken { name, days: *days, renewable: *renewable },
            OwnTokens => OwnTokens,
            ShowToken(token) => ShowToken(name(token)),
            RevokeToken(token) => RevokeToken(name(token)),
            RotateToken { token, overlap_hours } => RotateToken { token: name(token), overlap_hours: *overlap_hours },
            OwnSessions => OwnSessions,
            EndSession(session) => EndSession(name(session)),
            EndSessions { but_this } => EndSessions { but_this: *but_this },
            Users => Users,
            ShowUser(user) => ShowUser(name(user)),
            AddUser { email, role, password, issue_token } => {
                AddUser { email: name(email), role, password: password.as_ref().map(name), issue_token: *issue_token }
            }
            Change { user, role, active } => Change { user: name(user), role: *role, active: *active },
            Activate(user) => Activate(name(user)),
            Deactivate { user, revoke_tokens } => Deactivate { user: name(user), revoke_tokens: *revoke_tokens },
            Delete(user) => Delete(name(user)),
            SetPassword { user, password, must_change } => {
                SetPassword { user: name(user), password: name(password), must_change: *must_change }
            }
            IssueReset(user) => IssueReset(name(user)),
            Tokens { user, status } => Tokens { user: user.as_ref().map(name), status: *status },
            AdminRevoke(token) => AdminRevoke(name(token)),
            Sessions { user } => Sessions { user: user.as_ref().map(name) },
            AdminEndSession(session) => AdminEndSession(name(session)),
            AdminEndSessions(user) => AdminEndSessions(name(user)),
        }
    }

    pub(super) fn needs(&self) -> Needs {
        use Call::*;
        match self {
            SignIn { .. } | Refresh(_) | SignOut | Redeem { .. } => Needs::Nothing,
            WhoAmI | OwnTokens | ShowToken(_) | RevokeToken(_) => Needs::Credential,
            RotateToken { .. } | OwnSessions | EndSession(_) | EndSessions { .. } => Needs::Credential,
            ChangePassword { .. } | CreateToken { .. } => Needs::Session,
            Users | ShowUser(_) | AddUser { .. } | Change { .. } | Activate(_) | Deactivate { .. } | Delete(_) => {
                Needs::Admin
            }
            SetPassword { .. } | IssueReset(_) | Tokens { .. } | AdminRevoke(_) => Needs::Admin,
            Sessions { .. } | AdminEndSession(_) | AdminEndSessions(_) => Needs::Admin,
        }
    }

    /// Tells whether it may change something: then the credential still has to live at the moment of the change.
    pub(super) fn changes(&self) -> bool {
        use Call::*;
        let reads = matches!(self, WhoAmI | OwnTokens | ShowToken(_) | OwnSessions);
        !reads && !matches!(self, Users | ShowUser(_) | Tokens { .. } | Sessions { .. })
    }

    /// Tells whether a session reaches it whose user must change the password first.
    pub(super) fn is_open_to_held(&self) -> bool {
        matches!(self, Self::WhoAmI | Self::ChangePassword { .. })
    }
}

impl Call<String> {
    /// Returns method, path and body.
    fn wire(&self) -> (&'static str, String, Option<Value>) {
        use Call::*;
        let user = |id: &str, what: &str| format!("/api/users/{id}{what}");
        match self {
            SignIn { email, password, refresh } => {
                let body = json!({ "email": email, "password": password, "want_refresh": refresh });
                ("POST", "/auth/token".into(), Some(body))
            }
            Refresh(token) => ("POST", "/auth/refresh".into(), Some(json!({ "refresh_token": token }))),
            SignOut => ("POST", "/auth/logout".into(), None),
            WhoAmI => ("GET", "/auth/me".into(), None),
            ChangePassword { current, new } => {
                ("POST", "/auth/password/change".into(), Some(json!({ "current": current, "password": new })))
            }
            Redeem { value, password } => {
                ("POST", "/auth/password/reset".into(), Some(json!({ "token": value, "password": password })))
            }
            CreateToken { name, days, renewable } => {
                let body = json!({ "name": name, "expires_in_days": days, "renewable": renewable });
                ("POST", "/auth/tokens".into(), Some(body))
            }
            OwnTokens => ("GET", "/auth/tokens".into(), None),
            ShowToken(id) => ("GET", format!("/auth/tokens/{id}"), None),
            RevokeToken(id) => ("DELETE", format!("/auth/tokens/{id}"), None),
            RotateToken { token, overlap_hours } => {
                let body = json!({ "overlap_hours": overlap_hours });
                ("POST", format!("/auth/tokens/{token}/rotate"), Some(body))
            }
            OwnSessions => ("GET", "/api/sessions?limit=200".into(), None),
            EndSession(id) => ("DELETE", format!("/api/sessions/{id}"), None),
            EndSessions { but_this: false } => ("DELETE", "/api/sessions".into(), None),
            EndSessions { .. } => ("DELETE", "/api/sessions?except=current".into(), None),
            Users => ("GET", "/api/users".into(), None),
            ShowUser(id) => ("GET", user(id, ""), None),
            AddUser { email, role, password, issue_token } => {
                let body = json!({ "email": email, "role": role, "password": password, "issue_token": issue_token });
                ("POST", "/api/users".into(), Some(body))
            }
            Change { user: id, role, active } => {
                ("PATCH", user(id, ""), Some(json!({ "role": role, "active": active })))
            }
            Activate(id) => ("POST", user(id, "/activate"), None),
            Deactivate { user: id, revoke_tokens: false } => ("POST", user(id, "/deactivate"), None),
            Deactivate { user: id, revoke_tokens } => {
                ("POST", user(id, "/deactivate"), Some(json!({ "revoke_tokens": revoke_tokens })))
            }
            Delete(id) => ("DELETE", user(id, ""), None),
            SetPassword { user: id, password, must_change } => {
                let body = json!({ "password": password, "must_change": must_change });
                ("POST", user(id, "/set-password"), Some(body))
            }
            IssueReset(id) => ("POST", user(id, "/reset-password"), None),
            Tokens { user, status } => {
                let query = [("user", user.as_deref()), ("status", *status)];
                let query = query.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
                ("GET", format!("/auth/admin/tokens?{}", query.collect::<Vec<_>>().join("&")), None)
            }
            AdminRevoke(id) => ("DELETE", format!("/auth/admin/tokens/{id}"), None),
            Sessions { user } => {
                let user = user.as_ref().map(|id| format!("&user_id={id}")).unwrap_or_default();
                ("GET", format!("/api/admin/sessions?limit=200&active=true{user}"), None)
            }
            AdminEndSession(id) => ("DELETE", format!("/api/admin/sessions/{id}"), None),
            AdminEndSessions(id) => ("POST", format!("/api/admin/users/{id}/revoke-sessions"), None),
        }
    }

    /// Sends it.
    pub(super) fn send(&self, api: &Api) -> Answer {
        match self.wire() {
            ("GET", path, _) => api.get(&path),
            ("DELETE", path, _) => api.delete(&path),
            ("PATCH", path, Some(body)) => api.patch(&path, &body),
            (_, path, Some(body)) => api.post(&path, &body),
            (_, path, None) => api.post_empty(&path),
        }
    }

    /// Returns the route, as the audit log names it when it is refused.
    pub(super) fn route(&self) -> String {
        let (method, path, _) = self.wire();
        format!("{method} {}", path.split('?').next().unwrap_or_default())
    }
}
