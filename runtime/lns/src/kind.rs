//! The kinds of network servers.

use std::fmt;

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in Kind::ALL {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(written, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<Kind>(&written).unwrap(), kind);
        }
    }
}
