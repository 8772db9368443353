//! Decoder of the Dragino LDDS75 and of its successor DDS75-LB, which measure a distance by ultrasound: levels of
//! tanks, bins and rivers.
//!
//! # Where the sources disagree
//!
//! - **The temperature of the probe.** The maker's decoder of the DDS75-LB for The Things Network divides it by 100,
//!   and that for ChirpStack by 10, as do the decoders of the LDDS75 and of the DDS75-3. The manual's example, 0x0105
//!   for 26.1 °C, has tenths, and so has this decoder.
//! - **A temperature of a record** is read with a sign, as that of a message; the maker's decoder reads it without.
//!
//! A distance of 0 says that the device found no ultrasonic sensor, and one of 20 that there was no echo in its range:
//! the manual says so for firmware from 1.1.4 on. Neither is measured.

mod datalog;
mod message;

use champollion_sdk::{
    families::dragino::{self, Argument, DeviceStatus, Number, Order, STATUS_PORT},
    prelude::*,
};
use serde::Serialize;

use crate::message::{Message, Several};

const PORT: u8 = 2;
const DATALOG_PORT: u8 = 3;
const DETECT_PORT: u8 = 6;

/// The bit of the first byte that says that several distances follow.
const SEVERAL: u32 = 4;

/// The commands with their bytes.
const ORDERS: &[Order] = &[
    dragino::TRANSMIT_INTERVAL,
    dragino::RESET,
    dragino::REQUEST_STATUS,
    Order {
        name: "interruptMode",
        code: &[0x06],
        argument: Argument::Number(Number::whole(3, 0, 3)),
    },
];

/// The decoder of the LDDS75 and the DDS75-LB.
#[derive(Debug)]
pub struct Dds75;

/// Distances that the device took one after another, in millimetres.
#[derive(Debug, Serialize)]
struct Detected {
    #[serde(rename = "Detect_Mode_Data")]
    distances: Vec<Spanned<u16>>,
}

impl Decoder for Dds75 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        match uplink.f_port {
            PORT if *payload.clone().u8()?.bit(SEVERAL) => Several::read(&mut payload)?.reading(),
            PORT => Message::read(&mut payload, uplink.settings())?.reading(),
            DATALOG_PORT => datalog::read(&mut payload),
            STATUS_PORT => {
                DeviceStatus::read(&mut payload)?.unless_of(&[dragino::LHT65N])?.reading()
            }
            DETECT_PORT => {
                let mut distances = vec![payload.u16_be()?];
                while !payload.is_empty() {
                    distances.push(payload.u16_be()?);
                }
                Reading::new(&Detected { distances })
            }
            other => Err(Failure::unknown_port(other)),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        dragino::encode(command, PORT, ORDERS)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        dragino::decode(downlink, ORDERS)
    }
}

champollion_sdk::export!(Dds75);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<Dds75>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // The distances are as many as are set, and the end of the message follows them.
            .told_by_length(&["several distances"])
            .sibling("dragino/lht65n", include_str!("../../dragino-lht65n/vectors.json"), 1)
            .sibling("dragino/lse01", include_str!("../../dragino-lse01/vectors.json"), 1)
            .sibling(
                "dragino/lds02-lwl02",
                include_str!("../../dragino-lds02-lwl02/vectors.json"),
                0,
            )
            .check::<Dds75>();
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for f_port in 1..=7 {
            for first in 0..=u8::MAX {
                for length in 0..30 {
                    let _ = Dds75::decode_uplink(&uplink(f_port, vec![first; length]));
                }
            }
        }
    }
}
