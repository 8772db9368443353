//! Decoder of the B METERS IWM-LR3 and IWM-LR4, LoRaWAN modules for mechanical water meters.
//!
//! The user manual has the protocol; `decoder.toml` lists it and what else this decoder was written from. Everything
//! travels on FPort 1. The first byte says what it is:
//!
//! | First byte   | Message                                              | Read in       |
//! |--------------|------------------------------------------------------|---------------|
//! | 0x44         | the periodic message, 13 bytes, 15 with temperature  | `periodic.rs` |
//! | 0x07 to 0x29 | a command or its answer, behind a header of 5 bytes  | `exchange.rs` |

mod alarms;
mod answer;
mod command;
mod exchange;
mod periodic;
mod settings;

use champollion_sdk::prelude::*;

use crate::{command::Order, exchange::Exchange};

/// The port of all messages, both ways.
const PORT: u8 = 1;

/// Decoder of the IWM-LR3 and the IWM-LR4.
pub struct IwmLr;

impl Decoder for IwmLr {
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

champollion_sdk::export!(IwmLr);

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::IwmLr>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("b-meters/rfm-lr1", include_str!("../../b-meters-rfm-lr1/vectors.json"), 0)
            .sibling(
                "b-meters/hydrodigit",
                include_str!("../../b-meters-hydrodigit/vectors.json"),
                10,
            )
            .check::<super::IwmLr>();
    }
}
