//! The operations of a sequence, and how they are drawn.
//!
//! They name things loosely, as "the second of the tokens there are then", so that a sequence stays meaningful while
//! steps are taken away from it.

use proptest::{prelude::*, sample::select};

use super::call::Call;

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// One request.
    Alone(Deed),
    /// Requests at once.
    AtOnce(Vec<Deed>),
    /// A client goes on with a credential that was issued before, to whomever.
    Take { client: usize, credential: usize },
    /// A client goes on with a token that lives, whosever it is.
    TakeToken { client: usize, token: usize },
    /// A client revokes a token of its own by name, with the command line.
    RevokeByName { by: By, name: &'static str },
    /// The time of a credential is over.
    Expire { credential: usize },
    /// The server is killed and started again.
    Crash,
    /// The server is killed, an admin is recovered on its host, and it is started again.
    Recover { user: usize },
}

/// A request by somebody.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) by: By,
    pub(super) call: Call<Pick>,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// This client, whatever its credential is.
    Client(usize),
    /// One of the clients that hold a live admin's credential, if there are any.
    Admin(usize),
    /// One of the clients that hold a live session, if there are any.
    Session(usize),
    /// One of the clients that hold a live token, if there are any.
    Token(usize),
    /// One of the clients that hold a live credential of somebody who is no admin, if there are any.
    NoAdmin(usize),
}

/// What a request names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    /// One of a few addresses, as somebody may type it.
    Email(usize, Spelling),
    /// The address of one of the users who exist, as somebody may type it.
    Login(usize, Spelling),
    /// The present password of that user.
    PasswordOf(usize),
    /// The caller's present password.
    OwnPassword,
    /// One of a few passwords, the last two of them weak.
    Password(usize),
    /// The id of one of the users who exist, in the order of their logins.
    Existing(usize),
    /// The id of a user, also of a deleted one.
    User(usize),
    /// The id of a user other than the caller, if there is one.
    Other(usize),
    /// The caller's own id.
    Oneself,
    /// The id of a token.
    Token(usize),
    /// The id of one of the caller's tokens.
    OwnToken(usize),
    /// A reset value, also one that was used.
    Reset(usize),
    /// The id of a session.
    Session(usize),
    /// The id of one of the caller's sessions.
    OwnSession(usize),
    /// A refresh token, also one that was used.
    Refresh(usize),
    /// The newest refresh token.
    NewestRefresh,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Spelling {
    Plain,
    Capitals,
    Blanks,
}

impl Spelling {
    /// Spells an address.
    pub(super) fn of(self, email: &str) -> String {
        match self {
            Self::Plain => email.to_owned(),
            Self::Capitals => email.to_uppercase(),
            Self::Blanks => format!(" {email}  "),
        }
    }
}

/// Clients of a sequence.
pub(super) const CLIENTS: usize = 4;
/// The addresses that people may have; the first is the first admin's.
pub(super) const EMAILS: [&str; 4] = ["admin@example.com", "ann@example.com", "bob@example.com", "cat@example.com"];
/// The passwords that people use or try; the last two are weak.
pub(super) const PASSWORDS: [&str; 5] =
    ["a quiet morning", "another quiet morning", "a third quiet morning", "short", "password1"];

/// Sequences of `longest` steps or up to half as many less.
pub(super) fn sequences(longest: usize) -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), longest / 2..=longest)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        80 => deed().prop_map(Operation::Alone),
        5 => prop::collection::vec(deed(), 2..=3).prop_map(Operation::AtOnce),
        7 => rivals().prop_map(Operation::AtOnce),
        8 => (0..CLIENTS, 0..32_usize).prop_map(|(client, credential)| Operation::Take { client, credential }),
        6 => (0..CLIENTS, 0..32_usize).prop_map(|(client, token)| Operation::TakeToken { client, token }),
        3 => (person(), select(vec!["ci", "laptop", "cron"])).prop_map(|(by, name)| Operation::RevokeByName { by, name }),
        2 => (0..32_usize).prop_map(|credential| Operation::Expire { credential }),
        1 => Just(Operation::Crash),
        1 => (0..8_usize).prop_map(|user| Operation::Recover { user }),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let admin = prop_oneof![
        24 => (0..CLIENTS).prop_map(By::Admin),
        14 => (0..CLIENTS).prop_map(By::NoAdmin),
        2 => (0..CLIENTS).prop_map(By::Client),
    ];
    let anybody = (0..CLIENTS).prop_map(By::Client);
    prop_oneof![
        24 => (anybody, open()),
        25 => (person(), personal()),
        35 => (admin, administration()),
    ]
    .prop_map(|(by, call)| Deed { by, call })
}

/// Deeds that are about the same user, token, address or reset value.
fn rivals() -> impl Strategy<Value = Vec<Deed>> {
    (0..8_usize).prop_flat_map(|n| prop::collection::vec(rival(n), 2..=3))
}

fn rival(n: usize) -> impl Strategy<Value = Deed> {
    let user = Pick::Existing(n);
    let by_admin = (0..CLIENTS).prop_map(By::Admin);
    let administered = prop_oneof![
        3 => new_password().prop_map(move |password| Call::SetPassword { user, password, must_change: n % 2 == 1 }),
        2 => Just(Call::AdminEndSessions(user)),
        2 => Just(Call::AdminEndSession(Pick::Session(n))),
        3 => any::<bool>().prop_map(move |revoke_tokens| Call::Deactivate { user, revoke_tokens }),
        3 => role().prop_map(move |role| Call::Change { user, role: Some(role), active: None }),
        2 => Just(Call::Delete(user)),
        1 => Just(Call::IssueReset(user)),
        1 => Just(Call::AdminRevoke(Pick::Token(n))),
        2 => (role(), new_password()).prop_map(move |(role, password)| {
            let email = Pick::Email(n % EMAILS.len(), Spelling::Plain);
            Call::AddUser { email, role, password: Some(password), issue_token: false }
        }),
    ];
    let by_person = (0..CLIENTS).prop_map(By::Session);
    let personal = prop_oneof![
        4 => any::<bool>().prop_map(move |refresh| {
            Call::SignIn { email: Pick::Login(n, Spelling::Plain), password: Pick::PasswordOf(n), refresh }
        }),
        4 => Just(Call::Refresh(Pick::NewestRefresh)),
        1 => Just(Call::Refresh(Pick::Refresh(n))),
        1 => Just(Call::EndSession(Pick::OwnSession(n))),
        1 => any::<bool>().prop_map(|but_this| Call::EndSessions { but_this }),
        3 => Just(Call::RotateToken { token: Pick::OwnToken(n), overlap_hours: None }),
        1 => new_password().prop_map(move |password| Call::Redeem { value: Pick::Reset(n), password }),
        1 => Just(Call::RevokeToken(Pick::Token(n))),
        1 => new_password().prop_map(|new| Call::ChangePassword { current: Pick::OwnPassword, new }),
        1 => Just(Call::OwnTokens),
    ];
    prop_oneof![(by_admin, administered), (by_person, personal)].prop_map(|(by, call)| Deed { by, call })
}

fn role() -> impl Strategy<Value = &'static str> {
    select(vec!["admin", "admin", "analyst", "viewer", "km_admin"])
}

fn person() -> impl Strategy<Value = By> {
    prop_oneof![
        8 => (0..CLIENTS).prop_map(By::Session),
        2 => (0..CLIENTS).prop_map(By::Token),
        2 => (0..CLIENTS).prop_map(By::Client),
    ]
}

/// What needs no credential.
fn open() -> impl Strategy<Value = Call<Pick>> {
    let right = (0..8_usize, spelling(), any::<bool>()).prop_map(|(n, spelling, refresh)| Call::SignIn {
        email: Pick::Login(n, spelling),
        password: Pick::PasswordOf(n),
        refresh,
    });
    let guessed = (email(), 0..PASSWORDS.len()).prop_map(|(email, n)| Call::SignIn {
        email,
        password: Pick::Password(n),
        refresh: false,
    });
    let refreshed = prop_oneof![3 => Just(Pick::NewestRefresh), 2 => (0..8_usize).prop_map(Pick::Refresh)];
    let redeemed =
        (0..8_usize, new_password()).prop_map(|(n, password)| Call::Redeem { value: Pick::Reset(n), password });
    prop_oneof![
        15 => right,
        3 => guessed,
        5 => refreshed.prop_map(Call::Refresh),
        3 => redeemed,
        2 => Just(Call::SignOut)
    ]
}

/// What people do with their own.
fn personal() -> impl Strategy<Value = Call<Pick>> {
    let current = prop_oneof![4 => Just(Pick::OwnPassword), 1 => (0..3_usize).prop_map(Pick::Password)];
    let days =
        prop_oneof![2 => Just(None), 4 => (1..=3650_i64).prop_map(Some), 1 => select(vec![0, -1, 3651]).prop_map(Some)];
    prop_oneof![
        4 => Just(Call::WhoAmI),
        8 => (select(vec!["ci", "laptop", " cron "]), days, any::<bool>())
            .prop_map(|(name, days, renewable)| Call::CreateToken { name, days, renewable }),
        1 => Just(Call::CreateToken { name: " ", days: None, renewable: false }),
        4 => (current, new_password()).prop_map(|(current, new)| Call::ChangePassword { current, new }),
        3 => Just(Call::OwnTokens),
        2 => token().prop_map(Call::ShowToken),
        5 => token().prop_map(Call::RevokeToken),
        8 => (few_tokens(), select(vec![None, None, Some(24), Some(0), Some(-1), Some(721)]))
            .prop_map(|(token, overlap_hours)| Call::RotateToken { token, overlap_hours }),
        2 => Just(Call::OwnSessions),
        2 => session().prop_map(Call::EndSession),
        1 => any::<bool>().prop_map(|but_this| Call::EndSessions { but_this }),
    ]
}

/// What only admins do.
fn administration() -> impl Strategy<Value = Call<Pick>> {
    let role_or_not = prop_oneof![12 => role(), 1 => Just("boss")];
    let add = (email(), role(), prop::option::weighted(0.8, new_password()), prop::bool::weighted(0.3));
    let add = add.prop_map(|(email, role, password, issue_token)| Call::AddUser { email, role, password, issue_token });
    let stranger_role = (email(), Just("boss")).prop_map(|(email, role)| Call::AddUser {
        email,
        role,
        password: None,
        issue_token: false,
    });
    let change = (user(), prop::option::weighted(0.8, role_or_not), prop::option::weighted(0.3, any::<bool>()))
        .prop_map(|(user, role, active)| Call::Change { user, role, active });
    let deactivate = (user(), any::<bool>()).prop_map(|(user, revoke_tokens)| Call::Deactivate { user, revoke_tokens });
    let filter = prop_oneof![
        Just(None),
        user().prop_map(Some),
        (0..EMAILS.len()).prop_map(|n| Some(Pick::Email(n, Spelling::Plain)))
    ];
    let status = select(vec![None, Some("active"), Some("expired"), Some("revoked")]);
    prop_oneof![
        16 => add,
        1 => stranger_role,
        7 => change,
        8 => deactivate,
        5 => user().prop_map(Call::Activate),
        4 => user().prop_map(Call::Delete),
        4 => (user(), new_password(), prop::bool::weighted(0.4))
            .prop_map(|(user, password, must_change)| Call::SetPassword { user, password, must_change }),
        5 => user().prop_map(Call::IssueReset),
        4 => token().prop_map(Call::AdminRevoke),
        2 => session().prop_map(Call::AdminEndSession),
        2 => user().prop_map(Call::AdminEndSessions),
        2 => prop::option::of(user()).prop_map(|user| Call::Sessions { user }),
        2 => Just(Call::Users),
        2 => user().prop_map(Call::ShowUser),
        3 => (filter, status).prop_map(|(user, status)| Call::Tokens { user, status }),
    ]
}

fn email() -> impl Strategy<Value = Pick> {
    (0..EMAILS.len(), spelling()).prop_map(|(n, spelling)| Pick::Email(n, spelling))
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![6 => Just(Spelling::Plain), 1 => Just(Spelling::Capitals), 1 => Just(Spelling::Blanks)]
}

fn new_password() -> impl Strategy<Value = Pick> {
    prop_oneof![9 => 0..3_usize, 1 => 3..PASSWORDS.len()].prop_map(Pick::Password)
}

fn user() -> impl Strategy<Value = Pick> {
    prop_oneof![
        8 => (0..8_usize).prop_map(Pick::Other),
        3 => (0..8_usize).prop_map(Pick::User),
        1 => Just(Pick::Oneself),
    ]
}

fn session() -> impl Strategy<Value = Pick> {
    prop_oneof![3 => (0..8_usize).prop_map(Pick::OwnSession), 2 => (0..16_usize).prop_map(Pick::Session)]
}

/// Mostly the first of one's own, so that it is often the same one.
fn few_tokens() -> impl Strategy<Value = Pick> {
    prop_oneof![4 => Just(Pick::OwnToken(0)), 1 => token()]
}

fn token() -> impl Strategy<Value = Pick> {
    prop_oneof![3 => (0..8_usize).prop_map(Pick::OwnToken), 2 => (0..16_usize).prop_map(Pick::Token)]
}
