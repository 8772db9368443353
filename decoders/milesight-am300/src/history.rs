//! Stored values, whose form depends on the model.

use champollion_sdk::{
    Value as Setting,
    families::milesight::rows::{Row, Value},
    prelude::*,
};

use crate::telemetry::PIR;

/// The variable that says which gas an AM319 measures.
const GAS: &str = "gas";

/// Bytes of a stored value with its header.
const AM307_BYTES: usize = 18;
const AM319_BYTES: usize = 24;

const MOMENT: Value = Value::moment("timestamp");
const TEMPERATURE: Value = Value::signed("temperature", 2, 10).of(&quantity::AIR_TEMPERATURE);
const HUMIDITY: Value = Value::unsigned("humidity", 2, 2).of(&quantity::AIR_HUMIDITY);
const MOTION: Value = Value::word("pir", PIR).means(&quantity::OCCUPANCY_PRESENT, 1);
const LIGHT: Value = Value::unsigned("light_level", 1, 1);
const CO2: Value = Value::unsigned("co2", 2, 1).of(&quantity::AIR_CO2);
const TVOC_INDEX: Value = Value::unsigned("tvoc", 2, 100);
const INDEX: Value = Value::says("tvoc_unit", "iaq");
const TVOC_MASS: Value = Value::unsigned("tvoc", 2, 1).of(&quantity::AIR_TVOC_MASS);
const MASS: Value = Value::says("tvoc_unit", "µg/m³");
const PRESSURE: Value = Value::unsigned("pressure", 2, 10).of(&quantity::AIR_PRESSURE);
const PM2_5: Value = Value::unsigned("pm2_5", 2, 1).of(&quantity::AIR_PM2_5);
const PM10: Value = Value::unsigned("pm10", 2, 1).of(&quantity::AIR_PM10);
const FORMALDEHYDE: Value = Value::unsigned("hcho", 2, 100).of(&quantity::AIR_FORMALDEHYDE);
const OZONE: Value = Value::unsigned("o3", 2, 100).of(&quantity::AIR_OZONE);
const UNKNOWN_GAS: Value = Value::unsigned("hcho_or_o3", 2, 100);

/// The rows of a model: its stored values with an index of volatile compounds, and with their mass. Behind those that
/// all models have stands what the model has beside.
macro_rules! history {
    ($($beside:expr),*) => {
        &[
            Row::item([0x20, 0xCE], "history", &[
                MOMENT, TEMPERATURE, HUMIDITY, MOTION, LIGHT, CO2, TVOC_INDEX, INDEX, PRESSURE, $($beside),*
            ]),
            Row::item([0x21, 0xCE], "history", &[
                MOMENT, TEMPERATURE, HUMIDITY, MOTION, LIGHT, CO2, TVOC_MASS, MASS, PRESSURE, $($beside),*
            ]),
        ]
    };
}

const AM307: &[Row] = history!();
const AM319_HCHO: &[Row] = history!(PM2_5, PM10, FORMALDEHYDE);
const AM319_O3: &[Row] = history!(PM2_5, PM10, OZONE);
const AM319: &[Row] = history!(PM2_5, PM10, UNKNOWN_GAS);

/// The rows of the model that has sent a frame.
pub(crate) fn rows(uplink: &Uplink) -> Result<&'static [Row], Failure> {
    if !is_of_am319(&uplink.payload) {
        return Ok(AM307);
    }
    match uplink.settings().get(GAS) {
        None => Ok(AM319),
        Some(Setting::Text(gas)) if gas == "hcho" => Ok(AM319_HCHO),
        Some(Setting::Text(gas)) if gas == "o3" => Ok(AM319_O3),
        Some(other) => Err(Failure::missing_variable(format!(
            "the variable {GAS} is {other:?}; it must be hcho or o3"
        ))),
    }
}

/// Whether the stored values in a frame are those of an AM319: behind its 24 bytes the frame ends, or the next value
/// begins. Devices send stored values in frames of their own.
fn is_of_am319(payload: &[u8]) -> bool {
    let is_stored = |value: &[u8]| matches!(value, [0x20 | 0x21, 0xCE, ..]);
    let is_made_of =
        |bytes: usize| payload.len().is_multiple_of(bytes) && payload.chunks(bytes).all(is_stored);
    // Values of an AM307 that are cut short may have the length of one of an AM319, but their second header stands where
    // that has a dust of 52 mg/m³.
    let second = payload.get(AM307_BYTES..).is_some_and(is_stored);
    is_made_of(AM319_BYTES) && !is_made_of(AM307_BYTES) && !second
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_are_told_apart_by_their_size() {
        let stored = |bytes: usize, count: usize| {
            let mut value = vec![0; bytes];
            value[..2].copy_from_slice(&[0x20, 0xCE]);
            value.repeat(count)
        };
        for count in 1..=9 {
            assert!(!is_of_am319(&stored(AM307_BYTES, count)), "{count}");
            assert!(is_of_am319(&stored(AM319_BYTES, count)), "{count}");
        }
        assert!(!is_of_am319(&[0x01, 0x75, 0x64]));
        assert!(!is_of_am319(&stored(AM307_BYTES, 2)[..AM319_BYTES]), "cut short");
    }
}
