//! Decoder of the Milesight WS558, a controller that switches eight circuits of lamps and measures what they draw.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is what
//! the WS558 has of its own: `telemetry.rs` reads its values, `settings.rs` lists its settings, and `switches.rs` has
//! the circuits, which a command names one by one.
//!
//! `README.md` tells the sources, and where they contradict each other.

mod settings;
mod switches;
mod telemetry;

use champollion_sdk::{families::milesight, prelude::*};

use crate::settings::SETTINGS;

/// Decoder of the WS558.
#[derive(Debug)]
pub struct Ws558;

impl Decoder for Ws558 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, telemetry::read)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, switches::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, switches::read)
    }
}

champollion_sdk::export!(Ws558);

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Ws558>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/ws558",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 2),
                    ("milesight/ct", 3),
                    ("milesight/em300-di", 2),
                    ("milesight/em300-zld", 1),
                    ("milesight/em310-udl", 1),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 1),
                    ("milesight/ipso", 3),
                    ("milesight/uc300", 2),
                    ("milesight/ws301", 1),
                    ("milesight/ws302", 1),
                    ("milesight/ws52x", 2),
                    ("milesight/wts506", 1),
                ],
            )
            .check::<super::Ws558>();
    }
}
