//! Decoder of the Milesight EM300-SLD and EM300-ZLD, which find water at a spot or along a cable, and measure the air.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is
//! what the model has of its own: `telemetry.rs` lists its values, `settings.rs` its settings. `README.md` tells the
//! sources, and where they contradict each other.

mod settings;
mod telemetry;

use champollion_sdk::{
    families::milesight::{self, rows, stored},
    prelude::*,
};

use crate::{settings::SETTINGS, telemetry::ROWS};

/// The decoder of the EM300-SLD and the EM300-ZLD.
#[derive(Debug)]
pub struct Em300Zld;

impl Decoder for Em300Zld {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, |header, payload, told| {
            rows::read(&[ROWS], header, payload, told)
        })
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, stored::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, stored::read)
    }
}

champollion_sdk::export!(Em300Zld);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Em300Zld>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/em300-zld",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 5),
                    ("milesight/ct", 4),
                    ("milesight/em300-di", 5),
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
                    ("milesight/wts506", 3),
                ],
            )
            .check::<Em300Zld>();
    }
}
