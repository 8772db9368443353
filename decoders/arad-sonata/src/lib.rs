//! Decoder of the Arad Sonata ultrasonic water meter, and of Arad's LoRa modules that send the same messages.
//!
//! Everything travels on FPort 1, and the first byte says what it is. Numbers are big-endian.
//!
//! | First byte | Message                                        | Read in           |
//! |------------|------------------------------------------------|-------------------|
//! | 0x06       | data log: index and the consumption before it  | `data_log.rs`     |
//! | 0x80       | beacon for readers that pass by, with a log    | `beacon.rs`       |
//! | 0x9B, 0x9D | index with the alarms, at once or periodically | `short_message.rs` |

mod alarms;
mod beacon;
mod data_log;
mod short_message;
mod volume;

use champollion_sdk::{Words, prelude::*};

/// Decoder of the Sonata.
pub struct Sonata;

impl Decoder for Sonata {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != 1 {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        let kind = payload.u8()?;
        match *kind {
            0x06 => data_log::decode(&mut payload, uplink.received_at),
            0x80 => beacon::decode(&mut payload),
            0x9B => short_message::decode("alarmBurst", &mut payload),
            0x9D => short_message::decode("standard", &mut payload),
            other => {
                let message = format!("no message begins with {other:02X}");
                Err(Failure::unknown_message(message).at(kind.span))
            }
        }
    }
}

champollion_sdk::export!(Sonata);

/// The devices of the maker, by their numbers.
const DEVICES: Words = &[
    (0x52, "LoRa 9xx XTR (wall mount)"),
    (0x54, "LoRa Glatt"),
    (0x56, "LoRa Sonata 1"),
    (0x57, "LoRa Sonata 2"),
    (0x59, "LoRa/OMS 8xx Sonata 1"),
    (0x5A, "LoRa/OMS 8xx XTR (wall mount)"),
    (0x5C, "LoRa Interpreter"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Sonata>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::Sonata>();
    }
}
