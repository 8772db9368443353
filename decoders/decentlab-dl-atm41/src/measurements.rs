//! Measurements: those of the values that have a place in the vocabulary.
//!
//! The wind towards the north and the east is the same wind as speed and direction. The compass and the two angles
//! tell how the station stands: its tilt is measured, x as channel 1 and y as channel 2.

use champollion_sdk::prelude::*;

use crate::weather::Weather;

pub(crate) fn measurements(weather: &Weather) -> Vec<Measurement> {
    let mut found = vec![
        quantity::SOLAR_IRRADIANCE.of(weather.solar_radiation),
        quantity::RAIN_DELTA.of(weather.precipitation),
        quantity::LIGHTNING_STRIKES.of(weather.lightning_strike_count),
    ];
    // Without a strike there is no distance: the station sends 0.
    if *weather.lightning_strike_count > 0 {
        found.push(quantity::LIGHTNING_DISTANCE.of(weather.lightning_average_distance));
    }
    found.extend([
        quantity::WIND_SPEED.of(weather.wind_speed),
        quantity::WIND_DIRECTION.of(weather.wind_direction),
        quantity::WIND_GUST.of(weather.maximum_wind_speed),
        quantity::AIR_TEMPERATURE.of(weather.air_temperature),
        quantity::AIR_VAPOUR_PRESSURE.of(weather.vapor_pressure),
        quantity::AIR_PRESSURE.of(weather.atmospheric_pressure.map(hectopascals)),
        quantity::AIR_HUMIDITY.of(weather.relative_humidity),
        quantity::DEVICE_TEMPERATURE.of(weather.sensor_temperature_internal),
        quantity::DEVICE_ORIENTATION.of(weather.x_orientation_angle).on(1),
        quantity::DEVICE_ORIENTATION.of(weather.y_orientation_angle).on(2),
    ]);
    found
}

/// The station counts hundredths of a kilopascal, which are tenths of a hectopascal.
fn hectopascals(kilopascals: f64) -> f64 {
    (kilopascals * 100.0).round() / 10.0
}
