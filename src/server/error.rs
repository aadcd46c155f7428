//! The one table from errors to answers (D-06).

use http::{HeaderValue, Response, StatusCode, header};

use crate::{
    api::{Detail, ErrorBody, ErrorCode, error::Fault},
    app::{
        AppError,
        error::{GrantRefusal, Rejection},
    },
    server::{
        edge::{Body, BodyError},
        web::failure::Told,
    },
    store::StoreError,
};

/// Why a request gets no answer of success.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The use case.
    #[error(transparent)]
    App(#[from] AppError),
    /// No such route, or an id that cannot be one: what is missing, and its code.
    #[error("{0}")]
    NotFound(&'static str, ErrorCode),
    /// Not with this method.
    #[error("Method Not Allowed")]
    MethodNotAllowed,
    /// A `Host` that is none.
    #[error("Unexpected server URL format")]
    InvalidHost,
    /// A `Host` that names another server.
    #[error(
        "This server does not answer to the host name of the request. Use its public URL; the operator can allow more \
         names with `--allow-host`"
    )]
    Misdirected,
    /// Two `Authorization` headers, or another thing that cannot be understood.
    #[error("{0}")]
    BadRequest(&'static str),
    /// A write by cookie from another origin (S-32).
    #[error("This request came from another site")]
    CrossOrigin,
    /// A form without the token of its page: forged, or left open until the browser forgot its cookies.
    #[error("This form is out of date, or cookies are off: load its page again")]
    StaleForm,
    /// A body that is not JSON by its own words.
    #[error("The body must be application/json")]
    NotJson,
    /// A query parameter that the operation does not declare.
    #[error("Unknown query parameter `{name}`{}", known_parameters(known))]
    UnknownParameter {
        /// Its name, cut.
        name: String,
        /// Those that the operation declares.
        known: &'static [&'static str],
    },
    /// A body that has not the shape that is asked for.
    #[error("the body has not the shape that is asked for")]
    Shape(Vec<Fault>),
    /// A body that could not be read whole.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The metrics, asked for from outside.
    #[error("Metrics are for the machine itself and private networks, asked directly")]
    InternalOnly,
    /// The server has no build for that system.
    #[error("{0}")]
    NoBuild(String),
    /// The work panicked: a defect.
    #[error("a request panicked")]
    Panicked,
}

/// What an error becomes.
struct Reply {
    status: StatusCode,
    code: ErrorCode,
    detail: Detail,
    retry_after: Option<u64>,
    close: bool,
}

impl Reply {
    fn new(status: StatusCode, code: ErrorCode, detail: impl ToString) -> Self {
        Self { status, code, detail: Detail::Text(detail.to_string()), retry_after: None, close: false }
    }

    fn retry(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    fn close(self) -> Self {
        Self { close: true, ..self }
    }
}

impl ServerError {
    /// Returns the answer; what a client must not see goes to the log under the request id.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let challenge = challenge(&self);
        let limit = match self {
            Self::App(AppError::TokenLimitReached { limit, .. }) => Some(limit),
            _ => None,
        };
        let is_of_grant = matches!(self, Self::App(AppError::Grant(_)));
        let mut reply = self.reply(request_id);
        reply.detail.redact();
        let error_description = is_of_grant.then(|| reply.detail.to_string());
        let body = ErrorBody {
            detail: reply.detail,
            code: Some(reply.code.as_str().to_owned()),
            request_id: Some(request_id.to_owned()),
            limit,
            error: is_of_grant.then(|| reply.code.as_str().to_owned()),
            error_description,
        };
        let told = Told(body.detail.to_string());
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        response.extensions_mut().insert(told);
        response.extensions_mut().insert(reply.code);
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = reply.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if reply.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn reply(self, request_id: &str) -> Reply {
        use ErrorCode as Code;
        use StatusCode as Status;
        match self {
            Self::App(error) => app_reply(error, request_id),
            Self::NotFound(text, code) => Reply::new(Status::NOT_FOUND, code, text),
            Self::MethodNotAllowed => Reply::new(Status::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, self),
            Self::InvalidHost => Reply::new(Status::BAD_REQUEST, Code::InvalidHost, self),
            Self::BadRequest(_) | Self::UnknownParameter { .. } => {
                Reply::new(Status::BAD_REQUEST, Code::BadRequest, self)
            }
            Self::Misdirected => Reply::new(Status::MISDIRECTED_REQUEST, Code::MisdirectedRequest, self),
            Self::CrossOrigin | Self::StaleForm => Reply::new(Status::FORBIDDEN, Code::CrossOrigin, self),
            Self::InternalOnly => Reply::new(Status::FORBIDDEN, Code::InternalOnly, self),
            Self::NotJson => Reply::new(Status::UNSUPPORTED_MEDIA_TYPE, Code::NotJson, self),
            Self::Shape(faults) => Reply {
                detail: Detail::Faults(faults),
                ..Reply::new(Status::UNPROCESSABLE_ENTITY, Code::InvalidBody, "")
            },
            Self::Body(BodyError::TooLarge) => {
                Reply::new(Status::PAYLOAD_TOO_LARGE, Code::BodyTooLarge, "The body must not exceed 64 KiB").close()
            }
            Self::Body(BodyError::Timeout) => {
                Reply::new(Status::REQUEST_TIMEOUT, Code::BodyTimeout, "The body did not arrive in time").close()
            }
            Self::Body(BodyError::Aborted(_)) => {
                Reply::new(Status::BAD_REQUEST, Code::BadRequest, "The body ended early").close()
            }
            Self::NoBuild(_) => Reply::new(Status::NOT_FOUND, Code::NoBuild, self),
            Self::Panicked => internal("a request panicked", request_id),
        }
    }
}

fn app_reply(error: AppError, request_id: &str) -> Reply {
    use ErrorCode as Code;
    use StatusCode as Status;
    let (status, code) = match &error {
        AppError::Rejected(rejection) => (Status::UNAUTHORIZED, rejection_code(*rejection)),
        AppError::InvalidLogin | AppError::ExternalAccount => (Status::UNAUTHORIZED, Code::InvalidLogin),
        AppError::LoginDeactivated => (Status::UNAUTHORIZED, Code::AccountDeactivated),
        AppError::SessionRequired | AppError::AdminSessionRequired => (Status::FORBIDDEN, Code::SessionRequired),
        AppError::HelperToken => (Status::FORBIDDEN, Code::InsufficientScope),
        AppError::PasswordChangeRequired => (Status::FORBIDDEN, Code::PasswordChangeRequired),
        AppError::RoleRequired(_) => (Status::FORBIDDEN, Code::RoleRequired),
        AppError::HostRequired => (Status::FORBIDDEN, Code::HostRequired),
        AppError::PersonRequired => (Status::FORBIDDEN, Code::PersonRequired),
        AppError::BootstrapClosed | AppError::WrongSetupCode => (Status::FORBIDDEN, Code::BootstrapClosed),
        AppError::TokenNotFound => (Status::NOT_FOUND, Code::TokenNotFound),
        AppError::SessionNotFound => (Status::NOT_FOUND, Code::SessionNotFound),
        AppError::UserNotFound => (Status::NOT_FOUND, Code::UserNotFound),
        AppError::KeyNotFound => (Status::NOT_FOUND, Code::KeyNotFound),
        AppError::KeyActive => (Status::CONFLICT, Code::KeyActive),
        AppError::UserCodeNotFound => (Status::NOT_FOUND, Code::UserCodeNotFound),
        AppError::Grant(refusal) => (Status::BAD_REQUEST, grant_code(*refusal)),
        AppError::InvalidName(_) => (Status::BAD_REQUEST, Code::InvalidName),
        AppError::RefusedLifetime(_) | AppError::TwoLifetimes => (Status::BAD_REQUEST, Code::InvalidLifetime),
        AppError::InvalidEmail(_) => (Status::BAD_REQUEST, Code::InvalidEmail),
        AppError::InvalidUsername(_) => (Status::BAD_REQUEST, Code::InvalidUsername),
        AppError::UnknownRole(_) => (Status::BAD_REQUEST, Code::UnknownRole),
        AppError::WeakPassword(_) => (Status::BAD_REQUEST, Code::WeakPassword),
        AppError::WrongPassword => (Status::BAD_REQUEST, Code::WrongPassword),
        AppError::InvalidResetToken => (Status::BAD_REQUEST, Code::InvalidResetToken),
        AppError::InvalidQuery(_) | AppError::NotForClients(_) | AppError::MetadataTooLarge => {
            (Status::BAD_REQUEST, Code::BadRequest)
        }
        AppError::TokenEnded(_) => (Status::CONFLICT, Code::TokenEnded),
        AppError::TokenLimitReached { .. } => (Status::CONFLICT, Code::TokenLimitReached),
        AppError::TokenRotated => (Status::CONFLICT, Code::TokenRotated),
        AppError::InvalidOverlap => (Status::BAD_REQUEST, Code::InvalidLifetime),
        AppError::UnsupportedRestriction(_) => (Status::BAD_REQUEST, Code::UnsupportedRestriction),
        AppError::EmailTaken => (Status::CONFLICT, Code::EmailTaken),
        AppError::UsernameTaken => (Status::CONFLICT, Code::UsernameTaken),
        AppError::Safeguard(safeguard) if safeguard.is_about_oneself() => (Status::CONFLICT, Code::Yourself),
        AppError::Safeguard(_) => (Status::CONFLICT, Code::LastAdmin),
        AppError::TooManyAttempts { after } => {
            let reply = Reply::new(Status::TOO_MANY_REQUESTS, Code::TooManyAttempts, &error);
            return reply.retry(after.as_secs());
        }
        AppError::Busy { after } => {
            return Reply::new(Status::SERVICE_UNAVAILABLE, Code::Busy, &error).retry(after.as_secs());
        }
        AppError::Store(error) => return store_reply(error, request_id),
        AppError::Internal(text) => return internal(text, request_id),
    };
    Reply::new(status, code, error)
}

/// Names the parameters that there are instead of an unknown one.
fn known_parameters(known: &[&str]) -> String {
    match known {
        [] => "; this operation has none".to_owned(),
        known => format!("; this operation has `{}`", known.join("`, `")),
    }
}

fn grant_code(refusal: GrantRefusal) -> ErrorCode {
    match refusal {
        GrantRefusal::Pending => ErrorCode::AuthorizationPending,
        GrantRefusal::SlowDown => ErrorCode::SlowDown,
        GrantRefusal::Denied => ErrorCode::AccessDenied,
        GrantRefusal::Expired => ErrorCode::ExpiredToken,
        GrantRefusal::Invalid => ErrorCode::InvalidGrant,
    }
}

fn rejection_code(rejection: Rejection) -> ErrorCode {
    match rejection {
        Rejection::Missing => ErrorCode::MissingCredential,
        Rejection::Invalid => ErrorCode::InvalidToken,
        Rejection::Expired => ErrorCode::TokenExpired,
        Rejection::Revoked => ErrorCode::TokenRevoked,
        Rejection::Unknown => ErrorCode::TokenUnknown,
        Rejection::Mismatch => ErrorCode::TokenMismatch,
        Rejection::Reused => ErrorCode::RefreshReused,
        Rejection::Deactivated => ErrorCode::AccountDeactivated,
        Rejection::UserUnknown => ErrorCode::AccountUnknown,
    }
}

/// The store's own words may name files: they go to the log (S-54).
fn store_reply(error: &StoreError, request_id: &str) -> Reply {
    match error {
        StoreError::Full(_) => {
            tracing::error!(request_id, %error, "a change was refused");
            let text = "The server's disk is full or read-only; nothing was changed";
            Reply::new(StatusCode::INSUFFICIENT_STORAGE, ErrorCode::StoreFull, text).retry(30)
        }
        StoreError::Unavailable(_) | StoreError::Unusable { .. } => {
            tracing::error!(request_id, %error, "the store does not answer");
            let text = "The server's store does not answer; try again";
            Reply::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::StoreUnavailable, text).retry(5)
        }
        StoreError::Missing => {
            let text = "cursor names a row that is not there, or no longer; begin again without one";
            Reply::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, text)
        }
        StoreError::Taken | StoreError::Corrupt(_) => internal(&error.to_string(), request_id),
    }
}

fn internal(text: &str, request_id: &str) -> Reply {
    tracing::error!(request_id, error = text, "a request failed");
    let text = "Internal server error; the server's log tells more under this request id";
    Reply::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, text)
}

/// The challenge of a 401 (RFC 6750 section 3, M-07): with an error when a token was sent, without one otherwise.
fn challenge(error: &ServerError) -> Option<&'static str> {
    match error {
        ServerError::App(AppError::Rejected(Rejection::Missing)) => Some("Bearer"),
        ServerError::App(AppError::Rejected(_)) => Some("Bearer error=\"invalid_token\""),
        ServerError::App(AppError::InvalidLogin | AppError::LoginDeactivated | AppError::ExternalAccount) => {
            Some("Bearer")
        }
        _ => None,
    }
}
