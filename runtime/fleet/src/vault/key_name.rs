//! The names of master keys, by which a key that is missing is asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a master key, which follows from the key and tells nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyName(pub(super) String);

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
