//! The settings of the figures.

use champollion_delivery::routes::Zone;
use champollion_service::quality::Days;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The settings of the figures: the section `[quality]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QualitySettings {
    /// The time zone of the territory, whose days are counted.
    pub time_zone: Zone,
    /// The years that figures are kept.
    pub years: u16,
    /// The share of objects in service that is promised to be heard each day, in percent.
    pub daily_percent: u8,
    /// The share of objects in service that is promised to be heard within 14 days, in percent.
    pub fortnight_percent: u8,
}

impl QualitySettings {
    /// Returns the days of the territory.
    #[must_use]
    pub fn days(&self) -> Days {
        // The zone was found by its name when the settings were read.
        Days::new(TimeZone::get(self.time_zone.name()).unwrap_or(TimeZone::UTC))
    }
}
