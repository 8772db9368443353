//! Records, and the routes on which they leave.

use champollion_delivery::{dispatch::DispatchError, mailbox::DeliveryError, routes::RouteError};

use super::super::Problem;
use crate::api::secrets::without_values;
use crate::quotas::{Quota, QuotaExceeded};

impl From<DispatchError> for Problem {
    fn from(error: DispatchError) -> Self {
        let said = error.to_string();
        match error {
            DispatchError::Unknown(_) => Self::not_found("no-such-route", said),
            DispatchError::NoSuchRecord { .. } => Self::not_found("no-such-record", said),
            DispatchError::Route(RouteError::Damaged(_)) => Self::internal(&said),
            // A secret may stand in the wrong member.
            DispatchError::Route(_) => {
                Self::unprocessable("invalid-route", without_values("", &said))
            }
            DispatchError::TooMany { group, limit } => {
                let (quota, used, wanted) = (Quota::Routes, limit, 1);
                QuotaExceeded { group, quota, used, wanted, limit }.into()
            }
            DispatchError::WrongKind { .. } => Self::conflict("wrong-kind-of-route", said),
            DispatchError::Delivery(DeliveryError::Store(error)) => {
                tracing::error!(%error, "a route could not be changed or read");
                Self::unavailable("not-kept", format!("nothing was changed: {error}"))
            }
            DispatchError::Delivery(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::BeyondEnd { .. } => {
                Self::conflict("cursor-beyond-end", error.to_string())
            }
            DeliveryError::NotAudited { .. } => {
                tracing::error!(%error, "a change could not be audited");
                Self::unavailable("not-kept", error.to_string())
            }
            DeliveryError::NotFiltered { reason } => {
                tracing::warn!(reason, "records were not filtered");
                Self::unavailable("too-busy", "the records could not be looked at now: ask again")
            }
            error => Self::internal(&error),
        }
    }
}
