//! Which network servers there are.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::outgoing::DownlinkSettings;
use crate::mqtt::MqttSettings;

/// Longest name of a network server in bytes: it stands in every record.
const NAME_BYTES: usize = 64;

/// The network servers of the settings, by their names.
pub type NetworkServers = BTreeMap<NetworkServerName, NetworkServer>;

/// The name of a network server in the settings: lower-case letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NetworkServerName(String);

/// What is wrong with a text that should name a network server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no name of a network server: it has 1 to {NAME_BYTES} lower-case letters, digits, `-`, `_` and `.`"
)]
pub struct NetworkServerNameError(String);

/// A network server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkServer {
    /// Which program it is, and so how its messages read.
    pub kind: Kind,
    /// Its broker, where it has one.
    pub mqtt: Option<MqttSettings>,
    /// How it is handed commands, where it is.
    pub downlink: Option<DownlinkSettings>,
}

/// Which program a network server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// ChirpStack 4.
    Chirpstack,
    /// The Things Stack 3.
    Tts,
    /// Actility ThingPark.
    Actility,
    /// Any that speaks the LoRaWAN Backend Interfaces (TS002).
    Ts002,
    /// Kerlink Wanesy Management Center.
    Kerlink,
    /// Loriot.
    Loriot,
    /// AWS IoT Core for LoRaWAN.
    Aws,
    /// One that hands frames over in our own format.
    Phy,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Chirpstack,
        Self::Tts,
        Self::Actility,
        Self::Ts002,
        Self::Kerlink,
        Self::Loriot,
        Self::Aws,
        Self::Phy,
    ];

    /// The word in the settings and in the paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chirpstack => "chirpstack",
            Self::Tts => "tts",
            Self::Actility => "actility",
            Self::Ts002 => "ts002",
            Self::Kerlink => "kerlink",
            Self::Loriot => "loriot",
            Self::Aws => "aws",
            Self::Phy => "phy",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn product(self) -> &'static str {
        match self {
            Self::Chirpstack => "ChirpStack",
            Self::Tts => "The Things Stack",
            Self::Actility => "Actility ThingPark",
            Self::Ts002 => "the LoRaWAN Backend Interfaces (TS002)",
            Self::Kerlink => "Kerlink Wanesy Management Center",
            Self::Loriot => "Loriot",
            Self::Aws => "AWS IoT Core for LoRaWAN",
            Self::Phy => "Champollion",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

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
            Ok(Self(text))
        } else {
            Err(NetworkServerNameError(text))
        }
    }
}

impl From<NetworkServerName> for String {
    fn from(name: NetworkServerName) -> Self {
        name.0
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

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in Kind::ALL {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(written, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<Kind>(&written).unwrap(), kind);
        }
    }
}
