//! Decoder of the Decentlab DL-ATM41, a station that measures the weather with a METER ATMOS 41.
//!
//! # Sources
//!
//! The maker's public decoders, which it publishes for each model in eleven languages and which agree with each other.
//! The README of this folder tells what was compared. The second generation, DL-ATM41G2, sends other values behind the
//! same flags, and a telegram does not tell them apart: it needs a decoder of its own.

mod measurements;
mod weather;

use champollion_sdk::{families::decentlab, prelude::*};
use serde::Serialize;

use crate::weather::Weather;

/// Words of the weather, and of the battery.
const WORDS: [usize; 2] = [17, 1];

/// The decoder of the DL-ATM41.
#[derive(Debug)]
pub struct DlAtm41;

/// A telegram; it serializes as the `data` of a reading.
#[derive(Debug, Serialize)]
struct Telegram {
    #[serde(flatten)]
    header: decentlab::Header,
    #[serde(flatten)]
    weather: Option<Weather>,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery_voltage: Option<Spanned<f64>>,
}

impl Decoder for DlAtm41 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        decentlab::check_port(uplink)?;
        let (header, [weather, battery]) = decentlab::sensors(&mut uplink.reader(), WORDS)?;
        let weather = weather.map(|mut words| Weather::read(&mut words)).transpose()?;
        let battery_voltage = battery.map(|mut words| words.u16_be()).transpose()?;
        let battery_voltage = battery_voltage.map(|millivolts| millivolts.divided_by(1_000.0));
        let telegram = Telegram { header, weather, battery_voltage };
        Ok(Reading::new(&telegram)?
            .with_all(telegram.weather.iter().flat_map(measurements::measurements))
            .with_all(battery_voltage.map(|volts| quantity::BATTERY_VOLTAGE.of(volts))))
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        decentlab::encode(command)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        decentlab::decode(downlink)
    }
}

champollion_sdk::export!(DlAtm41);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<DlAtm41>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("decentlab/dl-mbx", include_str!("../../decentlab-dl-mbx/vectors.json"), 2)
            .check::<DlAtm41>();
    }
}
