//! Signing a device or a program in without a password typed there (RFC 8628, RFC 8252, K-03, O-07).

use serde::{Deserialize, Serialize};

use super::{
    Access, Empty, Endpoint, Method,
    logins::{Done, LoginResponse},
    restrictions::Restrictions,
};
use crate::domain::{AskedLifetime, Secret, Timestamp, TokenId, secret::expose};

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $access:ident, $request:ty => $response:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::Post;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::$access;
            type Id = ();
            type Query = Empty;
            type Request = $request;
            type Response = $response;
        }
    )+};
}

endpoints! {
    /// `POST /auth/device`: a device asks to be let in (RFC 8628 section 3.1).
    Start = "/auth/device", Public, StartRequest => StartResponse;
    /// `POST /auth/device/token`: it asks whether somebody has approved (section 3.4).
    Poll = "/auth/device/token", Public, PollRequest => GrantResponse;
    /// `POST /auth/device/approve`: a person lets it in.
    Approve = "/auth/device/approve", Session, DecisionRequest => Done;
    /// `POST /auth/device/deny`: a person refuses it.
    Deny = "/auth/device/deny", Session, DecisionRequest => Done;
    /// `POST /auth/authorize/token`: a program exchanges the code that the browser brought (RFC 6749 section 4.1.3).
    Redeem = "/auth/authorize/token", Public, RedeemRequest => LoginResponse;
}

/// A device that asks to be let in.
#[derive(Debug, Serialize, Deserialize)]
pub struct StartRequest {
    /// What the client calls itself; shown to whoever decides.
    pub client_name: String,
    /// What it calls its device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// As at a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_fingerprint: Option<String>,
    /// `session`, one that can be continued, or `token`, a personal access token; a session if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<String>,
    /// The name of the token; without one that of the device, or of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// Of a token, as at its creation: 1 to 3650, or to the maximum that the server sets; null is never; absent is 90, or
    /// that maximum.
    #[serde(default, skip_serializing_if = "AskedLifetime::is_absent")]
    pub expires_in_days: AskedLifetime,
    /// Restrictions of a token.
    #[serde(flatten)]
    pub restrictions: Restrictions,
}

/// How the device goes on.
#[derive(Debug, Serialize, Deserialize)]
pub struct StartResponse {
    /// What the device asks with; secret.
    #[serde(serialize_with = "expose")]
    pub device_code: Secret,
    /// What a person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same address with the code in it.
    pub verification_uri_complete: String,
    /// Seconds until it is over.
    pub expires_in: u64,
    /// Seconds between two questions.
    pub interval: u64,
}

/// A device that asks whether somebody has approved.
#[derive(Debug, Serialize, Deserialize)]
pub struct PollRequest {
    /// As it was given.
    #[serde(serialize_with = "expose")]
    pub device_code: Secret,
}

/// What the device gets, once.
#[derive(Debug, Serialize, Deserialize)]
pub struct GrantResponse {
    /// The credential and whose it is, as at a sign-in; a token has nothing that continues it.
    #[serde(flatten)]
    pub login: LoginResponse,
    /// More of a token, if one was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<GrantedToken>,
}

/// A token that a device was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedToken {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// The first characters of its id.
    pub prefix: String,
    /// Its end; null is never.
    pub expires_at: Option<Timestamp>,
}

/// A person's decision.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecisionRequest {
    /// The code that the device shows, however it is typed.
    pub user_code: String,
}

/// A program that has been brought a code.
#[derive(Debug, Serialize, Deserialize)]
pub struct RedeemRequest {
    /// The code.
    #[serde(serialize_with = "expose")]
    pub code: Secret,
    /// What only the program that began knows (RFC 7636).
    #[serde(serialize_with = "expose")]
    pub code_verifier: Secret,
    /// The same as in the browser's address.
    pub redirect_uri: String,
}
