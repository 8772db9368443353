//! Reasons why a row of a sheet is not taken, beside the faults of its single cells.

use std::fmt::Display;

use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;

use super::{Sentence, Worded};

/// The reason why a row of a sheet is not taken, though each of its cells can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowFault {
    /// Neither the row nor the request names a group.
    #[error("a device has a group: name it in the column, or for all rows (--group)")]
    NoGroup,
    /// The sender may not register devices in the group.
    #[error("{0}")]
    OtherGroup(String),
    /// The device cannot be registered by the sender.
    #[error("{0} cannot be registered in your groups: ask the operator of the server")]
    Elsewhere(DevEui),
    /// The settings have no network server of the name.
    #[error("the settings have no [network-servers.{0}]")]
    UnknownNetworkServer(NetworkServerName),
    /// The keys are those of both ways of activation.
    #[error(
        "the row has root keys and keys of a session: say in the column activation which of them count, OTAA or ABP"
    )]
    TwoActivations,
    /// A new device has no keys.
    #[error(
        "the cell is empty, and a device that joins has an AppKey; where the network server has its keys, say \
         \"network server\" in the column activation"
    )]
    NoKeys,
    /// The AppKey is missing.
    #[error("the cell is empty, and a device that joins has an AppKey")]
    NoAppKey,
    /// The DevAddr is missing.
    #[error("the cell is empty, and a device that does not join has a DevAddr")]
    NoDevAddr,
    /// The AppSKey is missing.
    #[error("the cell is empty, and a device that does not join has an AppSKey")]
    NoAppSKey,
    /// A field is missing that the territory's sheet asks for.
    #[error("{0} is mandatory, and is missing")]
    Mandatory(&'static str),
    /// The row is refused by something that says it in its own words.
    #[error("{0}")]
    Other(String),
}

impl RowFault {
    /// The fault that an error tells in its own words.
    pub(crate) fn other(error: &impl Display) -> Self {
        Self::Other(error.to_string())
    }
}

impl Worded for RowFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::NoGroup => Sentence::new("row-no-group"),
            Self::OtherGroup(_) => Sentence::new("row-other-group"),
            Self::Elsewhere(dev_eui) => {
                Sentence::new("row-elsewhere").with("device", dev_eui.to_string())
            }
            Self::UnknownNetworkServer(name) => {
                Sentence::new("row-unknown-network-server").with("name", name.to_string())
            }
            Self::TwoActivations => Sentence::new("row-two-activations"),
            Self::NoKeys => Sentence::new("row-no-keys"),
            Self::NoAppKey => Sentence::new("row-no-app-key"),
            Self::NoDevAddr => Sentence::new("row-no-dev-addr"),
            Self::NoAppSKey => Sentence::new("row-no-app-s-key"),
            Self::Mandatory(field) => Sentence::new("row-mandatory").with("field", *field),
            Self::Other(_) => return None,
        })
    }
}
