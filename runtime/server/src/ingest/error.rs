//! Why something was not taken.

use champollion_delivery::mailbox::DeliveryError;
use champollion_frames::{JoinRefusal, Refusal};
use champollion_service::alerts::AlertsError;
use champollion_store::{StoreError, TableError};

use crate::{
    derived::DerivingError,
    devices::{DevicesError, HandoverError, NamelessError},
    storage::Full,
    workers::NotDone,
};

/// Why a frame was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// It is not what it says, or came before.
    #[error(transparent)]
    Refused(Refusal),
    /// It is no message by which a device joins, or came before.
    #[error(transparent)]
    JoinRefused(JoinRefusal),
    /// It names no device that is registered, or more than one.
    #[error(transparent)]
    Nameless(#[from] NamelessError),
    /// The key that came with it cannot be used.
    #[error(transparent)]
    Handover(HandoverError),
    /// It is genuine, and could not be kept: the network server should try again.
    #[error("the frame could not be kept: {0}")]
    NotKept(String),
    /// There is no room for its record: the network server should keep it and try again later.
    #[error("the frame was not taken: {0}")]
    Full(Full),
    /// It is genuine, and too many others are waiting for a decoder: the network server should try
    /// again a little later.
    #[error("the frame was not taken: {0}")]
    Busy(NotDone),
    /// Another node may know it: the network server should try again, best at another node.
    #[error("the frame was not taken: this node cannot read what other nodes have changed")]
    Behind,
}

impl IngestError {
    /// Whether the refusal may be over once it is known what other nodes have changed: another one may have registered
    /// the device, or begun its session.
    pub(super) fn may_be_of_news(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(
                refusal,
                Refusal::UnknownDevAddr { .. }
                    | Refusal::UnknownDevEui { .. }
                    | Refusal::MicMismatch { .. }
                    | Refusal::KeysWithheld { .. }
                    | Refusal::OtherDevice { .. }
                    | Refusal::OtherNetworkServer { .. }
            ),
            Self::JoinRefused(_) | Self::Nameless(NamelessError::Nobody { .. }) => true,
            _ => false,
        }
    }
}

macro_rules! not_kept {
    ($($error:ty),*) => {$(
        impl From<$error> for IngestError {
            fn from(error: $error) -> Self {
                Self::NotKept(error.to_string())
            }
        }
    )*};
}

not_kept!(TableError, DeliveryError, AlertsError);

impl From<StoreError> for IngestError {
    fn from(error: StoreError) -> Self {
        match error {
            // The disk of a database, of which the room is not known beforehand.
            StoreError::Full { .. } => {
                tracing::error!(%error, "there is no room for a frame");
                Self::Full(Full::KeepFreeBytes)
            }
            error => Self::NotKept(error.to_string()),
        }
    }
}

impl From<DerivingError> for IngestError {
    fn from(error: DerivingError) -> Self {
        match error {
            DerivingError::NotDone(busy @ NotDone::Busy { .. }) => Self::Busy(busy),
            error => Self::NotKept(error.to_string()),
        }
    }
}

impl From<DevicesError> for IngestError {
    fn from(error: DevicesError) -> Self {
        match error {
            DevicesError::Unknown(dev_eui) => Self::Refused(Refusal::UnknownDevEui { dev_eui }),
            DevicesError::Handover(error) => Self::Handover(error),
            DevicesError::Store(error) => error.into(),
            error => Self::NotKept(error.to_string()),
        }
    }
}
