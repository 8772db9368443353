//! The seventeen values of the weather, in the order in which they are sent.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The values of the weather under the maker's names.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Weather {
    pub(crate) solar_radiation: Spanned<f64>,
    pub(crate) precipitation: Spanned<f64>,
    pub(crate) lightning_strike_count: Spanned<i64>,
    pub(crate) lightning_average_distance: Spanned<f64>,
    pub(crate) wind_speed: Spanned<f64>,
    pub(crate) wind_direction: Spanned<f64>,
    pub(crate) maximum_wind_speed: Spanned<f64>,
    pub(crate) air_temperature: Spanned<f64>,
    pub(crate) vapor_pressure: Spanned<f64>,
    pub(crate) atmospheric_pressure: Spanned<f64>,
    pub(crate) relative_humidity: Spanned<f64>,
    pub(crate) sensor_temperature_internal: Spanned<f64>,
    pub(crate) x_orientation_angle: Spanned<f64>,
    pub(crate) y_orientation_angle: Spanned<f64>,
    pub(crate) compass_heading: Spanned<f64>,
    pub(crate) north_wind_speed: Spanned<f64>,
    pub(crate) east_wind_speed: Spanned<f64>,
}

impl Weather {
    /// Reads the values to their end.
    pub(crate) fn read(words: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut word = || words.decentlab_signed();
        let solar_radiation = word()?.divided_by(1.0);
        let precipitation = word()?.divided_by(1_000.0);
        let lightning_strike_count = word()?.map(i64::from);
        let mut parts = |parts: f64| word().map(|word| word.divided_by(parts));
        Ok(Self {
            solar_radiation,
            precipitation,
            lightning_strike_count,
            lightning_average_distance: parts(1.0)?,
            wind_speed: parts(100.0)?,
            wind_direction: parts(10.0)?,
            maximum_wind_speed: parts(100.0)?,
            air_temperature: parts(10.0)?,
            vapor_pressure: parts(100.0)?,
            atmospheric_pressure: parts(100.0)?,
            relative_humidity: parts(10.0)?,
            sensor_temperature_internal: parts(10.0)?,
            x_orientation_angle: parts(10.0)?,
            y_orientation_angle: parts(10.0)?,
            compass_heading: parts(1.0)?,
            north_wind_speed: parts(100.0)?,
            east_wind_speed: parts(100.0)?,
        })
    }
}
