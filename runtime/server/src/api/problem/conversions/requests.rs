//! Requests of partners, for approvals and for decoders, and approvals.

use champollion_fleet::requests::{ApprovalRefused, RequestError};
use champollion_registry::requests::RequestFault;

use super::super::Problem;

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let detail = error.to_string();
        match error {
            RequestError::Unknown(_) => Self::not_found("unknown-request", detail),
            RequestError::Declaration(fault) => Self::of_fault("invalid-declaration", &fault),
            RequestError::Name(_) => Self::bad_request("invalid-name", detail),
            RequestError::TooMany { .. } => Self::too_many_requests("too-many-waiting", detail),
            RequestError::TooLarge { .. } => Self::bad_request("request-too-large", detail),
            RequestError::Decided(_) => Self::conflict("request-decided", detail),
            RequestError::UnknownCheck { .. } => Self::not_found("unknown-check", detail),
            RequestError::ChecksLeft(_) => Self::conflict("checks-left", detail),
            RequestError::AsksAlready(id) => {
                Self::conflict("asks-already", detail).with("request", id)
            }
            RequestError::OtherMatter(_) | RequestError::TooFew { .. } => {
                Self::bad_request("invalid-decision", detail)
            }
            error => Self::internal(&error),
        }
    }
}

impl From<RequestFault> for Problem {
    fn from(fault: RequestFault) -> Self {
        let detail = fault.to_string();
        match fault {
            RequestFault::Unknown(_) => Self::not_found("unknown-request", detail),
            RequestFault::Wish(fault) => {
                Self::of_fault("invalid-wish", &fault).with("path", fault.path())
            }
            RequestFault::TooMany { .. } => Self::too_many_requests("too-many-waiting", detail),
            RequestFault::TooLarge { .. } => Self::bad_request("request-too-large", detail),
            RequestFault::NotNow { state, .. } => {
                Self::conflict("not-now", detail).with("state", state)
            }
            RequestFault::ChangedMeanwhile => Self::conflict("not-now", detail),
            RequestFault::NoOrderNumber => Self::bad_request("order-number-missing", detail),
            RequestFault::SponsorMissing { .. } => Self::conflict("sponsor-missing", detail),
            RequestFault::NoCandidate { .. } => Self::conflict("no-candidate", detail),
            RequestFault::VectorsMissing { names, .. } => {
                Self::conflict("vectors-missing", detail).with("payloads", names)
            }
            RequestFault::PayloadsDiffer { faults, .. } => {
                Self::conflict("payloads-differ", detail).with("faults", faults)
            }
            fault => Self::internal(&fault),
        }
    }
}

impl From<ApprovalRefused> for Problem {
    fn from(refused: ApprovalRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            ApprovalRefused::Beyond { partner, used, limit, .. } => {
                let problem = Self::conflict("beyond-approval", detail);
                problem.with("partner", partner).with("used", used).with("limit", limit)
            }
            _ => Self::conflict("approval-not-in-force", detail),
        }
    }
}
