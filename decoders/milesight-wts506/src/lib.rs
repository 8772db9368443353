//! Decoder of the Milesight WTS506, a weather station: temperature, humidity, pressure, wind and rain.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is
//! what the model has of its own: `telemetry.rs` lists its values, `settings.rs` its settings. `README.md` tells the
//! sources, and where they contradict each other.

mod settings;
mod telemetry;

use champollion_sdk::{
    families::milesight::{self, rows, settings_alone},
    prelude::*,
};

use crate::{settings::SETTINGS, telemetry::ROWS};

/// The decoder of the WTS506.
#[derive(Debug)]
pub struct Wts506;

impl Decoder for Wts506 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, |header, payload, told| {
            rows::read(&[ROWS], header, payload, told)
        })
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, settings_alone::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, settings_alone::read)
    }
}

champollion_sdk::export!(Wts506);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Wts506>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/wts506",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 3),
                    ("milesight/ct", 4),
                    ("milesight/em300-di", 4),
                    ("milesight/em300-zld", 1),
                    ("milesight/em310-udl", 3),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 2),
                    ("milesight/ipso", 7),
                    ("milesight/uc300", 3),
                    ("milesight/ws101", 1),
                    ("milesight/ws301", 2),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 3),
                ],
            )
            .check::<Wts506>();
    }
}
