//! Exchanging a code for the credential that a person has approved (RFC 8628 section 3.4, RFC 6749 section 4.1.3).

use serde_json::json;

use super::{
    App, AppError, Origin,
    authz::entry,
    error::GrantRefusal,
    logins::{SignIn, insert_session},
    refresh::end_chain,
    sessions::{NewSession, SessionKind, SessionRequest, make_room},
    token_limit::TokenLimit,
    tokens::{IssuedToken, insert_issued},
};
use crate::{
    domain::{
        Action, CodeVerifier, Grant, GrantCode, GrantId, GrantStatus, RevokedReason, Secret, Timestamp, TokenHash,
        User, Via, Wanted,
        grant::{LONGEST_INTERVAL, SLOW_DOWN},
        token::CreatedVia,
    },
    store::{Reader, Writer},
};

/// What a client gets for its code.
#[derive(Debug)]
pub enum Collected {
    /// A session that can be continued.
    Session(SignIn),
    /// A token and its owner.
    Token(IssuedToken, User),
}

/// A credential that lives once it is in the store.
enum Prepared {
    Session(Box<NewSession>),
    Token(Box<IssuedToken>, TokenHash),
}

/// What a try comes to, decided inside the writer: a refusal too may have to be noted.
type Decision = Result<(Prepared, User), GrantRefusal>;

/// Everything that the writer decides with.
struct Exchange {
    id: GrantId,
    hash: TokenHash,
    prepared: Option<Prepared>,
    sessions_per_user: u32,
    token_limit: TokenLimit,
    origin: Origin,
    now: Timestamp,
}

impl App {
    /// Gives a device what was approved; as long as nobody has decided, it is told to ask again.
    ///
    /// # Errors
    /// Each [`GrantRefusal`], [`AppError::Store`].
    pub fn poll_device(&self, code: &Secret, origin: &Origin) -> Result<Collected, AppError> {
        let code = GrantCode::of_device(code).ok_or(GrantRefusal::Invalid)?;
        let exchange = self.exchange(&code, origin)?;
        self.collected(self.store.write(move |writer| decide_poll(writer, exchange))?)
    }

    /// Gives a program what was approved in the browser, if it is the one that began (RFC 7636 section 4.6). A second
    /// use of the code ends the session that it gave, as one of the two was a thief's (RFC 6749 section 4.1.2).
    ///
    /// # Errors
    /// [`GrantRefusal::Invalid`], [`AppError::Store`].
    pub fn redeem_code(
        &self,
        code: &Secret,
        verifier: Secret,
        redirect: String,
        origin: &Origin,
    ) -> Result<SignIn, AppError> {
        let code = GrantCode::of_browser(code).ok_or(GrantRefusal::Invalid)?;
        let exchange = self.exchange(&code, origin)?;
        let verifier = CodeVerifier::try_from(verifier).ok();
        let decision = self.store.write(move |writer| {
            let is_its_program = |grant: &Grant| {
                let (binding, verifier) = (grant.binding.as_ref(), verifier.as_ref());
                binding.zip(verifier).is_some_and(|(binding, verifier)| {
                    binding.redirect.as_str() == redirect && binding.challenge.matches(verifier)
                })
            };
            decide_code(writer, exchange, is_its_program)
        })?;
        match self.collected(decision)? {
            Collected::Session(signed_in) => Ok(signed_in),
            Collected::Token(..) => Err(GrantRefusal::Invalid.into()),
        }
    }

    fn collected(&self, decision: Decision) -> Result<Collected, AppError> {
        Ok(match decision? {
            (Prepared::Session(made), user) => {
                self.metrics.let_in();
                Collected::Session(SignIn::of(*made, user))
            }
            (Prepared::Token(issued, _), user) => Collected::Token(*issued, user),
        })
    }

    /// Looks a code up, and prepares the credential if it can be collected. Guesses are refused here: only who holds a
    /// code of ours reaches the writer.
    fn exchange(&self, code: &GrantCode, origin: &Origin) -> Result<Exchange, AppError> {
        let (hash, now) = (code.hash(), self.clock.now());
        let (grant, user) = self.store.read(|reader| {
            let grant = recognise(reader, code.id(), &hash)?;
            if grant.is_pestered(now) {
                return Err(GrantRefusal::SlowDown.into());
            }
            let user = grant.user_id.map(|id| reader.user(id)).transpose()?.flatten();
            Ok::<_, AppError>((grant, user))
        })?;
        let user = user.filter(|user| user.active && grant.status == GrantStatus::Approved && !grant.is_past(now));
        let prepared = user.map(|user| self.prepare(&grant, &user, origin, now)).transpose()?;
        let sessions_per_user = self.settings.sessions_per_user;
        Ok(Exchange {
            id: grant.id,
            hash,
            prepared,
            sessions_per_user,
            token_limit: self.settings.token_limit,
            origin: origin.clone(),
            now,
        })
    }

    fn prepare(&self, grant: &Grant, user: &User, origin: &Origin, now: Timestamp) -> Result<Prepared, AppError> {
        match &grant.wanted {
            Wanted::Session => {
                let request = SessionRequest { device: grant.device.clone(), kind: SessionKind::Refreshing };
                Ok(Prepared::Session(Box::new(self.new_session(user, &request, origin, now)?)))
            }
            Wanted::Token { name, lifetime } => {
                let mut issued = self.issue_token(user, name.clone(), *lifetime, now)?;
                issued.token.created_via = CreatedVia::Pair;
                let hash = TokenHash::of(issued.plain.expose());
                Ok(Prepared::Token(Box::new(issued), hash))
            }
        }
    }
}

/// Finds the grant of a code.
fn recognise(reader: &dyn Reader, id: GrantId, hash: &TokenHash) -> Result<Grant, AppError> {
    let found = reader.grant(id)?.filter(|(_, stored)| stored.matches(hash));
    Ok(found.map(|(grant, _)| grant).ok_or(GrantRefusal::Invalid)?)
}

fn decide_poll(writer: &dyn Writer, exchange: Exchange) -> Result<Decision, AppError> {
    let grant = recognise(writer, exchange.id, &exchange.hash)?;
    match grant.status {
        GrantStatus::Consumed => Ok(Err(GrantRefusal::Invalid)),
        GrantStatus::Denied => Ok(Err(GrantRefusal::Denied)),
        _ if grant.is_past(exchange.now) => Ok(Err(GrantRefusal::Expired)),
        GrantStatus::Pending => note_poll(writer, grant, exchange.now).map(Err),
        GrantStatus::Approved => hand_over(writer, grant, exchange),
    }
}

/// Notes that a device has asked, and whether it was too soon.
fn note_poll(writer: &dyn Writer, mut grant: Grant, now: Timestamp) -> Result<GrantRefusal, AppError> {
    let too_soon = grant.is_too_soon(now);
    if too_soon {
        grant.interval = (grant.interval + SLOW_DOWN).min(LONGEST_INTERVAL);
    }
    grant.last_poll_at = Some(now);
    writer.update_grant(&grant)?;
    Ok(if too_soon { GrantRefusal::SlowDown } else { GrantRefusal::Pending })
}

fn decide_code(
    writer: &dyn Writer,
    exchange: Exchange,
    is_its_program: impl FnOnce(&Grant) -> bool,
) -> Result<Decision, AppError> {
    let grant = recognise(writer, exchange.id, &exchange.hash)?;
    match grant.status {
        GrantStatus::Approved if !grant.is_past(exchange.now) => {
            if is_its_program(&grant) {
                return hand_over(writer, grant, exchange);
            }
            // Somebody else has seen the code: it is good for nobody any more.
            writer.update_grant(&Grant { status: GrantStatus::Denied, ..grant })?;
        }
        GrantStatus::Consumed => {
            if let Some(session) = grant.session_id.map(|id| writer.session(id)).transpose()?.flatten() {
                end_chain(writer, &session, &exchange.origin, exchange.now)?;
            }
        }
        _ => {}
    }
    Ok(Err(GrantRefusal::Invalid))
}

/// Tells whether the session that approved a grant lives, or its user signed out with it. After any other end, someone
/// else may have held that session, and the approval would let them back in. What a user ends in other ways than signing
/// out has denied their grants already.
fn approval_stands(writer: &dyn Writer, grant: &Grant, now: Timestamp) -> Result<bool, AppError> {
    let Some(decided_by) = grant.decided_by else { return Ok(true) };
    let Some(mut last) = writer.session(decided_by)? else { return Ok(false) };
    while let (Some((_, RevokedReason::Rotated)), Some((next, _))) = (last.revoked, writer.successor(last.id)?) {
        last = next;
    }
    Ok(match last.revoked {
        None => last.is_live(now),
        Some((_, reason)) => reason == RevokedReason::UserTerminated,
    })
}

/// Gives an approved grant's credential, once, if who approved it may still sign in.
fn hand_over(writer: &dyn Writer, mut grant: Grant, exchange: Exchange) -> Result<Decision, AppError> {
    let Exchange { prepared, sessions_per_user, token_limit, origin, now, .. } = exchange;
    let owner = grant.user_id.map(|id| writer.user(id)).transpose()?.flatten();
    let stands = approval_stands(writer, &grant, now)?;
    let Some(user) = owner.filter(|user| user.active && stands) else {
        writer.update_grant(&Grant { status: GrantStatus::Denied, ..grant })?;
        return Ok(Err(GrantRefusal::Denied));
    };
    // It was approved after the look at it: the next try finds it.
    let Some(prepared) = prepared else { return Ok(Err(GrantRefusal::Pending)) };
    match &prepared {
        Prepared::Session(made) => {
            make_room(writer, user.id, sessions_per_user, &origin, now)?;
            insert_session(writer, &made.row())?;
            let id = made.session.id;
            grant.session_id = Some(id);
            let mut entry = entry(&origin, Some(user.id), Via::Session(id), Action::Login, format!("session:{id}"));
            entry.params = json!({ "device_label": made.session.device.label, "grant": grant.id });
            writer.append_audit(&entry, now)?;
        }
        Prepared::Token(issued, hash) => {
            let token = &issued.token;
            let (via, resource) = (Via::Token(token.id), format!("token:{}", token.id));
            let mut entry = entry(&origin, Some(user.id), via, Action::TokenCreate, resource);
            entry.params = json!({ "device_label": grant.device.label, "grant": grant.id });
            insert_issued(writer, entry, token, hash, token_limit)?;
        }
    }
    writer.update_grant(&Grant { status: GrantStatus::Consumed, ..grant })?;
    Ok(Ok((prepared, user)))
}
