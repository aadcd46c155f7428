//! The tests that every store must pass.
//!
//! A store names a function that makes a fresh one, sealed with [`CHAIN_KEY`], and gets one test per claim:
//!
//! ```ignore
//! crate::store::contract::every_store!(super::fresh);
//! ```

pub(crate) mod audit;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod login_attempts;
pub(crate) mod sessions;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod writes;

use std::{any::Any, net::IpAddr, sync::Arc};

use super::{SessionFilter, Store, StoreError, StoredCredential, Writer};
use crate::domain::{
    Device, Expiry, KeyNumber, Role, Session, SessionId, Timestamp, Token, TokenHash, TokenId, User, UserId,
    audit::ChainKey, token::CreatedVia,
};

/// The bytes of the chain key of every store under test.
pub(crate) const CHAIN_KEY: [u8; 32] = [42; 32];

/// A fresh store, and what must live as long.
pub(crate) struct Fresh {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) _keep: Box<dyn Any>,
}

/// Makes one test per claim and group.
macro_rules! every_store {
    ($fresh:path) => {
        $crate::store::contract::claims!(
            $fresh,
            users {
                a_user_comes_back_as_written,
                an_email_address_is_taken_once,
                a_changed_user_comes_back_changed,
                a_change_of_a_missing_user_is_an_error,
                users_are_listed_by_email_in_pages,
                users_are_found_by_a_part_in_whatever_case_in_pages,
                admins_are_counted,
                deleting_a_user_takes_everything_of_theirs,
                a_reset_value_is_single_and_used_once,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            tokens {
                a_token_comes_back_as_written,
                a_revoked_token_stays_revoked_at_the_first_instant,
                all_tokens_of_a_user_end_together,
                the_last_use_is_the_one_noted_last,
                a_credential_carries_the_user_as_of_now,
                a_token_is_replaced_once_and_works_until_its_overlap_ends,
                tokens_are_filtered,
                tokens_are_paged_without_gap_or_repeat,
                a_page_after_what_is_not_there_is_refused,
                live_tokens_are_counted_by_their_kind,
                the_oldest_ended_tokens_are_removed,
                replaced_and_ending_tokens_are_filtered,
                tokens_that_end_are_counted_by_their_numbers,
                a_token_needs_a_user,
                sixteen_networks_of_a_token_are_remembered,
                the_count_of_rows_about_networks_goes_with_the_token,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            sessions {
                a_session_comes_back_as_written,
                a_session_ends_once_for_the_first_reason,
                all_sessions_but_one_end,
                ended_sessions_are_swept,
                a_replaced_session_works_on_for_a_moment_and_ends_with_its_chain,
                all_chains_but_one_end,
                a_session_that_rests_too_long_is_not_live,
                sessions_are_filtered_and_paged,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            grants {
                a_grant_comes_back_as_written,
                a_grant_is_found_by_its_user_code_while_nobody_has_decided,
                a_grant_goes_on_and_keeps_what_it_was_asked_for,
                two_codes_cannot_wait_at_once,
                open_requests_are_counted_in_all_and_around_an_address,
                what_a_user_approved_ends_with_their_sessions_and_goes_with_them,
                grants_are_swept,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            audit {
                rows_are_numbered_and_chained,
                rows_are_filtered_and_paged,
                an_undone_change_leaves_no_row_and_no_gap,
                a_log_without_rows_has_the_head_of_its_begin,
                a_log_is_sealed_anew_by_another_key,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            keys {
                keys_come_back_newest_first,
                only_one_key_is_active,
                a_key_changes_its_status,
                what_a_key_signed_ends_with_it_and_nothing_else,
                nothing_is_added_that_a_retired_key_has_signed,
                facts_are_replaced,
            }
        );
        $crate::store::contract::claims!(
            $fresh,
            login_attempts { failures_come_back_as_written, failures_are_replaced_removed_and_swept }
        );
        $crate::store::contract::claims!(
            $fresh,
            writes {
                a_refused_change_undoes_only_itself,
                a_panicking_change_undoes_only_itself,
                a_write_is_seen_by_the_next_read,
                a_change_sees_its_own_changes,
                a_read_sees_one_moment,
                a_panicking_read_harms_no_other,
                concurrent_inserts_of_one_address_give_one_user,
                concurrent_revocations_count_once,
            }
        );
    };
}
pub(crate) use every_store;

macro_rules! claims {
    ($fresh:path, $group:ident { $($claim:ident),+ $(,)? }) => {
        mod $group {
            $(
                #[test]
                fn $claim() {
                    $crate::store::contract::$group::$claim(&*$fresh().store);
                }
            )+
        }
    };
}
pub(crate) use claims;

/// Returns the instant `seconds` after an arbitrary start.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
}

/// Returns an active analyst whose address starts with `name`.
pub(crate) fn user(name: &str) -> User {
    User {
        id: UserId::random(),
        email: format!("{name}@example.org").parse().expect("an address"),
        name: name.parse().expect("a name"),
        role: Role::Analyst,
        is_owner: false,
        active: true,
        deactivated_at: None,
        deactivated_by: None,
        created_at: at(0),
        updated_at: at(0),
        last_login_at: None,
        must_change_password: false,
        username: None,
        created_by: None,
    }
}

/// Returns a fresh token of `user`.
pub(crate) fn token(user: &User, name: &str) -> Token {
    Token {
        id: TokenId::random(),
        user_id: user.id,
        name: name.parse().expect("a name"),
        created_at: at(1),
        expiry: Expiry::Never,
        last_used_at: None,
        last_used_ip: None,
        revoked_at: None,
        signed_by: KeyNumber::default(),
        renewable: false,
        created_via: CreatedVia::Session,
        replaced: None,
        chain: None,
    }
}

/// Returns a session of `user` that lives for a thousand seconds.
pub(crate) fn session(user: &User) -> Session {
    let id = SessionId::random();
    Session {
        id,
        user_id: user.id,
        family_id: id,
        previous_id: None,
        device: Device::new("laptop", Some("a word")),
        ip: Some(ip("2001:db8::1")),
        user_agent: "da/1".to_owned(),
        auth_provider: Session::LOCAL.to_owned(),
        created_at: at(0),
        last_active_at: at(0),
        idle_limit: None,
        token_expires_at: at(1000),
        expires_at: at(1000),
        revoked: None,
        signed_by: KeyNumber::default(),
    }
}

/// Reads an address.
pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Returns the hash of some text.
pub(crate) fn hash(text: &str) -> TokenHash {
    TokenHash::of(text)
}

/// Returns the key of the chain under test.
pub(crate) fn chain_key() -> ChainKey {
    ChainKey::new(&CHAIN_KEY)
}

/// Writes with `job`, which must succeed.
pub(crate) fn write<T: Send + 'static>(
    store: &dyn Store,
    job: impl FnOnce(&dyn Writer) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.write(job).expect("written")
}

/// Adds `user`.
pub(crate) fn add(store: &dyn Store, user: &User) {
    let user = user.clone();
    write(store, move |tx| tx.insert_user(&user));
}
