//! Decoder of the SLS VOLC2180, a controller in the NEMA socket of a street light.
//!
//! The first byte of a message is its code. `meter.rs` reads what the controller measures, `settings.rs` what it answers
//! about its settings. Numbers have their most significant byte first.
//!
//! `README.md` tells the source, and what it leaves open.

mod meter;
mod settings;

use champollion_sdk::prelude::*;

/// Decoder of the VOLC2180.
#[derive(Debug)]
pub struct Volc2180;

impl Decoder for Volc2180 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let code = payload.u8()?;
        let reading = match *code {
            meter::TRAP | meter::ANSWER => meter::read(*code, &mut payload),
            _ => settings::read(code, &mut payload),
        }?;
        payload.end()?;
        Ok(reading)
    }
}

champollion_sdk::export!(Volc2180);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<Volc2180>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json")).check::<Volc2180>();
    }

    fn outcome(payload: &[u8]) -> Result<Reading, Failure> {
        Volc2180::decode_uplink(&uplink(1, payload))
    }

    #[test]
    fn a_message_has_one_length_alone() {
        let lengths = [
            (0x00, 16),
            (0x05, 3),
            (0x07, 3),
            (0x27, 2),
            (0x29, 2),
            (0x37, 29),
            (0x39, 29),
            (0x3F, 3),
            (0x41, 3),
            (0x58, 15),
            (0x5E, 2),
            (0x6A, 3),
        ];
        for (code, length) in lengths {
            for bytes in 1..40 {
                let mut payload = vec![0; bytes];
                payload[0] = code;
                let kind = outcome(&payload).map_err(|failure| failure.kind).err();
                let expected = match bytes {
                    bytes if bytes < length => Some(FailureKind::TooShort),
                    bytes if bytes > length => Some(FailureKind::TooLong),
                    _ => None,
                };
                assert_eq!(kind, expected, "code {code:02X} with {bytes} bytes");
            }
        }
    }

    #[test]
    fn codes_that_are_named_alone_fail_with_their_names() {
        let names = [
            (0x0E, "properties of the device"),
            (0x11, "whether the light is on"),
            (0x14, "the brightness"),
        ];
        for (code, name) in names {
            let failure = outcome(&[code, 0]).unwrap_err();
            assert_eq!(failure.kind, FailureKind::UnknownMessage);
            assert!(failure.message.contains(name), "{}", failure.message);
        }
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for code in 0..=255_u8 {
            for length in 0..40_u8 {
                let payload: Vec<u8> =
                    (0..length).map(|byte| byte.wrapping_mul(7) ^ code).collect();
                let _ = outcome(&payload);
            }
        }
    }
}
