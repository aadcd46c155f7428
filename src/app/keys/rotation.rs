//! Signing keys are listed, rotated and retired on the server's host (S-19, M-22).

use serde_json::json;

use super::new_key;
use crate::{
    app::{App, AppError, Origin, SystemScope},
    domain::{Action, KeyId, KeyNumber, RevokedReason, Timestamp},
    store::{KeyStatus, SigningKey, StoreError, Writer},
};

/// A signing key as its operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in token headers.
    pub kid: String,
    /// What it is good for.
    pub status: KeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
    /// How many personal access tokens of its live.
    pub live_tokens: u64,
    /// How many sessions of its live.
    pub live_sessions: u64,
}

/// A new key took the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The key that signs now.
    pub kid: String,
    /// The one before, which goes on verifying.
    pub former: String,
}

/// What a retirement ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retirement {
    /// Whether the key was already retired; then nothing was ended.
    pub was_retired: bool,
    /// Personal access tokens.
    pub ended_tokens: u64,
    /// Sessions.
    pub ended_sessions: u64,
}

impl App {
    /// Lists the signing keys, newest first, with what lives by them. Reads every token.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn signing_keys(&self, _by: SystemScope) -> Result<Vec<KeyInfo>, AppError> {
        let now = self.clock.now();
        self.store.read(|reader| {
            let (tokens, sessions) = (reader.live_tokens_by_key(now)?, reader.live_sessions_by_key(now)?);
            let count = |counts: &[(KeyNumber, u64)], key: KeyNumber| {
                counts.iter().find(|(number, _)| *number == key).map_or(0, |(_, count)| *count)
            };
            let info = |key: SigningKey| KeyInfo {
                kid: key.kid,
                status: key.status,
                created_at: key.created_at,
                retired_at: key.retired_at,
                live_tokens: count(&tokens, key.number),
                live_sessions: count(&sessions, key.number),
            };
            Ok(reader.signing_keys()?.into_iter().map(info).collect())
        })
    }

    /// Makes a new key, which signs from now on. The key before it goes on verifying: no token ends.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn rotate_signing_key(&self, by: SystemScope, origin: &Origin) -> Result<Rotation, AppError> {
        let (now, origin) = (self.clock.now(), origin.clone());
        let fresh = new_key(self.keys.master(), now)?;
        let _turn = self.keys.turn();
        let (rotation, keys) = self.store.write(move |writer| {
            let rotation = rotate(writer, fresh, by, &origin, now)?;
            Ok::<_, AppError>((rotation, writer.signing_keys()?))
        })?;
        self.keys.replace(&keys)?;
        Ok(rotation)
    }

    /// Ends a key and all that it signed: tokens and sessions are revoked in the same change. Retiring it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`AppError::KeyNotFound`], [`AppError::KeyActive`], [`AppError::Store`].
    pub fn retire_signing_key(&self, by: SystemScope, kid: KeyId, origin: &Origin) -> Result<Retirement, AppError> {
        let (now, kid, origin) = (self.clock.now(), kid.to_string(), origin.clone());
        let _turn = self.keys.turn();
        let (retirement, keys) = self.store.write(move |writer| {
            let retirement = retire(writer, &kid, by, &origin, now)?;
            Ok::<_, AppError>((retirement, writer.signing_keys()?))
        })?;
        self.keys.replace(&keys)?;
        Ok(retirement)
    }
}

fn rotate(
    writer: &dyn Writer,
    fresh: SigningKey,
    by: SystemScope,
    origin: &Origin,
    now: Timestamp,
) -> Result<Rotation, AppError> {
    let keys = writer.signing_keys()?;
    let corrupt = |text: &str| StoreError::Corrupt(text.to_owned());
    let former = keys.iter().find(|key| key.status == KeyStatus::Active);
    let former = former.ok_or_else(|| corrupt("there is no active signing key"))?;
    let newest = keys.iter().map(|key| key.number).max().unwrap_or_default();
    let number = newest.next().ok_or_else(|| corrupt("there are too many signing keys"))?;
    // In this order: the store holds no two active keys at any moment.
    writer.set_key_status(&former.kid, KeyStatus::Verify, None)?;
    let fresh = SigningKey { number, ..fresh };
    writer.insert_signing_key(&fresh)?;
    let mut entry = by.entry(origin, Action::KeyRotate, format!("key:{}", fresh.kid));
    entry.params = json!({ "former": former.kid });
    writer.append_audit(&entry, now)?;
    Ok(Rotation { kid: fresh.kid, former: former.kid.clone() })
}

fn retire(
    writer: &dyn Writer,
    kid: &str,
    by: SystemScope,
    origin: &Origin,
    now: Timestamp,
) -> Result<Retirement, AppError> {
    let key = writer.signing_keys()?.into_iter().find(|key| key.kid == kid).ok_or(AppError::KeyNotFound)?;
    match key.status {
        KeyStatus::Active => return Err(AppError::KeyActive),
        KeyStatus::Retired => return Ok(Retirement { was_retired: true, ..Retirement::default() }),
        KeyStatus::Verify => {}
    }
    writer.set_key_status(kid, KeyStatus::Retired, Some(now))?;
    let ended_tokens = writer.revoke_tokens_by_key(key.number, now)?;
    let ended_sessions = writer.end_sessions_by_key(key.number, RevokedReason::AdminRevoked, now)?;
    let mut entry = by.entry(origin, Action::KeyRetire, format!("key:{kid}"));
    entry.params = json!({ "ended_tokens": ended_tokens, "ended_sessions": ended_sessions });
    writer.append_audit(&entry, now)?;
    Ok(Retirement { was_retired: false, ended_tokens, ended_sessions })
}
