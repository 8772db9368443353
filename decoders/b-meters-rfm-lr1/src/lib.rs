//! Decoder of the B METERS RFM-LR1 module for the GSD8-RFM water meter, and of the Talkpool OY1310 and OY1320, which speak
//! the same protocol.
//!
//! A message is a row of commands: a byte that says what is done (1 sets and tells, 2 asks and refuses, 3 acts), the index
//! of a value, and the value where there is one, big-endian. The RFM-LR1 sends on FPort 1; the example of the OY1320 is
//! on FPort 2.

mod command;
mod telegram;
mod value;

use champollion_sdk::prelude::*;

use crate::{command::Order, telegram::Telegram};

/// Decoder of the RFM-LR1.
pub struct RfmLr1;

/// The port of commands.
const PORT: u8 = 1;
/// The port of periodic reports of the OY1320.
const REPORT_PORT: u8 = 2;

impl Decoder for RfmLr1 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        match uplink.f_port {
            PORT | REPORT_PORT => Telegram::read(&mut uplink.reader())?.tell(),
            unknown => Err(Failure::unknown_port(unknown)),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        Ok(Downlink::new(PORT, command.parse::<Order>()?.encode()?))
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        if downlink.f_port != PORT {
            return Err(Failure::unknown_port(downlink.f_port));
        }
        Reading::new(&Order::read(&mut downlink.reader())?)
    }
}

champollion_sdk::export!(RfmLr1);

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::RfmLr1>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("b-meters/iwm-lr", include_str!("../../b-meters-iwm-lr/vectors.json"), 0)
            .sibling(
                "b-meters/hydrodigit",
                include_str!("../../b-meters-hydrodigit/vectors.json"),
                0,
            )
            .check::<super::RfmLr1>();
    }
}
