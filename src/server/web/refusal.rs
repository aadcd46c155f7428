//! What a page itself tells of a refusal, so that the form is at hand for the next try.

use http::{Response, header};

use crate::{
    app::AppError,
    server::{call::Call, edge::Body, error::ServerError},
};

/// A refusal in words, with the status and the headers that the JSON API gives it.
pub(super) struct Refusal {
    /// The words.
    pub(super) words: String,
    answer: Response<Body>,
}

impl Refusal {
    /// Takes an error that a person can do something about on the same page; any other becomes a page of its own.
    pub(super) fn of(call: &Call, error: impl Into<ServerError>) -> Result<Self, ServerError> {
        let error = error.into();
        if !is_for_the_form(&error) {
            return Err(error);
        }
        let words = match error {
            // The API's words name the command to use; here is the form.
            ServerError::App(AppError::WrongSetupCode) => "This is not the setup code".to_owned(),
            _ => error.to_string(),
        };
        let request_id = call.origin.request_id.as_deref().unwrap_or_default();
        Ok(Self { words, answer: error.into_response(request_id) })
    }

    /// Gives the finished page the status and the headers of the refusal.
    pub(super) fn attach(self, page: &mut Response<Body>) {
        let (mut parts, _) = self.answer.into_parts();
        parts.headers.remove(header::CONTENT_TYPE);
        *page.status_mut() = parts.status;
        page.headers_mut().extend(parts.headers);
    }
}

fn is_for_the_form(error: &ServerError) -> bool {
    matches!(
        error,
        ServerError::App(
            AppError::InvalidLogin
                | AppError::LoginDeactivated
                | AppError::ExternalAccount
                | AppError::InvalidName(_)
                | AppError::RefusedLifetime(_)
                | AppError::InvalidEmail(_)
                | AppError::InvalidUsername(_)
                | AppError::UnknownRole(_)
                | AppError::WeakPassword(_)
                | AppError::WrongPassword
                | AppError::WrongSetupCode
                | AppError::EmailTaken
                | AppError::UsernameTaken
                | AppError::Safeguard(_)
                | AppError::TokenNotFound
                | AppError::TokenLimitReached { .. }
                | AppError::UserNotFound
                | AppError::UserCodeNotFound
                | AppError::InvalidQuery(_)
                | AppError::TooManyAttempts { .. }
                | AppError::Busy { .. }
        )
    )
}
