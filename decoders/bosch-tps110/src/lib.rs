//! Decoder of the Bosch TPS110 parking sensor, which tells whether a vehicle stands above it.
//!
//! Each kind of message has a port of its own. What the maker's "Parking Lot Sensor, Communication Interface -
//! Technical Description" (rev. 3, V0.23.3 and rev. 1, V0.29.4) says of them is taken as four public decoders read it.
//!
//! # Where the sources disagree
//!
//! - **The status byte.** Its lowest bit tells whether the space is taken. One decoder compares the whole byte with 1;
//!   the others look at the bit alone, and so does this one, since the document reserves the rest.
//! - **The version of the firmware.** One decoder reads it backwards and finds 2.29.0 where the others find 0.29.2.
//!   The maker's documents are of V0.23.3 and V0.29.4, so it is read forwards.
//! - **The identity** (port 4). Two decoders divide the class of the product in different ways, and give its last byte
//!   opposite meanings. It is told as it comes.
//! - **The time of debug messages.** The decoder that reads it takes the most significant byte first, which makes
//!   years of what are seconds after a start. It stands in `debug` alone.
//!
//! # What is absent on purpose
//!
//! The device takes settings on the ports 51 to 60. No public source gives their values, so there are no commands.

mod diagnosis;
mod messages;

use champollion_sdk::prelude::*;

use crate::{
    diagnosis::{Debug, Information, Startup, Usage},
    messages::{Alert, Status},
};

/// The decoder of the TPS110.
#[derive(Debug)]
pub struct Tps110;

impl Decoder for Tps110 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let reading = match uplink.f_port {
            1 => Status::read("parking status", &mut payload)?.reading(),
            2 => Status::read("heartbeat", &mut payload)?.reading(),
            3 => Startup::read(&mut payload)?.reading(),
            4 => Information::read(&mut payload)?.reading(),
            5 => Usage::read(&mut payload)?.reading(),
            6 => Debug::read_all(&mut payload)?.reading(),
            7 => Alert::read(&mut payload)?.reading(),
            other => Err(Failure::unknown_port(other)),
        }?;
        payload.end()?;
        Ok(reading)
    }
}

champollion_sdk::export!(Tps110);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<Tps110>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // Firmware tells its identity alone in three bytes.
            .told_by_length(&["its identity"])
            .check::<Tps110>();
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for f_port in 0..=8 {
            for length in 0..40_u8 {
                let payload: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(f_port)).collect();
                let uplink = uplink(f_port, payload);
                let _ = Tps110::decode_uplink(&uplink);
            }
        }
    }
}
