//! The use cases, called alike by the JSON API, the pages and the commands on the server's host.
//!
//! Each one takes the proof that its caller may call it (a scope of [`authz`]), reads what it decides on inside the
//! writer's closure, changes, and appends its audit row in the same transaction (D-12). Nothing here knows HTTP.

pub mod audit;
pub mod authn;
pub mod authz;
pub mod bootstrap;
pub mod collect;
pub mod error;
pub mod grants;
pub mod guesses;
pub mod key_file;
pub mod keys;
pub mod logins;
pub mod master_key;
pub mod metrics;
pub mod passwords;
pub mod private_file;
pub mod profile;
pub mod readiness;
pub mod refresh;
pub mod restore;
pub mod rotation;
pub mod sessions;
pub mod settings;
pub mod throttle;
pub mod token_limit;
pub mod tokens;
pub mod usage;
pub mod users;

use std::{net::IpAddr, sync::Arc, time::Duration};

pub use authz::{
    AdminScope, Credential, HeldScope, InteractiveScope, OwnerScope, PasswordScope, Principal, RotationScope,
    SystemScope,
};
pub use error::AppError;
pub use settings::Settings;

use crate::{
    domain::{Clock, RefreshKey, Timestamp, UserCodeKey, audit::ChainKey, time::SECONDS_PER_DAY},
    store::Store,
};
use bootstrap::SetupCode;
use guesses::CodeGuesses;
use keys::SigningKeys;
use master_key::MasterKey;
use metrics::Metrics;
use passwords::Passwords;
use readiness::Readiness;
use throttle::LoginThrottle;
use usage::UsageRecorder;

/// Where a request comes from; for the audit log and the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The resolved client address (D-13); nothing for a command on the host.
    pub ip: Option<IpAddr>,
    /// The request, as in the access log and the answer.
    pub request_id: Option<String>,
    /// The `User-Agent`, as sent.
    pub user_agent: String,
}

impl Origin {
    /// Returns the origin of a command on the server's host.
    #[must_use]
    pub fn host() -> Self {
        Self { ip: None, request_id: None, user_agent: String::new() }
    }
}

/// The token authority.
pub struct App {
    /// Where everything rests.
    pub(crate) store: Arc<dyn Store>,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    /// Signs and recognises tokens.
    pub(crate) keys: SigningKeys,
    /// Hashes passwords, a bounded number at once.
    pub(crate) passwords: Passwords,
    /// Bounds what strangers may write into the audit log.
    pub(crate) refusals: audit::RefusalBudget,
    /// Slows down guessing.
    pub(crate) throttle: LoginThrottle,
    /// Slows down guessing of the codes of devices.
    pub(crate) guesses: CodeGuesses,
    /// Writes last uses behind.
    pub(crate) usage: UsageRecorder,
    /// Guards first-admin set-up.
    pub(crate) setup: SetupCode,
    /// Seals the audit log; here only to check it.
    pub(crate) chain_key: ChainKey,
    /// Derives refresh tokens.
    pub(crate) refresh_key: RefreshKey,
    /// Hashes the codes that people type.
    pub(crate) user_code_key: UserCodeKey,
    /// What probes found.
    pub(crate) readiness: Readiness,
    /// Counts what happens.
    pub(crate) metrics: Metrics,
    /// Limits and lifetimes.
    pub(crate) settings: Settings,
}

impl App {
    /// Puts the authority together on an opened store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        keys: SigningKeys,
        master: &MasterKey,
        settings: Settings,
    ) -> Self {
        Self {
            usage: UsageRecorder::start(Arc::clone(&store), Arc::clone(&clock)),
            passwords: Passwords::new(settings.hash_queue),
            throttle: LoginThrottle::new(&settings, master.login_name_key()),
            guesses: CodeGuesses::default(),
            refusals: audit::RefusalBudget::default(),
            readiness: Readiness::default(),
            metrics: Metrics::new(clock.now()),
            store,
            clock,
            keys,
            chain_key: master.chain_key(),
            refresh_key: master.refresh_key(),
            user_code_key: master.user_code_key(),
            setup: SetupCode::default(),
            settings,
        }
    }

    /// Returns the present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the limits and lifetimes in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Removes sessions that ended more than 30 days ago (K-11), those that a refresh replaced a day ago, and grants that nobody can tell of any more; counts the
    /// sessions.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn sweep(&self) -> Result<u64, AppError> {
        let now = self.clock.now();
        let before = now.minus(Duration::from_secs(30 * SECONDS_PER_DAY));
        self.sweep_login_limits()?;
        self.store.write(move |writer| {
            grants::sweep(writer, now)?;
            Ok(writer.sweep_sessions(before, now.minus(refresh::KEEP_REPLACED))?)
        })
    }
}
