//! The kinds of what keeps a command from being taken.

use serde::{Deserialize, Serialize};

/// The kind of what kept a command from being taken, or from being known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommandFailure {
    /// The network server will not take it.
    Refused,
    /// The network server did not take it, and it is offered again.
    NotTaken,
    /// It cannot be offered before the device is heard.
    Unheard,
    /// The network server, or its broker, cannot be reached.
    Unreachable,
    /// The network server takes no commands for a while.
    Busy,
    /// The network server did not answer, and may have it.
    Unanswered,
    /// The broker of the network server has it, and nothing was told of it.
    Untold,
    /// Nothing was told of it though the device was heard, and it is not offered again.
    NotOfferedAgain,
    /// Its time is over, and nothing was told of whether it was sent.
    NeverTold,
    /// The device is registered in its group no more.
    DeviceGone,
    /// The network server has told that it failed.
    Failed,
}
