//! Tokens, and the groups that they reach.

use axum::http::StatusCode;

use super::super::Problem;
use crate::auth::{AuthError, GroupRefused, TokenError};

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::Missing => "token-missing",
            AuthError::NotBearer => "token-malformed",
            AuthError::Unknown => "token-unknown",
            AuthError::Expired(_) => "token-expired",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, error.to_string())
    }
}

impl From<GroupRefused> for Problem {
    fn from(refused: GroupRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            GroupRefused::Unnamed => Self::bad_request("group-missing", detail),
            GroupRefused::OfAnother(_) | GroupRefused::NoGroup => Self::forbidden(detail),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoSuchToken(_) => Self::not_found("unknown-token", error.to_string()),
            TokenError::NameTooLong { .. } => Self::bad_request("name-too-long", error.to_string()),
            TokenError::ExpiresInThePast(_) => {
                Self::bad_request("expires-in-the-past", error.to_string())
            }
            error => Self::internal(&error),
        }
    }
}
