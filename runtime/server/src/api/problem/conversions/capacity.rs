//! Passing conditions: a full disk, busy workers, too many followers.

use axum::http::StatusCode;

use super::super::{FULL_RETRY_AFTER_SECONDS, Problem};
use crate::{followers::TooManyFollowers, storage::Full, workers::NotDone};

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", full.to_string());
        Self { retry_after: Some(FULL_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Busy { .. } => Self::too_many_requests("busy", not_done.to_string()),
            NotDone::Panicked => Self::internal(&not_done),
        }
    }
}

impl From<TooManyFollowers> for Problem {
    fn from(error: TooManyFollowers) -> Self {
        Self::too_many_requests("too-many-followers", error.to_string())
    }
}
