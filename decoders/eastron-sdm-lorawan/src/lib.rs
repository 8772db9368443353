//! Decoder of the Eastron electricity meters that speak LoRaWAN: SDM230, SDM530 and SDM630MCT.
//!
//! A meter sends its serial number and a row of floating point numbers, most significant byte first, with the checksum of
//! Modbus behind them. Nothing in a message says what the numbers are: that is chosen when a meter is made or set up,
//! so the variable `parameters` must tell it. A meter that is asked over LoRaWAN answers with a telegram of Modbus, in
//! hexadecimal digits.
//!
//! | Read in         |                                             |
//! |-----------------|---------------------------------------------|
//! | `message.rs`    | messages that a meter sends by itself       |
//! | `answer.rs`     | answers to a question                       |
//! | `parameters.rs` | the numbers that a meter can send           |
//! | `checksum.rs`   | the checksum of Modbus                      |
//!
//! `README.md` tells the sources, and where they contradict each other.

mod answer;
mod checksum;
mod message;
mod parameters;

use champollion_sdk::prelude::*;

/// Decoder of the SDM meters.
#[derive(Debug)]
pub struct Sdm;

impl Decoder for Sdm {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        // A serial number that is four digits of a text would be one of 808 million and more; meters count to 2^31.
        let is_text = uplink.payload.len() > 4 && uplink.payload.iter().all(u8::is_ascii_hexdigit);
        if is_text { answer::decode(&uplink.payload) } else { message::decode(uplink) }
    }
}

champollion_sdk::export!(Sdm);

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Sdm>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::Sdm>();
    }
}
