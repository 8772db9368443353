//! Decoder of the Milesight EM500-UDL, which measures a distance by ultrasound: rivers, basins and tanks.
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

/// The decoder of the EM500-UDL.
#[derive(Debug)]
pub struct Em500Udl;

impl Decoder for Em500Udl {
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

champollion_sdk::export!(Em500Udl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Em500Udl>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/em500-udl",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 2),
                    ("milesight/ct", 3),
                    ("milesight/em300-di", 4),
                    ("milesight/em300-zld", 2),
                    ("milesight/em310-udl", 2),
                    ("milesight/em500-smtc", 1),
                    ("milesight/ipso", 4),
                    ("milesight/uc300", 3),
                    ("milesight/vs121", 1),
                    ("milesight/ws101", 1),
                    ("milesight/ws301", 1),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 2),
                    ("milesight/wts506", 2),
                ],
            )
            .check::<Em500Udl>();
    }
}
