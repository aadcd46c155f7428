//! The documentation that is kept beside the code, one module per page.
//!
//! The architecture is the front page of this crate. [`decisions`] and [`threat_model`] explain why the program is as it
//! is, and [`requirements`] explains the other ids in comments. [`http_api`], [`verifying_tokens`] and [`operations`]
//! are for users: `da help TOPIC` and the manual pages of section 7 show the same text.

#[doc = include_str!("decisions.md")]
pub mod decisions {}

#[doc = include_str!("requirements.md")]
pub mod requirements {}

#[doc = include_str!("threat_model.md")]
pub mod threat_model {
    /// The page as Markdown.
    pub const TEXT: &str = include_str!("threat_model.md");
}

#[doc = include_str!("http_api.md")]
pub mod http_api {
    /// The page as Markdown.
    pub const TEXT: &str = include_str!("http_api.md");
}

#[doc = include_str!("verifying_tokens.md")]
pub mod verifying_tokens {
    /// The page as Markdown.
    pub const TEXT: &str = include_str!("verifying_tokens.md");
}

#[doc = include_str!("operations.md")]
pub mod operations {
    /// The page as Markdown.
    pub const TEXT: &str = include_str!("operations.md");
}
