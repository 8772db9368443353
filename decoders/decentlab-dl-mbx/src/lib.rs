//! Decoder of the Decentlab DL-MBX, which measures a distance by ultrasound: levels of rivers, tanks and snow.
//!
//! # Sources
//!
//! The maker's public decoders, which it publishes for each model in eleven languages and which agree with each other.
//! The README of this folder tells what was compared.

use champollion_sdk::{families::decentlab, prelude::*};
use serde::Serialize;

/// Words of the distance, and of the battery.
const WORDS: [usize; 2] = [2, 1];

/// Millimetres of a metre: the sensor measures no finer.
const MILLIMETRES: f64 = 1_000.0;

/// The variable that says how high the sensor hangs above the gauge's zero, in metres.
const HEIGHT: &str = "sensor-height";

/// The decoder of the DL-MBX.
#[derive(Debug)]
pub struct DlMbx;

/// A telegram; it serializes as the `data` of a reading.
#[derive(Debug, Serialize)]
struct Telegram {
    #[serde(flatten)]
    header: decentlab::Header,
    #[serde(flatten)]
    distance: Option<Distance>,
    /// Metres of the water above the gauge's zero, where the operator has set the height of the sensor.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery_voltage: Option<Spanned<f64>>,
}

/// A distance as the median of several samples.
#[derive(Clone, Copy, Debug, Serialize)]
struct Distance {
    /// Millimetres to what reflects the sound.
    distance: Spanned<u16>,
    /// Samples that had an echo; with none of them the distance means nothing.
    number_of_valid_samples: Spanned<u16>,
}

impl Distance {
    fn read(words: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { distance: words.u16_be()?, number_of_valid_samples: words.u16_be()? })
    }

    fn metres(self) -> Option<Spanned<f64>> {
        (*self.number_of_valid_samples > 0).then(|| self.distance.divided_by(MILLIMETRES))
    }
}

impl Decoder for DlMbx {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        decentlab::check_port(uplink)?;
        let (header, [distance, battery]) = decentlab::sensors(&mut uplink.reader(), WORDS)?;
        let distance = distance.map(|mut words| Distance::read(&mut words)).transpose()?;
        let battery_voltage = battery.map(|mut words| words.u16_be()).transpose()?;
        let battery_voltage = battery_voltage.map(|millivolts| millivolts.divided_by(1_000.0));
        let metres = distance.and_then(Distance::metres);
        let level = match uplink.settings().get(HEIGHT) {
            Some(_) => {
                let height = uplink.settings().number(HEIGHT)?;
                let above = |metres: f64| ((height - metres) * MILLIMETRES).round() / MILLIMETRES;
                metres.map(|metres| metres.map(above))
            }
            None => None,
        };
        let telegram = Telegram { header, distance, level, battery_voltage };
        let mut reading = Reading::new(&telegram)?
            .with_all(metres.map(|metres| quantity::SENSOR_DISTANCE.of(metres)))
            .with_all(level.map(|level| quantity::WATER_LEVEL.of(level)));
        if distance.is_some() && metres.is_none() {
            reading = reading.warn("no sample had an echo, so the distance is no measurement");
        }
        Ok(reading.with_all(battery_voltage.map(|volts| quantity::BATTERY_VOLTAGE.of(volts))))
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        decentlab::encode(command)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        decentlab::decode(downlink)
    }
}

champollion_sdk::export!(DlMbx);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<DlMbx>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("decentlab/dl-atm41", include_str!("../../decentlab-dl-atm41/vectors.json"), 2)
            .check::<DlMbx>();
    }
}
