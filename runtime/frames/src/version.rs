//! The versions of LoRaWAN that devices are made for.

use std::{fmt, str::FromStr};

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::hexadecimal::{deserialize_from_text, serialize_as_text};

/// The version of the LoRaWAN link layer that a device is made for.
///
/// On the air the versions 1.0.x do not differ. What differs is how a device counts: since 1.0.4 its
/// DevNonces only go up, and its frame counters survive a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the numbers of the specification")]
pub enum LorawanVersion {
    V1_0_2,
    V1_0_3,
    V1_0_4,
    V1_1,
}

/// A text that names no version that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no known version of LoRaWAN: 1.0.2, 1.0.3, 1.0.4 and 1.1 are")]
pub struct UnknownVersion(String);

impl LorawanVersion {
    const ALL: [Self; 4] = [Self::V1_0_2, Self::V1_0_3, Self::V1_0_4, Self::V1_1];

    /// As people write it: `1.0.3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0_2 => "1.0.2",
            Self::V1_0_3 => "1.0.3",
            Self::V1_0_4 => "1.0.4",
            Self::V1_1 => "1.1",
        }
    }

    /// Whether a device of this version keeps its counters for life: DevNonces go up by one with
    /// every join request, and the FCnt of a session is never set back.
    #[must_use]
    pub fn keeps_counters(self) -> bool {
        self >= Self::V1_0_4
    }
}

impl FromStr for LorawanVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            // The names of 1.1 and of its corrected edition.
            .or_else(|| ["1.1.0", "1.1.1"].contains(&text).then_some(Self::V1_1))
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

impl fmt::Display for LorawanVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl PartialSchema for LorawanVersion {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The version of LoRaWAN that a device is made for."))
            .enum_values(Some(Self::ALL.map(Self::as_str)))
            .into()
    }
}

impl ToSchema for LorawanVersion {}

serialize_as_text!(LorawanVersion);
deserialize_from_text!(LorawanVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_written() {
        for version in LorawanVersion::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!("1.1.0".parse(), Ok(LorawanVersion::V1_1));
        let error = "1.0".parse::<LorawanVersion>().unwrap_err().to_string();
        assert!(error.contains("\"1.0\"") && error.contains("1.0.3"), "{error}");
    }
}
