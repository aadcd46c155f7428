//! Letting a device or a program in: it asks, a person sees what for and decides (RFC 8628, RFC 8252, K-03, O-07).
//!
//! What the client then collects is in [`super::collect`].

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{App, AppError, Credential, InteractiveScope, Origin, Principal, throttle::Tried};
use crate::{
    domain::{
        Action, Device, Grant, GrantCode, GrantId, GrantStatus, Secret, SessionId, Timestamp, TokenHash, UserCode,
        Wanted,
        grant::{Binding, CODE_LIFETIME, DEVICE_LIFETIME, INTERVAL, MAX_CLIENT_CHARS},
        session::cut,
        token::CreatedVia,
    },
    store::{OpenGrants, StoreError, Writer},
};

/// Requests of devices that may wait at once.
const OPEN_IN_ALL: u64 = 10_000;
/// From so many on it is crowded, and each network has a tenth of its share.
const CROWDED: u64 = OPEN_IN_ALL / 2;
/// The share of a host, of a site and of a provider: whoever has a network, however large, does not fill the room, and
/// whoever has many finds that the last half of it is for others.
const OPEN_PER_HOST: u64 = 20;
const OPEN_PER_SITE: u64 = 200;
const OPEN_PER_PROVIDER: u64 = 1_000;
/// When somebody who found too many of them may come back.
const COME_BACK: Duration = Duration::from_secs(60);
/// How long it can be told of a grant that it has expired.
const TOLD: Duration = DEVICE_LIFETIME;

/// What a client asks for.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// What it calls itself.
    pub client_name: String,
    /// Where the credential will be used.
    pub device: Device,
    /// What it wants.
    pub wanted: Wanted,
}

/// A device's request that waits for a person.
#[derive(Debug)]
pub struct StartedDevice {
    /// What the device asks with.
    pub device_code: Secret,
    /// What it shows.
    pub user_code: UserCode,
    /// How long it waits, and how often it may ask.
    pub grant: Grant,
}

impl App {
    /// Returns the `iss` of every token: the name of this authority (RFC 9207).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// Takes the request of a device (RFC 8628 section 3.1).
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`] for too many from one network, [`AppError::Busy`] for too many in all.
    pub fn start_device(&self, request: ClientRequest, origin: &Origin) -> Result<StartedDevice, AppError> {
        self.throttle.admit_address(Tried::DeviceRequest, origin.ip, Instant::now())?;
        let grant = self.new_grant(request, DEVICE_LIFETIME, origin);
        let code = GrantCode::for_device(grant.id).ok_or_else(no_random)?;
        let user_code = UserCode::random().ok_or_else(no_random)?;
        let (code_hash, user_code_hash) = (code.hash(), user_code.hash(&self.user_code_key));
        let row = grant.clone();
        self.store.write(move |writer| {
            sweep(writer, row.created_at)?;
            room_for_one_more(&writer.open_grants(row.ip, row.created_at)?)?;
            match writer.insert_grant(&row, &code_hash, Some(&user_code_hash)) {
                // Another one waits under the same code: one in 2^40 for each.
                Err(StoreError::Taken) => Err(AppError::Busy { after: Duration::from_secs(1) }),
                inserted => Ok(inserted?),
            }
        })?;
        Ok(StartedDevice { device_code: code.to_secret(), user_code, grant })
    }

    fn new_grant(&self, request: ClientRequest, lifetime: Duration, origin: &Origin) -> Grant {
        let now = self.clock.now();
        let ClientRequest { client_name, device, wanted } = request;
        Grant {
            id: GrantId::random(),
            client_name: cut(&client_name, MAX_CLIENT_CHARS),
            device,
            ip: origin.ip,
            wanted,
            status: GrantStatus::Pending,
            user_id: None,
            decided_by: None,
            created_at: now,
            expires_at: now.plus(lifetime),
            interval: INTERVAL,
            last_poll_at: None,
            binding: None,
            session_id: None,
        }
    }

    /// Returns what waits under a code, for the person who is to decide.
    ///
    /// # Errors
    /// [`AppError::UserCodeNotFound`] for an unknown one, one that was decided and one past its end alike;
    /// [`AppError::TooManyAttempts`] after ten wrong ones.
    pub fn waiting_device(&self, by: InteractiveScope<'_>, code: &str, origin: &Origin) -> Result<Grant, AppError> {
        self.guesses.watch(by.principal().user().id, origin.ip, Instant::now(), || {
            let (code, now) = (self.user_code_hash(code)?, self.clock.now());
            let found = self.store.read(|reader| Ok::<_, AppError>(reader.pending_grant(&code)?))?;
            found.filter(|grant| !grant.is_past(now)).ok_or(AppError::UserCodeNotFound)
        })
    }

    /// Lets the device have what it asked for, in the caller's name.
    ///
    /// # Errors
    /// As [`App::waiting_device`].
    pub fn approve_device(&self, by: InteractiveScope<'_>, code: &str, origin: &Origin) -> Result<Grant, AppError> {
        self.decide(by, code, GrantStatus::Approved, origin)
    }

    /// Refuses it.
    ///
    /// # Errors
    /// As [`App::waiting_device`].
    pub fn deny_device(&self, by: InteractiveScope<'_>, code: &str, origin: &Origin) -> Result<Grant, AppError> {
        self.decide(by, code, GrantStatus::Denied, origin)
    }

    fn decide(
        &self,
        by: InteractiveScope<'_>,
        code: &str,
        status: GrantStatus,
        origin: &Origin,
    ) -> Result<Grant, AppError> {
        self.guesses.watch(by.principal().user().id, origin.ip, Instant::now(), || {
            let (code, now) = (self.user_code_hash(code)?, self.clock.now());
            let (principal, origin) = (by.principal().clone(), origin.clone());
            let limit = self.settings.token_limit;
            self.store.write(move |writer| {
                let user = principal.recheck(writer, now)?;
                let found = writer.pending_grant(&code)?.filter(|grant| !grant.is_past(now));
                let found = found.ok_or(AppError::UserCodeNotFound)?;
                let grant = Grant { status, user_id: Some(user.id), decided_by: session_of(&principal), ..found };
                // Told to the person who decides; the device would be told too, but can do nothing about it.
                if let (GrantStatus::Approved, Wanted::Token { .. }) = (status, &grant.wanted) {
                    limit.admit(writer, user.id, CreatedVia::Pair, now)?;
                }
                writer.update_grant(&grant)?;
                note_decision(writer, &principal, &grant, &origin, now)?;
                Ok(grant)
            })
        })
    }

    fn user_code_hash(&self, text: &str) -> Result<TokenHash, AppError> {
        let code: UserCode = text.parse().map_err(|_| AppError::UserCodeNotFound)?;
        Ok(code.hash(&self.user_code_key))
    }

    /// Lets a program on the caller's machine have a session; returns the code that the browser brings it.
    ///
    /// # Errors
    /// [`AppError::Rejected`] if the caller's session ended meanwhile, [`AppError::Store`].
    pub fn approve_browser(
        &self,
        by: InteractiveScope<'_>,
        request: ClientRequest,
        binding: Binding,
        origin: &Origin,
    ) -> Result<Secret, AppError> {
        let grant = self.decided_for_browser(by.principal(), request, GrantStatus::Approved, origin);
        let grant = Grant { binding: Some(binding), ..grant };
        let code = GrantCode::for_browser(grant.id).ok_or_else(no_random)?;
        let (hash, principal, origin) = (code.hash(), by.principal().clone(), origin.clone());
        self.store.write(move |writer| {
            principal.recheck(writer, grant.created_at)?;
            sweep(writer, grant.created_at)?;
            writer.insert_grant(&grant, &hash, None)?;
            note_decision(writer, &principal, &grant, &origin, grant.created_at)
        })?;
        Ok(code.to_secret())
    }

    /// Notes that a program on the caller's machine got nothing.
    ///
    /// # Errors
    /// As [`App::approve_browser`].
    pub fn deny_browser(
        &self,
        by: InteractiveScope<'_>,
        request: ClientRequest,
        origin: &Origin,
    ) -> Result<(), AppError> {
        let grant = self.decided_for_browser(by.principal(), request, GrantStatus::Denied, origin);
        let (principal, origin) = (by.principal().clone(), origin.clone());
        self.store.write(move |writer| {
            principal.recheck(writer, grant.created_at)?;
            note_decision(writer, &principal, &grant, &origin, grant.created_at)
        })
    }

    fn decided_for_browser(
        &self,
        by: &Principal,
        request: ClientRequest,
        status: GrantStatus,
        origin: &Origin,
    ) -> Grant {
        let (user_id, decided_by) = (Some(by.user().id), session_of(by));
        Grant { status, user_id, decided_by, ..self.new_grant(request, CODE_LIFETIME, origin) }
    }
}

/// Returns the session with which somebody decides.
fn session_of(by: &Principal) -> Option<SessionId> {
    match by.credential() {
        Credential::Session(id) => Some(id),
        Credential::Token(_) => None,
    }
}

/// Tells whether one more may wait beside those.
fn room_for_one_more(open: &OpenGrants) -> Result<(), AppError> {
    let part = if open.all >= CROWDED { 10 } else { 1 };
    let shares = [(open.host, OPEN_PER_HOST), (open.site, OPEN_PER_SITE), (open.provider, OPEN_PER_PROVIDER)];
    if shares.iter().any(|(count, share)| *count >= share / part) {
        return Err(AppError::TooManyAttempts { after: COME_BACK });
    }
    if open.all >= OPEN_IN_ALL { Err(AppError::Busy { after: COME_BACK }) } else { Ok(()) }
}

/// Removes the grants of which nothing is told any more.
pub(super) fn sweep(writer: &dyn Writer, now: Timestamp) -> Result<(), AppError> {
    writer.sweep_grants(now.minus(TOLD))?;
    Ok(())
}

fn note_decision(
    writer: &dyn Writer,
    by: &Principal,
    grant: &Grant,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), AppError> {
    let action = if grant.status == GrantStatus::Approved { Action::DeviceApprove } else { Action::DeviceDeny };
    let mut entry = by.entry(origin, action, format!("grant:{}", grant.id));
    entry.params = described(grant);
    writer.append_audit(&entry, now)?;
    Ok(())
}

/// Describes what was asked for, and from where.
fn described(grant: &Grant) -> Value {
    let mut params = json!({
        "client_name": grant.client_name,
        "device_label": grant.device.label,
        "device_ip": grant.ip,
        "want": grant.wanted.kind().as_str(),
    });
    if let Wanted::Token { name, lifetime } = &grant.wanted {
        params["token_name"] = name.as_str().into();
        params["token_lifetime"] = lifetime.to_string().into();
    }
    params
}

fn no_random() -> AppError {
    AppError::Internal("no random bytes".to_owned())
}
