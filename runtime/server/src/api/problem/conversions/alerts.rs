//! Alerts and their rules.

use champollion_service::alerts::AlertsError;

use super::super::Problem;
use crate::quotas::{Quota, QuotaExceeded};

impl From<AlertsError> for Problem {
    fn from(error: AlertsError) -> Self {
        let said = error.to_string();
        match error {
            AlertsError::UnknownRule(_) => Self::not_found("no-such-alert-rule", said),
            AlertsError::UnknownAlert(..) => Self::not_found("no-such-alert", said),
            AlertsError::TooManyWatching(_) => Self::conflict("too-many-alert-rules", said),
            AlertsError::TooManyRules { group, used, limit } => {
                let quota = Quota::AlertRules;
                QuotaExceeded { group, quota, used, wanted: 1, limit }.into()
            }
            AlertsError::Acknowledged(_) => Self::conflict("already-acknowledged", said),
            error => {
                tracing::error!(%error, "alerts could not be changed or read");
                Self::unavailable("not-kept", format!("nothing was changed: {error}"))
            }
        }
    }
}
