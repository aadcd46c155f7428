//! A token at rest.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    client::ServerUrl,
    domain::{
        Secret, Timestamp,
        secret::{expose, expose_option},
    },
};

/// A token and whom it is for: the content of `token.json` and of a keyring entry.
///
/// The first three keys, in this order, are what tools of the original write and read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredCredential {
    /// The token.
    #[serde(serialize_with = "expose")]
    pub access_token: Secret,
    /// The account's login name when it was stored.
    #[serde(default)]
    pub email: String,
    /// The account's role when it was stored.
    #[serde(default)]
    pub role: String,
    /// The server that issued it; absent in a file of older tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerUrl>,
    /// When it ends, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What continues the session, once.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// When the session ends for good, if it can be continued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<Timestamp>,
}

impl StoredCredential {
    /// Returns the text that is stored: JSON, indented by two, without a newline at the end, as older tools write it.
    ///
    /// # Errors
    /// None that its fields can cause.
    pub fn to_json(&self) -> Result<Zeroizing<String>, serde_json::Error> {
        serde_json::to_string_pretty(self).map(Zeroizing::new)
    }

    /// Reads the stored text.
    ///
    /// # Errors
    /// The reason of the refusal, which holds no part of the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let stored: Self =
            serde_json::from_str(text).map_err(|error| format!("line {}, column {}", error.line(), error.column()))?;
        if stored.access_token.is_empty() { Err("it holds no token".to_owned()) } else { Ok(stored) }
    }
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stored_credential_is_read_as_it_was_written(token in "\\PC{1,40}", email in any::<String>(), role in any::<String>()) {
            let json = serde_json::json!({ "access_token": token, "email": email, "role": role }).to_string();
            let stored = StoredCredential::from_json(&json).expect("whole");
            let written = stored.to_json().expect("it can be written");
            let again = StoredCredential::from_json(&written).expect("what was written can be read");
            prop_assert!(again.access_token.matches(&token) && again.email == email && again.role == role);
        }

        #[test]
        fn a_damaged_file_is_refused_without_its_text(text in "[a-z]{12,20}", at in 0..40_usize) {
            let json = format!(r#"{{"access_token":"{text}","email":{at}}}"#);
            for damaged in [json.as_str(), &json[..at.min(json.len())], &text] {
                let reason = StoredCredential::from_json(damaged).map(drop).expect_err("damaged");
                prop_assert!(!reason.contains(&text));
            }
        }
    }
}
