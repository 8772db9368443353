//! Messages of network servers, and the frames in them.

use axum::http::StatusCode;
use champollion_frames::{JoinRefusal, Refusal};
use champollion_lns::Unreadable;

use super::super::Problem;
use crate::{devices::NamelessError, ingest::IngestError, parked::ParkedError};

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        Self::bad_request(error.code(), error.to_string()).with("path", error.path())
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let refusal = match error {
            IngestError::Refused(refusal) => refusal,
            IngestError::JoinRefused(refusal) => return refusal.into(),
            IngestError::NotKept(reason) => {
                tracing::error!(reason, "a frame could not be kept");
                return Self::unavailable("not-kept", "the frame could not be kept: send it again");
            }
            IngestError::Full(full) => return full.into(),
            IngestError::Busy(not_done) => return not_done.into(),
            IngestError::Behind => return Self::unavailable("node-behind", error.to_string()),
            IngestError::Nameless(error) => {
                let detail = error.to_string();
                return match error {
                    NamelessError::Nobody { .. } => Self::not_found(error.code(), detail),
                    _ => Self::conflict(error.code(), detail),
                };
            }
            IngestError::Handover(error) => {
                return Self::unprocessable("impossible-session", error.to_string());
            }
        };
        let (code, detail) = (refusal.code(), refusal.to_string());
        match refusal {
            Refusal::Malformed(_) => Self::bad_request("malformed-frame", detail),
            Refusal::UnknownDevAddr { .. } | Refusal::UnknownDevEui { .. } => {
                Self::not_found(code, detail)
            }
            Refusal::MicMismatch { .. }
            | Refusal::AmbiguousMic { .. }
            | Refusal::KeysWithheld { .. }
            | Refusal::OtherDevice { .. }
            | Refusal::OtherFCnt { .. }
            | Refusal::UnknownAppSKey { .. }
            | Refusal::MicUnconfirmed { .. } => Self::unprocessable(code, detail),
            Refusal::OtherNetworkServer { .. } => Self::new(StatusCode::FORBIDDEN, code, detail),
            Refusal::InFlight { .. } => Self::unavailable(code, detail),
            Refusal::Duplicate { .. } | Refusal::Replay { .. } => Self::conflict(code, detail),
        }
    }
}

impl From<JoinRefusal> for Problem {
    fn from(refusal: JoinRefusal) -> Self {
        let (code, detail) = (refusal.code(), refusal.to_string());
        match refusal {
            JoinRefusal::Malformed(_) => Self::bad_request("malformed-frame", detail),
            JoinRefusal::UnknownDevEui { .. } => Self::not_found(code, detail),
            JoinRefusal::InFlight { .. } => Self::unavailable(code, detail),
            JoinRefusal::UsedDevNonce { .. }
            | JoinRefusal::UsedJoinNonce { .. }
            | JoinRefusal::Duplicate { .. } => Self::conflict(code, detail),
            JoinRefusal::OtherJoinEui { .. }
            | JoinRefusal::MicMismatch { .. }
            | JoinRefusal::NobodyAsked { .. }
            | JoinRefusal::Rejoin { .. } => Self::unprocessable(code, detail),
        }
    }
}

impl From<ParkedError> for Problem {
    fn from(error: ParkedError) -> Self {
        match error {
            ParkedError::Audit(error) => (*error).into(),
            ParkedError::Unknown(_) => Self::not_found("unknown-message", error.to_string()),
            error => Self::internal(&error),
        }
    }
}
