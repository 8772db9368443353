//! Alerts and their rules.

use champollion_service::alerts::AlertsError;

use super::super::Problem;

impl From<AlertsError> for Problem {
    fn from(error: AlertsError) -> Self {
        let said = error.to_string();
        match error {
            AlertsError::UnknownRule(_) => Self::not_found("no-such-alert-rule", said),
            AlertsError::UnknownAlert(..) => Self::not_found("no-such-alert", said),
            AlertsError::TooManyRules(_) => Self::conflict("too-many-alert-rules", said),
            AlertsError::Acknowledged(_) => Self::conflict("already-acknowledged", said),
            error => {
                tracing::error!(%error, "alerts could not be changed or read");
                Self::unavailable("not-kept", format!("nothing was changed: {error}"))
            }
        }
    }
}
