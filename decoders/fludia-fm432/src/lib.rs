//! Decoder of the Fludia FM432e, FM432e-i and FM432ir, sensors that read electricity meters from outside.
//!
//! A sensor sends a data message (T1) with an index and what was added to it in each of the last intervals, and now and
//! then a technical message (T2). Which message it is, the first byte and the length tell; the infrared ones of the older
//! firmware have a byte before it. All numbers have their most significant byte first.
//!
//! | Read in        |                                                              |
//! |----------------|--------------------------------------------------------------|
//! | `optical.rs`   | messages of an optical head, which counts turns and flashes  |
//! | `infrared.rs`  | messages of an infrared head, which reads a meter's numbers  |
//! | `technical.rs` | technical messages of both                                   |
//! | `history.rs`   | indexes and their moments                                    |
//!
//! `README.md` tells the sources, and where they contradict each other.

mod history;
mod infrared;
mod optical;
mod technical;

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The port of all messages.
const PORT: u8 = 129;

/// Stands before the type of some messages of the infrared head.
const PREFIX: u8 = 0xF0;

/// Decoder of the FM432e, the FM432e-i and the FM432ir.
#[derive(Debug)]
pub struct Fm432;

impl Decoder for Fm432 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        let mut kind = payload.u8()?;
        let has_prefix = *kind == PREFIX;
        if has_prefix {
            kind = payload.u8()?;
        }
        let now = uplink.received_at;
        match (has_prefix, *kind, uplink.payload.len()) {
            (false, 0x20 | 0x21 | 0x22 | 0x48 | 0x49 | 0x4A | 0x5B | 0x69 | 0x6F | 0x7A, _) => {
                optical::decode(*kind, payload, now)
            }
            (true, 0x2E | 0x2F | 0x30 | 0x35, _) | (false, 0x71..=0x74 | 0x76..=0x79, _) => {
                infrared::decode(*kind, payload, now)
            }
            (false, 0x0E | 0x4B | 0x51, _) => technical::decode_short(*kind, payload),
            (false, 0x6A | 0x70 | 0x7B, _) => technical::decode(payload),
            (true, 0x2A | 0x3A | 0x3B, _) => technical::decode_infrared(*kind, payload),
            (false, 0x01, 3) | (false, 0x5F, 9) => Reading::new(&Told::of("START", None)),
            (false, 0x12, 37) => Reading::new(&Told::of("TT1_MECA", Some(ELECTROMECHANICAL))),
            (false, 0x13, 30) => Reading::new(&Told::of("TT2_MECA", Some(ELECTROMECHANICAL))),
            (false, 0x12, 19) => Reading::new(&Told::of("TT1_ELEC", Some(ELECTRONIC))),
            (false, 0x13, 11) => Reading::new(&Told::of("TT2_ELEC", Some(ELECTRONIC))),
            (false, 0x01 | 0x5F | 0x12 | 0x13, length) => Err(Failure::unknown_message(format!(
                "no message {:#04X} of {length} bytes is known",
                *kind
            ))
            .at(kind.span)),
            _ => Err(Failure::unknown_message(format!("no message {:#04X} is known", *kind))
                .at(kind.span)),
        }
    }
}

champollion_sdk::export!(Fm432);

/// The kinds of meters that a head is set to.
const ELECTROMECHANICAL: &str = "Electromechanical (Position A)";
const ELECTRONIC: &str = "Electronic (Position B)";
const INFRARED: &str = "mME (Position B)";

/// A message of which no document says what else is in it.
#[derive(Serialize)]
struct Told {
    message_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meter_type: Option<&'static str>,
}

impl Told {
    fn of(message_type: &'static str, meter_type: Option<&'static str>) -> Self {
        Self { message_type, meter_type }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Fm432>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("fludia/fm432p", include_str!("../../fludia-fm432p/vectors.json"), 1)
            // The increments are as many as are set, and the index is that behind them.
            .told_by_length(&[
                "FM432e v60: eight quarters of an hour",
                "FM432e-i: a day by the hour, the longest",
                "FM432ir: energy less what was given",
                "FM432ir: energy less what was given, below zero",
                "FM432ir: both energies",
                "FM432ir: used energy in tenths, one interval could not be read",
                "FM432ir v18: used energy, fifteen minutes",
                "FM432ir v20: both energies",
                "FM432ir at a disk: v22 and v20",
                "test at a disk",
            ])
            .check::<super::Fm432>();
    }
}
