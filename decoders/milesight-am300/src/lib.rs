//! Decoder of the Milesight AM307 and AM319, which measure the air of rooms.
//!
//! The format is the maker's, which all its devices share; `champollion_sdk::families::milesight` reads it. Here is
//! what the model has of its own: `telemetry.rs` lists its values, `settings.rs` its settings. `README.md` tells the
//! sources, and where they contradict each other.
//!
//! A stored value of the AM319 is six bytes longer than one of the AM307, and nothing before it says so: `history.rs`
//! tells them apart. The last two bytes of a stored value of the AM319 are formaldehyde or ozone, by the model; the
//! operator says which by the variable `gas`.

mod history;
mod settings;
mod telemetry;

use champollion_sdk::{
    families::milesight::{self, rows, stored},
    prelude::*,
};

use crate::{settings::SETTINGS, telemetry::ROWS};

/// The decoder of the AM307 and the AM319.
#[derive(Debug)]
pub struct Am300;

impl Decoder for Am300 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let history = history::rows(uplink)?;
        milesight::decode_uplink(uplink, SETTINGS, |header, payload, told| {
            rows::read(&[ROWS, history], header, payload, told)
        })
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, stored::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, stored::read)
    }
}

champollion_sdk::export!(Am300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Am300>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/am300",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/ct", 4),
                    ("milesight/em300-di", 5),
                    ("milesight/em300-zld", 6),
                    ("milesight/em310-udl", 3),
                    ("milesight/em500-smtc", 2),
                    ("milesight/em500-udl", 2),
                    ("milesight/ipso", 7),
                    ("milesight/uc300", 3),
                    ("milesight/ws101", 5),
                    ("milesight/ws301", 2),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 3),
                    ("milesight/wts506", 3),
                ],
            )
            .check::<Am300>();
    }
}
