//! Commands to devices, as far as network servers know of them: their urgency, and what is told of them
//! later.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which of several commands to the same network server goes first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before all others.
    High,
    /// As most are.
    #[default]
    Normal,
    /// After all others.
    Low,
}

/// What a network server tells of a command later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Which command.
    pub which: Which,
    /// What happened to it.
    pub event: Event,
}

/// How a network server says which command it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By our own name of it.
    Own(Uuid),
    /// By its name of it.
    Reference(String),
}

/// What happened to a command at the network server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It waits there.
    Queued,
    /// It was transmitted.
    Sent,
    /// The device has acknowledged it.
    Acknowledged,
    /// It was not transmitted, or the device has not acknowledged it.
    Failed(String),
    /// The network server gave it up, since its time was over.
    Expired,
}

/// Whether a name of a command can be one that was given here: of the other kinds of UUIDs those of
/// network servers are.
#[must_use]
pub(crate) fn is_own_name(id: Uuid) -> bool {
    id.get_version_num() == 7
}
