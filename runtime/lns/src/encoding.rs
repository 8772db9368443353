//! The encoding of messages.

use serde::{Deserialize, Serialize};

/// The encoding of a message: as a network server writes, so it wants to be written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The text of JSON, as people read it.
    #[default]
    Json,
    /// The bytes of protobuf, as programs read them.
    Protobuf,
}
