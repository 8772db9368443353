//! Decoder of the Quandify CubicMeter 1.1, a meter that is clamped onto a pipe of copper or plastic.
//!
//! The maker publishes the protocol and a decoder; `decoder.toml` lists both. All numbers are little-endian. What comes
//! over which port:
//!
//! | FPort | Message                                   | Read in       |
//! |-------|-------------------------------------------|---------------|
//! | 1     | status report, periodically               | `status.rs`   |
//! | 6     | the answer to a command                   | `response.rs` |
//!
//! Each command has an FPort of its own; `command.rs` writes and reads them.

mod command;
mod response;
mod status;

use champollion_sdk::prelude::*;

use crate::{command::Order, status::Status};

/// Decoder of the CubicMeter 1.1.
pub struct CubicMeter;

impl Decoder for CubicMeter {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        match uplink.f_port {
            1 => {
                let mut payload = uplink.reader();
                let status = Status::read(&mut payload)?;
                payload.end()?;
                Ok(status.tell(Reading::new(&status)?))
            }
            6 => response::decode(&mut uplink.reader()),
            unknown => Err(Failure::unknown_port(unknown)),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        command.parse::<Order>()?.encode()
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        Reading::new(&Order::read(downlink.f_port, &mut downlink.reader())?)
    }
}

champollion_sdk::export!(CubicMeter);

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::CubicMeter>(include_str!(
            "../vectors.json"
        ));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::CubicMeter>();
    }
}
