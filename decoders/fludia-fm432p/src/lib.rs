//! Decoder of the Fludia FM432p, a sensor that counts the pulses of a meter.
//!
//! Everything travels on FPort 129, and the first byte says what it is. Numbers are big-endian.
//!
//! | First byte       | Message                                                            |
//! |------------------|--------------------------------------------------------------------|
//! | 0x6B             | T1 of firmware 3.3.6: the index and the increments of some periods |
//! | 0x6C             | T2 of firmware 3.3.6: index, firmware and settings                 |
//! | 0x2B, 0x2C, 0x2D | T1 of firmware 3.3.2: eight periods of 10, 15 or 60 minutes        |
//! | 0x29             | T2 of firmware 3.3.2                                               |
//! | 0x01             | start                                                              |

mod technical;
mod values;

use champollion_sdk::{families::pulses::Pulses, prelude::*};
use serde::Serialize;

/// Decoder of the FM432p.
pub struct Fm432p;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    message: &'static str,
}

impl Decoder for Fm432p {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != 129 {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let pulses = Pulses::of(uplink.settings(), "litres-per-pulse")?;
        let mut payload = uplink.reader();
        let kind = payload.u8()?;
        match *kind {
            0x6B => values::adaptable(&mut payload, pulses, uplink.received_at),
            0x2B => values::fixed(10, &mut payload, pulses, uplink.received_at),
            0x2C => values::fixed(15, &mut payload, pulses, uplink.received_at),
            0x2D => values::fixed(60, &mut payload, pulses, uplink.received_at),
            0x6C => technical::adaptable(&mut payload, pulses),
            0x29 => technical::fixed(&mut payload, pulses),
            0x01 => {
                // Two bytes that no source describes.
                payload.skip(2)?;
                payload.end()?;
                Reading::new(&Start { message: "start" })
            }
            other => {
                let message = format!("no message begins with {other:02X}");
                Err(Failure::unknown_message(message).at(kind.span))
            }
        }
    }
}

champollion_sdk::export!(Fm432p);

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Fm432p>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("fludia/fm432", include_str!("../../fludia-fm432/vectors.json"), 1)
            // The increments are as many as are set, and the index is that behind them.
            .told_by_length(&[
                "eight quarters of an hour",
                "eight quarters of an hour of a water meter",
                "twenty periods, the longest frame",
                "counter that began anew",
            ])
            .check::<super::Fm432p>();
    }
}
