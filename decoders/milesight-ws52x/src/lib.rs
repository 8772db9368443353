//! Decoder of the Milesight WS52x, sockets that are switched and measure what is plugged in: WS523 and WS525.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is what
//! the WS52x has of its own: `telemetry.rs` reads its values, `settings.rs` lists its settings, and `socket.rs` has the
//! command that switches it.
//!
//! `README.md` tells the sources, and where they contradict each other.

mod settings;
mod socket;
mod telemetry;

use champollion_sdk::{families::milesight, prelude::*};

use crate::settings::SETTINGS;

/// Decoder of the WS523 and the WS525.
#[derive(Debug)]
pub struct Ws52x;

impl Decoder for Ws52x {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, telemetry::read)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, socket::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, socket::read)
    }
}

champollion_sdk::export!(Ws52x);

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Ws52x>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/ws52x",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 2),
                    ("milesight/ct", 3),
                    ("milesight/em300-di", 2),
                    ("milesight/em300-zld", 1),
                    ("milesight/em310-udl", 1),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 1),
                    ("milesight/ipso", 4),
                    ("milesight/uc300", 2),
                    ("milesight/ws301", 1),
                    ("milesight/ws302", 1),
                    ("milesight/ws558", 5),
                    ("milesight/wts506", 1),
                ],
            )
            // The last of two tasks counts.
            .told_by_length(&["repeats a task that waits"])
            .check::<super::Ws52x>();
    }
}
