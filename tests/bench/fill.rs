//! Installations with many tokens, made in process by the store's own code, and P-3: what a token takes in the store.

use std::{fs, net::IpAddr, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use da::{
    app::{
        App, InteractiveScope, Origin, Settings, SystemScope, keys::SigningKeys, master_key::MasterKey,
        sessions::SessionRequest, tokens::NewToken,
    },
    domain::{
        Clock, Email, Expiry, KeyNumber, Role, Secret, Timestamp, Token, TokenHash, TokenId, TokenName, User, UserId,
        token::CreatedVia,
    },
    store::{
        Store, StoreError,
        sqlite::{DataDir, SqliteStore},
    },
};
use serde_json::{Value, json};

use crate::{
    Options,
    figure::{Bar, Figure},
    support::{ADMIN_EMAIL, ADMIN_PASSWORD, jwt_part},
};

/// One million: the size at which most bars are set.
pub(crate) const MILLION: usize = 1_000_000;
/// Of so many tokens the plain form is known.
const KNOWN: usize = 20_000;
/// Tokens of one user.
const PER_USER: usize = 100;
/// Tokens in one transaction.
const BATCH: usize = 50_000;
/// Beyond this many a transaction has as many, in the order of their ids: in none, each of them would write most of the
/// index anew.
const SORTED_BEYOND: usize = MILLION;

/// The machine's clock.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }
}

/// An opened installation; the data directory is held as long as this lives.
pub(crate) struct Installation {
    pub(crate) app: App,
    pub(crate) store: Arc<SqliteStore>,
    /// Some of its tokens, from all over the store, in no order.
    pub(crate) plain: Vec<String>,
    /// Bytes of the store, without its tokens and with them.
    bytes: (u64, u64),
}

impl Installation {
    /// Makes one with the tests' first admin.
    pub(crate) fn new(path: &Path) -> Self {
        let dir = DataDir::open(path).unwrap();
        let master = MasterKey::create(&dir.master_key()).unwrap();
        let store = Arc::new(SqliteStore::open(&dir, master.chain_key(), &SystemClock).unwrap());
        let keys = SigningKeys::load(&*store, &master, SystemClock.now()).unwrap();
        let app = App::new(store.clone(), Arc::new(SystemClock), keys, &master, Settings::default());
        let admin = (ADMIN_EMAIL.parse::<Email>().unwrap(), Secret::new(ADMIN_PASSWORD.to_owned()));
        assert!(app.first_admin(SystemScope::on_the_host(), admin.0, &admin.1).unwrap());
        Self { app, store, plain: Vec::new(), bytes: (0, 0) }
    }

    /// Makes one with `count` tokens that were all just used.
    pub(crate) fn with_tokens(path: &Path, count: usize) -> Self {
        let mut made = Self::new(path);
        let users = made.add_users(count.div_ceil(PER_USER));
        made.bytes.0 = logical_bytes(path);
        made.add_tokens(&users, count);
        made.bytes.1 = logical_bytes(path);
        made
    }

    /// Returns where a check in process comes from: the address that all tokens were used from.
    pub(crate) fn origin() -> Origin {
        Origin { ip: Some(IpAddr::from([127, 0, 0, 1])), ..Origin::host() }
    }

    /// Marks the tokens whose plain form is known as used just now, so that no check of the next minute has a use to
    /// note.
    pub(crate) fn mark_used(&self) {
        let now = SystemClock.now();
        let ids: Vec<TokenId> =
            self.plain.iter().map(|token| jwt_part(token, 1)["jti"].as_str().unwrap().parse().unwrap()).collect();
        let store: &dyn Store = &*self.store;
        let marked = store
            .write(move |writer| ids.iter().try_for_each(|id| writer.record_token_use(*id, now, Self::origin().ip)));
        marked.map_err(|error: StoreError| error).unwrap();
    }

    /// Signs the first admin in; returns the plain session token.
    pub(crate) fn session(&self) -> String {
        let password = Secret::new(ADMIN_PASSWORD.to_owned());
        let signed_in = self.app.sign_in(ADMIN_EMAIL, &password, &SessionRequest::browser(), &Self::origin()).unwrap();
        signed_in.token.expose().to_owned()
    }

    fn add_users(&self, count: usize) -> Vec<UserId> {
        let now = SystemClock.now();
        let users: Vec<User> = (0..count).map(|number| user(number, now)).collect();
        let ids = users.iter().map(|user| user.id).collect();
        let store: &dyn Store = &*self.store;
        let added = store.write(move |writer| users.iter().try_for_each(|user| writer.insert_user(user)));
        added.map_err(|error: StoreError| error).unwrap();
        ids
    }

    fn add_tokens(&mut self, users: &[UserId], count: usize) {
        let template = self.template();
        let every = (count / KNOWN).max(1);
        let now = SystemClock.now();
        let mut next = 0;
        while next < count {
            let batch = if count > SORTED_BEYOND { SORTED_BEYOND } else { BATCH };
            let numbers = next..count.min(next + batch);
            next = numbers.end;
            let mut rows = Vec::with_capacity(batch);
            for number in numbers {
                // Users take turns, so that the tokens of one lie far apart.
                let token = token(number, users[number % users.len()], now);
                let hash = if number % every == 0 {
                    let plain = template.plain(&token);
                    let hash = TokenHash::of(&plain);
                    self.plain.push(plain);
                    hash
                } else {
                    TokenHash::from_bytes([*token.id.as_bytes(); 2].concat().try_into().unwrap())
                };
                rows.push((token, hash));
            }
            if count > SORTED_BEYOND {
                rows.sort_unstable_by_key(|(token, _)| token.id);
            }
            let store: &dyn Store = &*self.store;
            let added =
                store.write(move |writer| rows.iter().try_for_each(|(token, hash)| writer.insert_token(token, hash)));
            added.map_err(|error: StoreError| error).unwrap();
        }
        shuffle(&mut self.plain);
    }

    /// Makes one real token, of whose form the others are.
    fn template(&self) -> Template {
        let session = self.session();
        let principal = self.app.authenticate(&session, &Self::origin()).unwrap();
        let scope = InteractiveScope::new(Some(&principal)).unwrap();
        let new = NewToken::named("template".parse().unwrap());
        let issued = self.app.create_token(scope, new, &Self::origin()).unwrap();
        let plain = issued.plain.expose();
        let mut segments = plain.split('.').map(str::to_owned);
        let (header, signature) = (segments.next().unwrap(), segments.nth(1).unwrap());
        Template { header, claims: jwt_part(plain, 1), signature }
    }
}

impl Drop for Installation {
    /// Ends the writing threads, so that the files are whole and free for whoever opens them next.
    fn drop(&mut self) {
        self.app.finish();
        self.store.close();
    }
}

/// A token's form: what is signed differs, and the signature is not looked at while the stored hash fits.
struct Template {
    header: String,
    claims: Value,
    signature: String,
}

impl Template {
    fn plain(&self, token: &Token) -> String {
        let mut claims = self.claims.clone();
        claims["jti"] = json!(token.id);
        claims["sub"] = json!(token.user_id);
        format!("{}.{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims.to_string()), self.signature)
    }
}

fn user(number: usize, now: Timestamp) -> User {
    User {
        id: UserId::random(),
        email: format!("user{number:07}@example.com").parse().unwrap(),
        name: format!("user{number:07}").parse().unwrap(),
        role: Role::Analyst,
        is_owner: false,
        active: true,
        deactivated_at: None,
        deactivated_by: None,
        created_at: now,
        updated_at: now,
        last_login_at: None,
        must_change_password: false,
        username: None,
        created_by: None,
    }
}

/// Makes a token with a name of 15 bytes that was just used.
fn token(number: usize, user_id: UserId, now: Timestamp) -> Token {
    let name: TokenName = format!("token{number:010}").parse().unwrap();
    Token {
        id: TokenId::random(),
        user_id,
        name,
        created_at: now,
        expiry: Expiry::At(now.plus(Duration::from_secs(90 * 24 * 60 * 60))),
        last_used_at: Some(now),
        last_used_ip: Installation::origin().ip,
        revoked_at: None,
        signed_by: KeyNumber::default(),
        renewable: false,
        created_via: CreatedVia::Session,
        replaced: None,
        chain: None,
    }
}

/// Brings `items` out of order; the same each time for the same number of them.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (state >> 33) as usize % (at + 1));
    }
}

/// Returns how many bytes the store has when its log is written back.
fn logical_bytes(data: &Path) -> u64 {
    let store = rusqlite::Connection::open(data.join("da.db")).unwrap();
    let pragma = |name| store.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    u64::try_from(pragma("page_count") * pragma("page_size")).unwrap()
}

/// P-3.
pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let (without, with) = Installation::with_tokens(&data, MILLION).bytes;
    let file = fs::metadata(data.join("da.db")).unwrap().len();
    let each = |bytes: u64| bytes as f64 / MILLION as f64;
    vec![
        Figure::new("P-3", "store per token at 1,000,000, all indexes", each(with - without), " B", Bar::AtMost(210.0)),
        Figure::new("P-3", "the whole file / tokens, users and audit log too", each(file), " B", Bar::Told),
    ]
}
