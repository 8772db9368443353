//! The settings of the territory.

use champollion_delivery::routes::Zone;
use champollion_service::{outbox::LocalTime, quality::Days};
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The settings of the territory: the section `[territory]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TerritorySettings {
    /// The time zone whose days are counted, and by whose clocks commands are scheduled and forms ask for moments.
    pub time_zone: Zone,
}

impl TerritorySettings {
    /// Returns the time zone of the territory.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        // The zone was found by its name when the settings were read.
        TimeZone::get(self.time_zone.name()).unwrap_or(TimeZone::UTC)
    }

    /// Returns the clocks of the territory, by which people are told moments.
    #[must_use]
    pub fn clocks(&self) -> LocalTime {
        LocalTime::new(self.zone())
    }

    /// Returns the days of the territory.
    #[must_use]
    pub fn days(&self) -> Days {
        Days::new(self.zone())
    }
}
