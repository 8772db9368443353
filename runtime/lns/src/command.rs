//! Commands to devices, as far as network servers know of them: their urgency, and what is told of them
//! later.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The place of a command among several to the same network server.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Goes before all other commands.
    High,
    /// Goes as most commands do.
    #[default]
    Normal,
    /// Goes after all other commands.
    Low,
}

/// Feedback of a network server on a command that it has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    /// The command that the feedback is about.
    pub which: Which,
    /// The event that happened to the command.
    pub event: Event,
}

/// The way in which a network server names a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Which {
    /// By our own name of it.
    Own(Uuid),
    /// By its name of it.
    Reference(String),
}

/// An event that happened to a command at the network server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// The command waits at the network server.
    Queued,
    /// The command was transmitted.
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
