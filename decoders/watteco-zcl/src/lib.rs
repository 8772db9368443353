//! Decoder of Watteco sensors, formerly nke Watteco: Intens'O, Smart Plug, Triphas'O, Monit'O and all others that send
//! attributes of ZigBee's clusters.
//!
//! The frames are the maker's, which all its devices share; `champollion_sdk::families::watteco` reads them.
//!
//! | Read in         |                                                                          |
//! |-----------------|--------------------------------------------------------------------------|
//! | `attributes.rs` | attributes that have one value                                           |
//! | `electrical.rs` | attributes that have the values of all phases                            |
//! | `models.rs`     | what the series of a batch are, which a batch does not tell              |
//! | `batch.rs`      | batches                                                                  |
//!
//! An attribute that none of them knows is told with its number and its bytes: its type says how long it is.
//! `README.md` tells the sources, and where they contradict each other.

mod attributes;
mod batch;
mod electrical;
mod models;

use champollion_sdk::{
    families::watteco::{self, Frame, configuration},
    prelude::*,
};

/// Decoder of Watteco sensors.
#[derive(Debug)]
pub struct Zcl;

impl Decoder for Zcl {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != watteco::PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        match watteco::read(&mut payload)? {
            Frame::Report(report) => attributes::decode(report),
            Frame::Batch => batch::decode(uplink),
            Frame::Configured(configured) => {
                payload.end()?;
                configuration(configured, None)
            }
            Frame::Configuration(configured, reporting) => {
                configuration(configured, Some(reporting))
            }
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        watteco::encode_downlink(command)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        watteco::decode_downlink(downlink)
    }
}

champollion_sdk::export!(Zcl);

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Zcl>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("watteco/tic", include_str!("../../watteco-tic/vectors.json"), 44)
            // A report may end behind any cause.
            .told_by_length(&["voltage and current with two causes"])
            .check::<super::Zcl>();
    }
}
