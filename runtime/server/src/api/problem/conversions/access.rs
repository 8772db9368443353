//! Tokens, and the groups that they reach.

use axum::http::StatusCode;

use super::super::{Problem, WRONG_TOKENS_RETRY_AFTER_SECONDS};
use crate::auth::{AuthError, GroupRefused, TokenError, TooManyWrongTokens, TooOften};

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::Missing => "token-missing",
            AuthError::NotBearer => "token-malformed",
            AuthError::Unknown => "token-unknown",
            AuthError::Behind => return Self::unavailable("node-behind", error.to_string()),
            AuthError::Expired(_) => "token-expired",
            AuthError::SessionEnded => "session-ended",
            AuthError::Suspended => "person-suspended",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, error.to_string())
    }
}

impl From<TooManyWrongTokens> for Problem {
    fn from(error: TooManyWrongTokens) -> Self {
        let problem = Self::too_many_requests("too-many-wrong-tokens", error.to_string());
        Self { retry_after: Some(WRONG_TOKENS_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<TooOften> for Problem {
    fn from(error: TooOften) -> Self {
        let seconds = error.wait.as_secs_f64().ceil().max(1.0) as u32;
        let problem = Self::too_many_requests("too-many-requests", error.to_string());
        Self { retry_after: Some(seconds), ..problem }
    }
}

impl From<GroupRefused> for Problem {
    fn from(refused: GroupRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            GroupRefused::Unnamed | GroupRefused::Several => {
                Self::bad_request("group-missing", detail)
            }
            GroupRefused::OfAnother(_)
            | GroupRefused::NoGroup
            | GroupRefused::PartOnly
            | GroupRefused::OtherPlace(_)
            | GroupRefused::OtherPart(_) => Self::forbidden(detail),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Quota(exceeded) => exceeded.into(),
            TokenError::Audit(error) => (*error).into(),
            TokenError::NoSuchToken(_) => Self::not_found("unknown-token", error.to_string()),
            TokenError::LastAdmin(_) => Self::conflict("last-admin", error.to_string()),
            TokenError::TooMany { .. } => Self::conflict("too-many-tokens", error.to_string()),
            TokenError::NoScopes | TokenError::ScopeOfAnother { .. } => {
                Self::bad_request("invalid-scopes", error.to_string())
            }
            TokenError::UnseenName => Self::bad_request("invalid-name", error.to_string()),
            TokenError::NameTooLong { .. } => Self::bad_request("name-too-long", error.to_string()),
            TokenError::ExpiresInThePast(_) => {
                Self::bad_request("expires-in-the-past", error.to_string())
            }
            error => Self::internal(&error),
        }
    }
}
