//! Sign-in of people, and their links.

use axum::http::StatusCode;

use super::super::Problem;
use crate::{
    api::session_cookie::OtherOrigin,
    sign_in::{LinkError, SessionError, SignInError, TooManySignIns, openid::OpenidError},
};

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let detail = error.to_string();
        match error {
            SignInError::Failed => Self::new(StatusCode::UNAUTHORIZED, "sign-in-failed", detail),
            SignInError::CodeNeeded => Self::new(StatusCode::UNAUTHORIZED, "code-needed", detail),
            SignInError::SecondFactorNeeded => {
                Self::new(StatusCode::FORBIDDEN, "second-factor-needed", detail)
            }
            SignInError::Weak(_) => Self::bad_request("weak-password", detail),
            SignInError::Code(_) => Self::bad_request("wrong-code", detail),
            SignInError::NoSecondFactor => Self::conflict("no-second-factor", detail),
            SignInError::HasSecondFactor => Self::conflict("already-so", detail),
            SignInError::Mail(_) => Self::unavailable("mail-failed", detail),
            SignInError::Stopping => Self::unavailable("stopping", detail),
            SignInError::Session(error) => error.into(),
            SignInError::Link(error) => error.into(),
            SignInError::NotKept(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<OpenidError> for Problem {
    fn from(error: OpenidError) -> Self {
        let detail = error.to_string();
        match error {
            OpenidError::NotConfigured => Self::conflict("no-openid", detail),
            OpenidError::NotBegun => Self::bad_request("openid-not-begun", detail),
            OpenidError::Unreachable(_) => Self::unavailable("openid-unreachable", detail),
            OpenidError::Refused(_) => Self::new(StatusCode::FORBIDDEN, "openid-refused", detail),
            OpenidError::Untrusted(_) => {
                Self::new(StatusCode::FORBIDDEN, "openid-untrusted", detail)
            }
            OpenidError::NoAccount => Self::new(StatusCode::FORBIDDEN, "no-account", detail),
            OpenidError::SeveralAccounts(homes) => {
                Self::conflict("several-accounts", detail).with("homes", homes)
            }
            error @ OpenidError::Randomness(_) => Self::internal(&error),
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotKept(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unusable => Self::not_found("unusable-link", error.to_string()),
            LinkError::NotKept(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<OtherOrigin> for Problem {
    fn from(error: OtherOrigin) -> Self {
        Self::new(StatusCode::FORBIDDEN, "other-origin", error.to_string())
    }
}

impl From<TooManySignIns> for Problem {
    fn from(error: TooManySignIns) -> Self {
        let seconds = error.wait.as_secs_f64().ceil().max(1.0) as u32;
        let problem = Self::too_many_requests("too-many-sign-ins", error.to_string());
        Self { retry_after: Some(seconds), ..problem }
    }
}
