//! Devices, and commands to them.

use champollion_fleet::sheets::SheetError;
use champollion_service::schedules::WhenError;
use champollion_store::StoreError;

use super::super::Problem;
use crate::{
    devices::{DevicesError, HandoverError, NotAdmitted, PlaceError},
    downlinks::{CancelError, LedgerError, SendError},
    schedules::{SchedulesError, TargetError},
};

impl From<DevicesError> for Problem {
    fn from(error: DevicesError) -> Self {
        match error {
            DevicesError::NotAdmitted(refused) => refused.into(),
            DevicesError::Unknown(_) => Self::not_found("unknown-device", error.to_string()),
            DevicesError::DescriptionTooLarge { .. } => {
                Self::bad_request("description-too-large", error.to_string())
            }
            DevicesError::Handover(
                HandoverError::FixedKeys(_) | HandoverError::OtherAppSKey(_),
            ) => Self::conflict("other-session", error.to_string()),
            DevicesError::Handover(_) => Self::bad_request("impossible-session", error.to_string()),
            DevicesError::Audit(error) => (*error).into(),
            DevicesError::Store(StoreError::OtherDatabase { .. }) => {
                Self::conflict("other-database", error.to_string())
            }
            DevicesError::RightEnded => Self::forbidden(error.to_string()),
            DevicesError::Impossible(_) => {
                Self::bad_request("impossible-registration", error.to_string())
            }
            error => Self::internal(&error),
        }
    }
}

impl From<NotAdmitted> for Problem {
    fn from(refused: NotAdmitted) -> Self {
        match refused {
            NotAdmitted::Quota(exceeded) => exceeded.into(),
            NotAdmitted::Approval(refused) => refused.into(),
            NotAdmitted::Unowned(_) => Self::conflict("unowned-group", refused.to_string()),
        }
    }
}

impl From<SheetError> for Problem {
    fn from(error: SheetError) -> Self {
        Self::of_fault("unreadable-sheet", &error)
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Devices(error) => error.into(),
            error => Self::conflict("impossible-link", error.to_string()),
        }
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        let detail = error.to_string();
        match error {
            SendError::NoDecoder(_) => Self::unprocessable("no-decoder", detail),
            SendError::Decoder(error) | SendError::Audit(error) => (*error).into(),
            SendError::NotEncoded(error) => Self { detail, ..error.into() },
            SendError::NotDone(not_done) => not_done.into(),
            SendError::NowhereKnown(_) => Self::unprocessable("no-network-server", detail),
            SendError::NoDownlinks { .. } => Self::unprocessable("no-downlinks", detail),
            SendError::CommandTooLarge { .. } => Self::bad_request("command-too-large", detail),
            SendError::TwoExpiries
            | SendError::ExpiresInThePast(_)
            | SendError::ExpiresTooLate { .. } => Self::bad_request("invalid-expiry", detail),
            SendError::OtherRequest(_) => Self::unprocessable("other-request", detail),
            SendError::UnderWay => Self::conflict("request-under-way", detail),
            SendError::NobodyMeant(_) => Self::not_found("no-devices", detail),
            SendError::TooMany { .. } => Self::unprocessable("too-many-devices", detail),
            SendError::Quota(exceeded) => exceeded.into(),
            SendError::NotKept(reason) => {
                tracing::error!(reason, "a command could not be kept");
                Self::unavailable("not-kept", "the command could not be kept: send it again")
            }
        }
    }
}

impl From<TargetError> for Problem {
    fn from(error: TargetError) -> Self {
        Self::of_fault("invalid-schedule", &error)
    }
}

impl From<WhenError> for Problem {
    fn from(error: WhenError) -> Self {
        let problem = Self::of_fault("invalid-schedule", &error);
        let path = match &error {
            WhenError::Cron { .. } | WhenError::TooOften { .. } | WhenError::NoSuchDay(_) => {
                "when.cron"
            }
            WhenError::Zone(_) => "when.timeZone",
            WhenError::NoPlace => "when.place",
            WhenError::Offset(_) => "when.offsetMinutes",
            WhenError::TooManyExceptions(_) | WhenError::AllLeftOut => "when.exceptions",
            WhenError::NoSun => "when.sun",
            WhenError::Past(_) => "when.at",
            _ => "when",
        };
        problem.with("path", path)
    }
}

impl From<SchedulesError> for Problem {
    fn from(error: SchedulesError) -> Self {
        let detail = error.to_string();
        match error {
            SchedulesError::Unknown(_) => Self::not_found("unknown-schedule", detail),
            SchedulesError::TooMany { .. } => Self::conflict("too-many-schedules", detail),
            SchedulesError::Busy(_) => Self::conflict("schedule-under-way", detail),
            SchedulesError::Registry(error) => error.into(),
            SchedulesError::Table(error) => Self::internal(&error),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        let detail = error.to_string();
        match error {
            CancelError::Unknown(_) => Self::not_found("unknown-downlink", detail),
            CancelError::HandedOver(..) => Self::conflict("handed-over", detail),
            CancelError::MayBeHandedOver(..) | CancelError::BeingOffered(_) => {
                Self::conflict("may-be-handed-over", detail)
            }
            CancelError::AtItsEnd(state) => {
                Self::conflict("at-its-end", detail).with("state", state)
            }
            CancelError::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Audit(error) => (*error).into(),
            error => Self::internal(&error),
        }
    }
}
