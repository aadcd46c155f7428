//! Personal access tokens: make, list, end.

use serde_json::json;

use super::{
    AdminScope, App, AppError, Credential, InteractiveScope, Origin, OwnerScope, authz::can_act_on,
    token_limit::TokenLimit,
};
use crate::{
    domain::{
        Action, AskedLifetime, AuditEntry, Email, Expiry, Lifetime, Secret, Timestamp, Token, TokenHash, TokenId,
        TokenKind, TokenName, User, UserId,
        token::{CreatedVia, TokenStatus},
    },
    store::{TokenFilter, Writer},
};

/// A token to make.
#[derive(Debug)]
pub struct NewToken {
    /// Given by its owner; need not be unique.
    pub name: TokenName,
    /// How long it shall live.
    pub lifetime: AskedLifetime,
    /// Whether it may rotate itself.
    pub renewable: bool,
    /// How it is created.
    pub created_via: CreatedVia,
}

impl NewToken {
    /// Asks for a token of this name that lives as long as tokens do.
    #[must_use]
    pub fn named(name: TokenName) -> Self {
        Self { name, lifetime: AskedLifetime::Absent, renewable: false, created_via: CreatedVia::Session }
    }
}

/// A token just made, with the one copy of its plain form.
#[derive(Debug)]
pub struct IssuedToken {
    /// What the store keeps.
    pub token: Token,
    /// What its owner keeps.
    pub plain: Secret,
}

impl App {
    /// Makes a token of the caller's; needs a session.
    ///
    /// # Errors
    /// [`AppError::RefusedLifetime`], [`AppError::TokenLimitReached`], [`AppError::Rejected`] if the session ended meanwhile,
    /// [`AppError::Store`].
    pub fn create_token(
        &self,
        by: InteractiveScope<'_>,
        new: NewToken,
        origin: &Origin,
    ) -> Result<IssuedToken, AppError> {
        let lifetime = self.settings.tokens.lifetime(new.lifetime)?;
        let principal = by.principal().clone();
        let now = self.clock.now();
        let mut issued = self.issue_token(&principal.user, new.name, lifetime, now)?;
        issued.token.renewable = new.renewable;
        issued.token.created_via = new.created_via;
        let (token, hash) = (issued.token.clone(), TokenHash::of(issued.plain.expose()));
        let (origin, limit) = (origin.clone(), self.settings.token_limit);
        self.store.write(move |writer| {
            principal.recheck(writer, now)?;
            let entry = principal.entry(&origin, Action::TokenCreate, format!("token:{}", token.id));
            insert_issued(writer, entry, &token, &hash, limit)
        })?;
        Ok(issued)
    }

    /// Signs a new token for `user`; it lives once it is in the store. Its life is cut to the operator's maximum here, so
    /// that no way of making tokens leads past it.
    pub(super) fn issue_token(
        &self,
        user: &User,
        name: TokenName,
        lifetime: Lifetime,
        now: Timestamp,
    ) -> Result<IssuedToken, AppError> {
        self.issue_until(user, name, self.expiry_of(lifetime, now), now)
    }

    /// Returns the end of a token made now, cut to the operator's maximum.
    pub(super) fn expiry_of(&self, lifetime: Lifetime, now: Timestamp) -> Expiry {
        let lifetime = self.settings.tokens.capped(lifetime).duration();
        Expiry::from_option(lifetime.map(|lifetime| now.plus(lifetime)))
    }

    /// Signs a new token for `user` with this end, which the caller has judged.
    pub(super) fn issue_until(
        &self,
        user: &User,
        name: TokenName,
        expiry: Expiry,
        now: Timestamp,
    ) -> Result<IssuedToken, AppError> {
        let id = TokenId::random();
        let key = self.keys.active();
        let plain = self.keys.sign(&key, TokenKind::Pat, &id.to_string(), user, now, expiry)?;
        let token = Token {
            id,
            user_id: user.id,
            name,
            created_at: now,
            expiry,
            last_used_at: None,
            last_used_ip: None,
            revoked_at: None,
            signed_by: key.number(),
            renewable: false,
            created_via: CreatedVia::Session,
            replaced: None,
            chain: None,
        };
        Ok(IssuedToken { token, plain })
    }

    /// Lists a page of the caller's tokens, newest first, ended ones included.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn tokens(&self, by: OwnerScope<'_>, filter: TokenFilter) -> Result<Vec<Token>, AppError> {
        let filter = TokenFilter { user: Some(by.principal().user.id), ..filter };
        let tokens = self.store.read(|reader| Ok::<_, AppError>(reader.tokens(&filter)?))?;
        Ok(tokens.into_iter().map(|(token, _)| token).collect())
    }

    /// Returns one of the caller's tokens.
    ///
    /// # Errors
    /// [`AppError::TokenNotFound`] for an unknown one and another's alike, admins included (C-04).
    pub fn token(&self, by: OwnerScope<'_>, id: TokenId) -> Result<Token, AppError> {
        let user = by.principal().user.id;
        let token = self.store.read(|reader| Ok::<_, AppError>(reader.token(id)?))?;
        token.filter(|token| can_act_on(user, token.user_id)).ok_or(AppError::TokenNotFound)
    }

    /// Revokes one of the caller's tokens and those that it rotated itself into, effective on the next request. Revoking it
    /// again changes nothing (S-26).
    ///
    /// # Errors
    /// As [`App::token`]; [`AppError::HelperToken`] for a token of a credential helper that is not the named one.
    pub fn revoke_token(&self, by: OwnerScope<'_>, id: TokenId, origin: &Origin) -> Result<(), AppError> {
        let principal = by.principal().clone();
        if principal.credential() != Credential::Token(id) {
            principal.refuse_helper()?;
        }
        let (now, origin) = (self.clock.now(), origin.clone());
        self.store.write(move |writer| {
            principal.recheck(writer, now)?;
            let owned = writer.token(id)?.filter(|token| can_act_on(principal.user.id, token.user_id));
            owned.ok_or(AppError::TokenNotFound)?;
            revoke_with_successors(writer, id, Some(principal.user.id), now, |token| {
                principal.entry(&origin, Action::TokenRevoke, format!("token:{}", token.id))
            })
        })
    }

    /// Lists a page of everybody's tokens with their owners' login names.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn all_tokens(&self, _by: AdminScope<'_>, filter: &TokenFilter) -> Result<Vec<(Token, Email)>, AppError> {
        self.store.read(|reader| Ok(reader.tokens(filter)?))
    }

    /// Counts everybody's tokens that match.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn count_tokens(&self, _by: AdminScope<'_>, filter: &TokenFilter) -> Result<u64, AppError> {
        self.store.read(|reader| Ok(reader.count_tokens(filter, None)?))
    }

    /// Counts the caller's tokens that work now, but no further than `most`.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn count_own_tokens(&self, by: OwnerScope<'_>, most: u32) -> Result<u64, AppError> {
        let status = Some((TokenStatus::Active, self.clock.now()));
        let filter = TokenFilter { user: Some(by.principal().user.id), status, ..TokenFilter::default() };
        self.store.read(|reader| Ok(reader.count_tokens(&filter, Some(most))?))
    }

    /// Revokes anybody's token and those that it rotated itself into.
    ///
    /// # Errors
    /// [`AppError::TokenNotFound`], [`AppError::Store`].
    pub fn admin_revoke_token(&self, by: AdminScope<'_>, id: TokenId, origin: &Origin) -> Result<(), AppError> {
        let admin = by.administrator();
        let (now, origin) = (self.clock.now(), origin.clone());
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            writer.token(id)?.ok_or(AppError::TokenNotFound)?;
            revoke_with_successors(writer, id, admin.user_id(), now, |token| {
                let mut entry = admin.entry(&origin, Action::TokenAdminRevoke, format!("token:{}", token.id));
                entry.params = json!({ "owner_id": token.user_id });
                entry
            })
        })
    }
}

/// Revokes a token and every token that it rotated itself into, each with an audit row: the holder of the first one got
/// all of them. This also holds for a token that ended before, and where ended tokens in between were removed. Tokens from
/// a rotation with a session stay.
fn revoke_with_successors(
    writer: &dyn Writer,
    first: TokenId,
    by: Option<UserId>,
    now: Timestamp,
    entry: impl Fn(&Token) -> AuditEntry,
) -> Result<(), AppError> {
    let Some(named) = writer.token(first)? else { return Ok(()) };
    let successors = writer.successors_in_chain(named.chain.unwrap_or(first), first)?;
    for token in std::iter::once(named).chain(successors) {
        if writer.revoke_token(token.id, by, now)? {
            let mut entry = entry(&token);
            if token.id != first {
                entry.params["rotated_from"] = json!(first);
            }
            writer.append_audit(&entry, now)?;
        }
    }
    Ok(())
}

/// Puts an issued token into the store if its owner may have one more, and its audit row, which is begun and may hold
/// details. Every way of making a token but rotation comes here.
pub(super) fn insert_issued(
    writer: &dyn Writer,
    mut entry: AuditEntry,
    token: &Token,
    hash: &TokenHash,
    limit: TokenLimit,
) -> Result<(), AppError> {
    limit.admit(writer, token.user_id, token.created_via, token.created_at)?;
    writer.insert_token(token, hash)?;
    limit.trim(writer, token.user_id, token.created_at)?;
    for (key, value) in [
        ("name", json!(token.name)),
        ("owner_id", json!(token.user_id)),
        ("expires_at", json!(token.expiry.to_option())),
    ] {
        entry.params[key] = value;
    }
    if token.renewable {
        entry.params["renewable"] = true.into();
    }
    if token.created_via != CreatedVia::Session {
        entry.params["created_via"] = token.created_via.as_str().into();
    }
    writer.append_audit(&entry, token.created_at)?;
    Ok(())
}
