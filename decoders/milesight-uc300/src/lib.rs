//! Decoder of the Milesight UC300, a controller with digital and analogue inputs, outputs, PT100 probes and Modbus.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is what
//! the UC300 has of its own:
//!
//! | Read in        |                                                                    |
//! |----------------|--------------------------------------------------------------------|
//! | `telemetry.rs` | values of inputs and outputs, and their statistics                 |
//! | `modbus.rs`    | values that the UC300 has read from other devices                  |
//! | `history.rs`   | values that were kept, with their moments                          |
//! | `half.rs`      | numbers of two bytes with a fraction                               |
//! | `outputs.rs`   | the commands that switch an output                                 |
//! | `settings.rs`  | the settings                                                       |
//!
//! `README.md` tells the sources, and where they contradict each other.

mod analogue;
mod half;
mod history;
mod modbus;
mod outputs;
mod settings;
mod telemetry;

use champollion_sdk::{families::milesight, prelude::*};

use crate::settings::SETTINGS;

/// Decoder of the UC300.
#[derive(Debug)]
pub struct Uc300;

impl Decoder for Uc300 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port == milesight::PORT
            && let Some(text) = telemetry::text(&uplink.payload)
        {
            return Reading::new(&text);
        }
        milesight::decode_uplink(uplink, SETTINGS, telemetry::read)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, outputs::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, outputs::read)
    }
}

champollion_sdk::export!(Uc300);

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Uc300>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/uc300",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 3),
                    ("milesight/ct", 4),
                    ("milesight/em300-di", 3),
                    ("milesight/em300-zld", 3),
                    ("milesight/em310-udl", 1),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 1),
                    ("milesight/ipso", 3),
                    ("milesight/ws301", 3),
                    ("milesight/ws302", 1),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 2),
                    ("milesight/wts506", 1),
                ],
            )
            // A text goes on to the end.
            .told_by_length(&["a text of the operator"])
            .check::<super::Uc300>();
    }
}
