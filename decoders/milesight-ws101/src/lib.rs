//! Decoder of the Milesight WS101, a button for calls and alarms.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is
//! what the model has of its own: `telemetry.rs` lists its values, `settings.rs` its settings. `README.md` tells the
//! sources, and where they contradict each other.
//!
//! A press is counted as one on the channel of its kind, as the maker numbers them: 1 short, 2 long, 3 double.

mod press;
mod settings;
mod telemetry;

use champollion_sdk::{
    families::milesight::{self, rows, settings_alone},
    prelude::*,
};

use crate::{settings::SETTINGS, telemetry::ROWS};

/// The decoder of the WS101.
#[derive(Debug)]
pub struct Ws101;

impl Decoder for Ws101 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, |header, payload, told| {
            Ok(press::read(header, payload, told)? || rows::read(&[ROWS], header, payload, told)?)
        })
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, settings_alone::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, settings_alone::read)
    }
}

champollion_sdk::export!(Ws101);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Ws101>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/ws101",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 2),
                    ("milesight/ct", 3),
                    ("milesight/em300-di", 3),
                    ("milesight/em300-zld", 1),
                    ("milesight/em310-udl", 2),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 1),
                    ("milesight/ipso", 4),
                    ("milesight/uc300", 3),
                    ("milesight/ws301", 2),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 2),
                    ("milesight/wts506", 2),
                ],
            )
            .check::<Ws101>();
    }
}
