//! The settings of the figures.

use serde::Deserialize;

/// The settings of the figures: the section `[quality]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QualitySettings {
    /// The years that figures are kept.
    pub years: u16,
    /// The share of objects in service that is promised to be heard each day, in percent.
    pub daily_percent: u8,
    /// The share of objects in service that is promised to be heard within 14 days, in percent.
    pub fortnight_percent: u8,
}
