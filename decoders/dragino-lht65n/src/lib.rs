//! Decoder of the Dragino LHT65N: temperature and humidity of a room, and one external sensor.
//!
//! Byte 6 of a message says in its lowest bits which external sensor there is, and in the others whether the message
//! was stored: then it is one of several records of eleven bytes, each with the time at which it was measured.
//!
//! # Where the sources disagree
//!
//! - **Bits 4 to 7 of byte 6.** The maker's manual calls them the request for the time, the time being set, a record
//!   that was asked for, and a record that nobody acknowledged. The maker's decoder looks at the highest two, and
//!   compares the whole byte otherwise, so that it knows no sensor where bits 4 or 5 are set. The manual counts, but
//!   for the whole bytes 0x0F, 0x10 and 0x20, in which the decoder finds the number of a probe.
//! - **Port 3.** Older firmware sends samples there, behind the number of a sensor from 1 to 4; newer firmware sends
//!   records there. The decoder tells them apart by a byte that in a record is half of a temperature. Here a message
//!   is made of records where its length and the flags of byte 6 say so.
//! - **32,767.** The maker's decoder makes 327.67 °C of it. The manual's examples have it where no probe is plugged
//!   in.

mod commands;
mod datalog;
mod external;
mod message;
mod samples;

use champollion_sdk::{
    families::dragino::{self, DeviceStatus, STATUS_PORT},
    prelude::*,
};

use crate::{commands::ORDERS, message::Message, samples::Samples};

/// The port of messages, and that on which records and samples come too.
const PORT: u8 = 2;
const STORED_PORT: u8 = 3;

/// The decoder of the LHT65N.
#[derive(Debug)]
pub struct Lht65n;

impl Decoder for Lht65n {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        match uplink.f_port {
            PORT if datalog::begins_with_record(&uplink.payload) => datalog::read(&mut payload),
            STORED_PORT if datalog::is_datalog(&uplink.payload) => datalog::read(&mut payload),
            STORED_PORT => Samples::read(&mut payload)?.reading(),
            PORT => Message::read(&mut payload)?.reading(),
            STATUS_PORT => {
                DeviceStatus::read(&mut payload)?.unless_of(&[dragino::DDS75])?.reading()
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

champollion_sdk::export!(Lht65n);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<Lht65n>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // Early firmware leaves out the four bytes of a sensor that is not there.
            .read_over(&["without an external sensor"])
            .sibling("dragino/dds75", include_str!("../../dragino-dds75/vectors.json"), 1)
            .sibling("dragino/lse01", include_str!("../../dragino-lse01/vectors.json"), 8)
            .sibling(
                "dragino/lds02-lwl02",
                include_str!("../../dragino-lds02-lwl02/vectors.json"),
                0,
            )
            .check::<Lht65n>();
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for f_port in 1..=5 {
            for flags in 0..=u8::MAX {
                for length in 0..40_u8 {
                    let mut payload: Vec<u8> = (0..length).map(|byte| byte ^ flags).collect();
                    if let Some(byte) = payload.get_mut(6) {
                        *byte = flags;
                    }
                    let _ = Lht65n::decode_uplink(&uplink(f_port, payload));
                }
            }
        }
    }
}
