//! Decoder of the Milesight smart current transformers: CT101, CT103 and CT105 with one clamp, CT303, CT305 and CT310
//! with three.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is what
//! the transformers have of their own: `telemetry.rs` reads their values, `settings.rs` lists their settings.
//!
//! One clamp is named as the first of three: total and energy come from both kinds with the same header, and nothing in
//! a frame says which kind it is. `README.md` tells the sources, and where they contradict each other.

mod settings;
mod telemetry;

use champollion_sdk::{
    families::milesight::{self, Setting, settings_alone},
    prelude::*,
};

use crate::settings::{FIRMWARE_1, FIRMWARE_2};

/// Decoder of the CT10x and the CT3xx.
#[derive(Debug)]
pub struct CurrentTransformer;

impl Decoder for CurrentTransformer {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let firmware = uplink.settings().number_or(FIRMWARE, LATEST)?;
        milesight::decode_uplink(uplink, settings_of(firmware), telemetry::read)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        let firmware = command.settings().number_or(FIRMWARE, LATEST)?;
        milesight::encode_downlink(command, settings_of(firmware), settings_alone::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        let firmware = downlink.settings().number_or(FIRMWARE, LATEST)?;
        milesight::decode_downlink(downlink, settings_of(firmware), settings_alone::read)
    }
}

champollion_sdk::export!(CurrentTransformer);

/// The variable that tells the firmware, by the number before the point.
const FIRMWARE: &str = "firmware";

/// The firmware of devices of which the operator has said nothing.
const LATEST: f64 = 2.0;

fn settings_of(firmware: f64) -> &'static [Setting] {
    if firmware < LATEST { &FIRMWARE_1 } else { &FIRMWARE_2 }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        let vectors = include_str!("../vectors.json");
        champollion_sdk::testing::check_vectors::<super::CurrentTransformer>(vectors);
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/ct",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 2),
                    ("milesight/em300-di", 2),
                    ("milesight/em300-zld", 1),
                    ("milesight/em310-udl", 1),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 1),
                    ("milesight/ipso", 3),
                    ("milesight/uc300", 3),
                    ("milesight/ws302", 1),
                    ("milesight/ws52x", 3),
                    ("milesight/ws558", 2),
                    ("milesight/wts506", 1),
                ],
            )
            .read_over(&[
                "CT305: current with four zeros that nothing explains",
                "CT101: current with four zeros that nothing explains",
            ])
            .check::<super::CurrentTransformer>();
    }
}
