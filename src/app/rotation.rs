//! Rotation: a new token takes the place of an old one, and both work while everybody who uses it changes over (O-06).

use std::time::Duration;

use serde_json::json;

use super::{
    App, AppError, Credential, Origin, RotationScope,
    authz::{can_act_on, entry},
    tokens::IssuedToken,
};
use crate::{
    domain::{
        Action, AskedLifetime, Expiry, Lifetime, Timestamp, Token, TokenHash, TokenId, Via,
        rotation::{DEFAULT_OVERLAP, MAX_OVERLAP, Replacement},
        time::SECONDS_PER_DAY,
        token::TokenStatus,
    },
    store::Writer,
};

impl App {
    /// Puts a new token of the same name in the place of one of the caller's. The old one works on until it falls silent
    /// ([`Replacement`]), at most `overlap_hours`; with 0 it ends at once.
    ///
    /// The new one lives as long as the old one was made for, if nothing else is asked, and no longer than the operator
    /// allows. A token that rotates itself gets one that ends when it would have ended itself.
    ///
    /// # Errors
    /// [`AppError::SessionRequired`] for a token that is not the named one or was not made for this,
    /// [`AppError::TokenNotFound`], [`AppError::TokenEnded`], [`AppError::TokenRotated`]: of several rotations one wins;
    /// [`AppError::TokenLimitReached`] when too many replaced tokens still work.
    pub fn rotate_token(
        &self,
        by: RotationScope<'_>,
        id: TokenId,
        overlap_hours: Option<i64>,
        lifetime: AskedLifetime,
        origin: &Origin,
    ) -> Result<IssuedToken, AppError> {
        let principal = by.principal().clone();
        let renews_itself = match principal.credential() {
            Credential::Session(_) => false,
            Credential::Token(own) if own == id => true,
            Credential::Token(_) => return Err(AppError::SessionRequired),
        };
        let overlap = overlap(overlap_hours)?;
        let user = principal.user().clone();
        let old = self.store.read(|reader| Ok::<_, AppError>(reader.token(id)?))?;
        let old = old.filter(|old| can_act_on(user.id, old.user_id)).ok_or(AppError::TokenNotFound)?;
        if renews_itself && !old.renewable {
            return Err(AppError::SessionRequired);
        }
        let now = self.clock.now();
        let expiry = self.expiry_after(&old, renews_itself, lifetime, now)?;
        let mut issued = self.issue_until(&user, old.name.clone(), expiry, now)?;
        issued.token.renewable = old.renewable;
        // The new token may do no more than the old one.
        issued.token.created_via = old.created_via;
        issued.token.chain = renews_itself.then(|| old.chain.unwrap_or(old.id));
        let (new, hash) = (issued.token.clone(), TokenHash::of(issued.plain.expose()));
        let (origin, limit) = (origin.clone(), self.settings.token_limit);
        self.store.write(move |writer| {
            principal.recheck(writer, now)?;
            let old = writer.token(id)?.ok_or(AppError::TokenNotFound)?;
            if !overlap.is_zero() {
                limit.admit_rotation(writer, new.user_id, new.created_via, now)?;
            }
            let replaced = replace(writer, &old, new.id, overlap, now)?;
            if overlap.is_zero() {
                writer.revoke_token(id, Some(user.id), now)?;
            }
            writer.insert_token(&new, &hash)?;
            limit.trim(writer, new.user_id, now)?;
            let mut entry = principal.entry(&origin, Action::TokenRotate, format!("token:{id}"));
            entry.params = json!({
                "name": new.name,
                "owner_id": new.user_id,
                "replaced_by": new.id,
                "expires_at": new.expiry.to_option(),
                "overlap_until": replaced.limit,
            });
            writer.append_audit(&entry, now)?;
            Ok::<_, AppError>(())
        })?;
        Ok(issued)
    }

    /// Returns the end of the token that takes the place of `old`.
    fn expiry_after(
        &self,
        old: &Token,
        renews_itself: bool,
        asked: AskedLifetime,
        now: Timestamp,
    ) -> Result<Expiry, AppError> {
        let policy = self.settings.tokens;
        let wanted = match (asked, old.expiry) {
            (AskedLifetime::Absent, Expiry::Never) => policy.capped(Lifetime::Never),
            (AskedLifetime::Absent, Expiry::At(end)) => {
                let same = Expiry::At(now.plus(end.since(old.created_at)));
                return Ok(self.within(old, renews_itself, same, now));
            }
            (asked, _) => policy.lifetime(asked)?,
        };
        Ok(self.within(old, renews_itself, self.expiry_of(wanted, now), now))
    }

    /// Cuts an end to the operator's maximum and, for a token that rotates itself, to the end that it has.
    fn within(&self, old: &Token, renews_itself: bool, wanted: Expiry, now: Timestamp) -> Expiry {
        let maximum = self.expiry_of(Lifetime::Never, now);
        let own = if renews_itself { old.expiry } else { Expiry::Never };
        let ends = [wanted, maximum, own].into_iter().filter_map(Expiry::to_option);
        Expiry::from_option(ends.min())
    }
}

fn overlap(hours: Option<i64>) -> Result<Duration, AppError> {
    let Some(hours) = hours else { return Ok(DEFAULT_OVERLAP) };
    let overlap = u64::try_from(hours).ok().and_then(|hours| hours.checked_mul(3_600)).map(Duration::from_secs);
    overlap.filter(|overlap| *overlap <= MAX_OVERLAP).ok_or(AppError::InvalidOverlap)
}

/// Replaces `old`, unless it has ended or was replaced before: decided in the transaction, so that one of two wins.
fn replace(
    writer: &dyn Writer,
    old: &Token,
    by: TokenId,
    overlap: Duration,
    now: Timestamp,
) -> Result<Replacement, AppError> {
    match old.status(now) {
        TokenStatus::Active => {}
        _ if old.replaced.is_some() => return Err(AppError::TokenRotated),
        ended => return Err(AppError::TokenEnded(ended.as_str())),
    }
    let replaced = Replacement::begin(by, now, overlap, old.expiry);
    if writer.replace_token(old.id, &replaced)? { Ok(replaced) } else { Err(AppError::TokenRotated) }
}

/// Notes what the use of `token` at `at` says of a rotation: who uses the new one has changed over, who uses the old one
/// has not. `token` is as it was before this use.
///
/// What is over stays over: a note that comes late, at `now`, moves no end that has passed.
pub(super) fn note_in_overlap(
    writer: &dyn Writer,
    token: &Token,
    origin: &Origin,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), AppError> {
    let works = |token: &Token| token.replaced.filter(|replaced| token.revoked_at.is_none() && !replaced.is_over(now));
    if let Some(replaced) = works(token) {
        let began = writer.token(replaced.by)?.map_or(at, |new| new.created_at);
        let moved = replaced.still_used(began, at);
        if moved != replaced {
            writer.move_overlap(token.id, moved.until)?;
        }
        let day = |at: Timestamp| at.as_seconds() / SECONDS_PER_DAY.cast_signed();
        if token.last_used_at.is_none_or(|last| last < began || day(last) < day(at)) {
            tell(writer, token, origin, "old", replaced.by, &moved, at)?;
        }
    }
    if token.last_used_at.is_none()
        && let Some(old) = writer.predecessor(token.id)?
        && let Some(replaced) = works(&old)
    {
        let moved = replaced.taken_up(token.created_at, at);
        writer.move_overlap(old.id, moved.until)?;
        tell(writer, token, origin, "new", old.id, &moved, at)?;
    }
    Ok(())
}

fn tell(
    writer: &dyn Writer,
    used: &Token,
    origin: &Origin,
    which: &str,
    other: TokenId,
    replaced: &Replacement,
    at: Timestamp,
) -> Result<(), AppError> {
    let (via, resource) = (Via::Token(used.id), format!("token:{}", used.id));
    let mut entry = entry(origin, Some(used.user_id), via, Action::TokenUsedInOverlap, resource);
    entry.params = json!({ "used": which, "other": other, "overlap_until": replaced.until });
    Ok(writer.append_audit(&entry, at)?)
}
