//! What a long run must have met, so that an agreement means something.

use super::world::Outcomes;

/// Every answer to every kind of request that the rules know, but for those that all requests share.
const ANSWERS: &[(&str, &[&str])] = &[
    ("SignIn", &["200", "401 invalid_login", "401 account_deactivated"]),
    (
        "Refresh",
        &[
            "200",
            "401 invalid_token",
            "401 account_deactivated",
            "401 refresh_reused",
            "401 token_revoked",
            "401 token_expired",
        ],
    ),
    ("SignOut", &["200"]),
    (
        "WhoAmI",
        &[
            "200",
            "401 missing_credential",
            "401 account_unknown",
            "401 account_deactivated",
            "401 token_revoked",
            "401 token_expired",
        ],
    ),
    ("ChangePassword", &["204", "400 wrong_password", "400 weak_password", "403 session_required"]),
    ("Redeem", &["204", "400 invalid_reset_token", "400 weak_password"]),
    (
        "CreateToken",
        &["201", "400 invalid_name", "400 invalid_lifetime", "403 session_required", "403 password_change_required"],
    ),
    (
        "RotateToken",
        &[
            "201",
            "400 invalid_lifetime",
            "403 session_required",
            "404 token_not_found",
            "409 token_ended",
            "409 token_rotated",
        ],
    ),
    ("OwnSessions", &["200"]),
    ("EndSession", &["204", "404 session_not_found"]),
    ("EndSessions", &["204", "403 session_required"]),
    ("OwnTokens", &["200"]),
    ("ShowToken", &["200", "404 token_not_found"]),
    ("RevokeToken", &["204", "404 token_not_found"]),
    ("Users", &["200", "403 role_required"]),
    ("Sessions", &["200", "403 role_required"]),
    ("AdminEndSession", &["204", "403 role_required", "404 session_not_found"]),
    ("AdminEndSessions", &["200", "403 role_required", "404 user_not_found"]),
    ("ShowUser", &["200", "403 role_required", "404 user_not_found"]),
    (
        "AddUser",
        &[
            "201",
            "400 unknown_role",
            "400 weak_password",
            "403 role_required",
            "403 session_required",
            "409 email_taken",
        ],
    ),
    (
        "Change",
        &["200", "400 unknown_role", "403 role_required", "404 user_not_found", "409 last_admin", "409 yourself"],
    ),
    ("Activate", &["200", "403 role_required", "404 user_not_found"]),
    ("Deactivate", &["200", "403 role_required", "404 user_not_found", "409 yourself"]),
    ("Delete", &["204", "403 role_required", "404 user_not_found", "409 yourself"]),
    ("SetPassword", &["204", "400 weak_password", "403 role_required", "404 user_not_found"]),
    ("IssueReset", &["200", "403 role_required", "404 user_not_found"]),
    ("Tokens", &["200", "403 role_required"]),
    ("AdminRevoke", &["204", "403 role_required", "404 token_not_found"]),
];

/// Asserts that every answer came at least once, and shows how often.
pub(super) fn are_all_reached(outcomes: &Outcomes) {
    let requests: usize = outcomes.values().sum();
    eprintln!("{requests} requests: {outcomes:#?}");
    for (kind, answers) in ANSWERS {
        for answer in *answers {
            assert!(outcomes.contains_key(&format!("{kind} {answer}")), "{kind} was never answered with {answer}");
        }
    }
}
