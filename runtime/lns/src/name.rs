//! The names of network servers.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest name of a network server in bytes: it stands in every record.
const NAME_BYTES: usize = 64;

/// The name of a network server in the settings: lower-case letters, digits, `-`, `_` and `.`.
// Copies of a name share its text, and a name is one pointer wide: there are few, and each device may have one.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[schema(value_type = String, pattern = "^[a-z0-9._-]{1,64}$")]
#[serde(try_from = "String", into = "String")]
pub struct NetworkServerName(Arc<String>);

/// A text that is no name of a network server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no name of a network server: it has 1 to {NAME_BYTES} lower-case letters, digits, `-`, `_` and `.`"
)]
pub struct NetworkServerNameError(String);

impl NetworkServerName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NetworkServerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for NetworkServerName {
    type Err = NetworkServerNameError;

    fn from_str(text: &str) -> Result<Self, NetworkServerNameError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for NetworkServerName {
    type Error = NetworkServerNameError;

    fn try_from(text: String) -> Result<Self, NetworkServerNameError> {
        let is_allowed = |byte: u8| {
            matches!(byte, b'-' | b'_' | b'.') || byte.is_ascii_lowercase() || byte.is_ascii_digit()
        };
        if (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(Arc::new(text)))
        } else {
            Err(NetworkServerNameError(text))
        }
    }
}

impl From<NetworkServerName> for String {
    fn from(name: NetworkServerName) -> Self {
        Arc::unwrap_or_clone(name.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["city", "lns-2.example_a", &"x".repeat(NAME_BYTES)] {
            assert_eq!(name.parse::<NetworkServerName>().unwrap().as_str(), name);
        }
        for name in ["", "City", "a b", "ä", &"x".repeat(NAME_BYTES + 1)] {
            let error = name.parse::<NetworkServerName>().unwrap_err();
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        }
    }
}
