//! Decoder of the B METERS HYDRODIGIT, a water meter with LoRaWAN.
//!
//! The operating instructions have the protocol; `decoder.toml` cites them. Everything travels on FPort 1. The first
//! byte says what it is:
//!
//! | First byte   | Message                                             | Read in       |
//! |--------------|-----------------------------------------------------|---------------|
//! | 0x45         | the periodic message, 9 bytes, 11 with temperature  | `periodic.rs` |
//! | 0x07 to 0x29 | a command or its answer, behind a header of 5 bytes | `exchange.rs` |

mod alarms;
mod answer;
mod command;
mod exchange;
mod periodic;

use champollion_sdk::prelude::*;

use crate::{command::Order, exchange::Exchange};

/// The port of all messages, both ways.
const PORT: u8 = 1;

/// Decoder of the HYDRODIGIT.
pub struct Hydrodigit;

impl Decoder for Hydrodigit {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        match payload.peek() {
            Some(periodic::APPLICATION_CODE) => periodic::decode(&mut payload),
            _ => answer::decode(Exchange::read(&mut payload)?),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        let order = command.parse::<Order>()?;
        let warning = order.warning();
        let downlink = Downlink::new(PORT, order.encode(command.issued_at)?);
        Ok(warning.into_iter().fold(downlink, Downlink::warn))
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        if downlink.f_port != PORT {
            return Err(Failure::unknown_port(downlink.f_port));
        }
        Reading::new(&Order::read(Exchange::read(&mut downlink.reader())?)?)
    }
}

champollion_sdk::export!(Hydrodigit);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{self, BadInput};

    const VECTORS: &str = include_str!("../vectors.json");

    #[test]
    fn vectors() {
        testing::check_vectors::<super::Hydrodigit>(VECTORS);
    }

    #[test]
    fn bad_input_is_told() {
        BadInput::of(VECTORS)
            .sibling("b-meters/rfm-lr1", include_str!("../../b-meters-rfm-lr1/vectors.json"), 0)
            .sibling("b-meters/iwm-lr", include_str!("../../b-meters-iwm-lr/vectors.json"), 4)
            .check::<super::Hydrodigit>();
    }
}
