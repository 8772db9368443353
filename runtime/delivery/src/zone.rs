//! Time zones in which partners read moments.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// A time zone of the tz database, by its name: `Europe/Paris`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// A text that names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}: it must be one of the tz database, such as Europe/Paris")]
pub struct UnknownZone(String);

impl Zone {
    /// Returns the name of the zone, as the tz database writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a moment in local time, with the offset that the zone has then.
    #[must_use]
    pub fn local(&self, moment: Timestamp) -> String {
        moment.display_with_offset(self.zone.to_offset(moment)).to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone(text.chars().take(80).collect());
        let zone = TimeZone::get(text).map_err(|_| unknown())?;
        let name = zone.iana_name().ok_or_else(unknown)?.to_owned();
        Ok(Self { name, zone })
    }
}

impl PartialSchema for Zone {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A time zone of the tz database."))
            .examples(["Europe/Paris"])
            .into()
    }
}

impl ToSchema for Zone {}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_offset_of_its_day() {
        let paris: Zone = "Europe/Paris".parse().unwrap();
        let local = |moment: &str| paris.local(moment.parse().unwrap());
        assert_eq!(local("2026-01-15T08:00:00Z"), "2026-01-15T09:00:00+01:00");
        assert_eq!(local("2026-07-15T08:00:00.5Z"), "2026-07-15T10:00:00.5+02:00");
        // The hour that comes twice is told apart by its offset.
        assert_eq!(local("2026-10-25T00:30:00Z"), "2026-10-25T02:30:00+02:00");
        assert_eq!(local("2026-10-25T01:30:00Z"), "2026-10-25T02:30:00+01:00");
        let utc: Zone = "UTC".parse().unwrap();
        assert_eq!(utc.local("2026-01-15T08:00:00Z".parse().unwrap()), "2026-01-15T08:00:00+00:00");
    }

    #[test]
    fn what_is_no_zone_is_refused_with_how_one_is_written() {
        for text in ["", "Paris", "Europe/Nowhere", "+01:00", "CET-1CEST", &"x".repeat(1_000)] {
            let refused = text.parse::<Zone>().unwrap_err().to_string();
            assert!(refused.contains("Europe/Paris") && refused.len() < 200, "{refused}");
        }
    }
}
