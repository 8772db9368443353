//! The values that a quantity can have, whatever measures it.
//!
//! Makers reserve values for a reading that failed (`FF` of a byte of per cent, `8000` of a temperature), and not every
//! document says so. What cannot be is told in `data` as it was sent, and is no measurement.

use crate::{Measurement, Value};

/// Degrees Celsius below which nothing is.
const ABSOLUTE_ZERO: f64 = -273.15;

/// Sensors of humidity read past 100 % in fog and dew, as far as this.
const SATURATED: f64 = 120.0;

/// The least and the greatest value of a quantity; none where a value can be anything.
fn bounds(quantity: &str) -> Option<(f64, f64)> {
    Some(match quantity {
        "battery.level" | "lamp.dimming" | "soil.moisture" => (0.0, 100.0),
        "air.humidity" => (0.0, SATURATED),
        "electricity.power.factor" => (-1.0, 1.0),
        "location.latitude" => (-90.0, 90.0),
        "location.longitude" => (-180.0, 180.0),
        "soil.ph" => (0.0, 14.0),
        "wind.direction" => (0.0, 360.0),
        "air.temperature"
        | "device.temperature"
        | "probe.temperature"
        | "sensor.temperature"
        | "soil.temperature"
        | "water.temperature"
        | "water.temperature.max"
        | "water.temperature.min" => (ABSOLUTE_ZERO, f64::MAX),
        _ => return None,
    })
}

/// Whether a measurement can be.
pub(crate) fn can_be(measurement: &Measurement) -> bool {
    let Value::Number(number) = measurement.value else { return true };
    bounds(&measurement.quantity)
        .is_none_or(|(least, greatest)| (least..=greatest).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity;

    #[test]
    fn what_cannot_be_is_known() {
        for (measurement, is_possible) in [
            (quantity::BATTERY_LEVEL.of(100.0), true),
            (quantity::BATTERY_LEVEL.of(127.5), false),
            (quantity::AIR_HUMIDITY.of(101.5), true),
            (quantity::AIR_HUMIDITY.of(127.5), false),
            (quantity::WATER_TEMPERATURE_MIN.of(-327.68), false),
            (quantity::PROBE_TEMPERATURE.of(850.0), true),
            (quantity::LOCATION_LATITUDE.of(90.1), false),
            (quantity::WATER_VOLUME.of(-1e9), true),
        ] {
            assert_eq!(can_be(&measurement), is_possible, "{measurement:?}");
        }
        assert!(can_be(&quantity::ALARM_TEMPERATURE.of(true)), "an alarm is no number");
    }

    #[test]
    fn every_quantity_of_these_units_has_bounds() {
        let vocabulary = include_str!("../wit/vocabulary.csv");
        for line in vocabulary.lines().skip(1) {
            let mut cells = line.split(',');
            let (quantity, unit) =
                (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            // A tilt is counted as makers like, and a bin may be more than full.
            let is_open = matches!(quantity, "device.orientation" | "waste.level");
            let is_bounded = matches!(unit, "Cel" | "%" | "deg" | "[pH]") && !is_open;
            assert!(
                !is_bounded || bounds(quantity).is_some(),
                "{quantity} in {unit} has no bounds"
            );
        }
    }
}
