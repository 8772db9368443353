//! Capacity: a full disk, busy workers, quotas, and requests that cost too much.

use axum::http::StatusCode;
use champollion_registry::ledger::AuditFull;

use super::super::{FULL_RETRY_AFTER_SECONDS, Problem};
use crate::{
    at_once::TooManyAtOnce,
    expensive::TooExpensive,
    handshakes::TooManyHandshakes,
    quotas::{Quota, QuotaExceeded},
    storage::Full,
    workers::NotDone,
};

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", full.to_string());
        Self { retry_after: Some(FULL_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<TooManyHandshakes> for Problem {
    fn from(error: TooManyHandshakes) -> Self {
        Self::too_many_requests("busy", error.to_string())
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

impl Problem {
    /// The group has tried or changed its routes so often that it has to wait for some seconds.
    pub fn beyond_pace(exceeded: &QuotaExceeded, seconds: u64) -> Self {
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).max(1);
        let problem = Self::too_many_requests("quota-exceeded", exceeded.to_string());
        Self { retry_after: Some(seconds), ..problem }.of_quota(exceeded)
    }

    /// The same with the quota that is used up, for programs.
    fn of_quota(self, exceeded: &QuotaExceeded) -> Self {
        let QuotaExceeded { group, quota, used, limit, .. } = exceeded;
        let setting = format!("[quotas.groups.{group}] {}", quota.as_str());
        self.worded(exceeded)
            .with("quota", quota.as_str())
            .with("group", group)
            .with("used", used)
            .with("limit", limit)
            .with("setting", setting)
    }
}

impl From<AuditFull> for Problem {
    fn from(full: AuditFull) -> Self {
        let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "audit-full", full.to_string());
        Self { retry_after: Some(FULL_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<QuotaExceeded> for Problem {
    fn from(exceeded: QuotaExceeded) -> Self {
        let detail = exceeded.to_string();
        let problem = match exceeded.quota {
            Quota::OpenStreams | Quota::OpenStreamsOfToken => {
                Self::too_many_requests("too-many-followers", detail)
            }
            Quota::Routes => Self::conflict("too-many-routes", detail),
            Quota::AlertRules => Self::conflict("too-many-alert-rules", detail),
            Quota::Tokens | Quota::Devices => Self::conflict("quota-exceeded", detail),
            Quota::WaitingCommands
            | Quota::OpenCommands
            | Quota::OpenAnswers
            | Quota::OpenAnswersOfToken
            | Quota::RouteTestsPerMinute
            | Quota::RouteChangesPerMinute => Self::too_many_requests("quota-exceeded", detail),
        };
        problem.of_quota(&exceeded)
    }
}

impl From<TooManyAtOnce> for Problem {
    fn from(error: TooManyAtOnce) -> Self {
        Self::too_many_requests("too-many-at-once", error.to_string())
    }
}

impl From<TooExpensive> for Problem {
    fn from(error: TooExpensive) -> Self {
        let detail = error.to_string();
        match error {
            TooExpensive::OfToken { .. } | TooExpensive::OfGroup { .. } => {
                Self::too_many_requests("too-many-expensive-requests", detail)
            }
            TooExpensive::All { .. } => Self::unavailable("too-busy", detail),
            TooExpensive::TookTooLong { .. } => Self::unavailable("took-too-long", detail),
            TooExpensive::NotDone(not_done) => not_done.into(),
        }
    }
}
