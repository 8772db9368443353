//! Decoder of the Adeunis PULSE 3 and PULSE 4, which count the pulses of two meters.
//!
//! Everything travels on FPort 1. The first byte is the code of the frame, the second the status of the device; numbers are
//! big-endian. PULSE 4 may put a time behind a frame, of which its status tells.
//!
//! | Code             | Frame                                              | Read in            |
//! |------------------|----------------------------------------------------|--------------------|
//! | 0x10, 0x11, 0x12 | settings of the product, in one frame or in three  | `configuration.rs` |
//! | 0x20             | settings of the network                            | `configuration.rs` |
//! | 0x30             | alive: alarms and flows of the last 24 hours       | `alive.rs`         |
//! | 0x31, 0x33       | answers about registers                            | `registers.rs`     |
//! | 0x46             | both counters                                      | `counters.rs`      |
//! | 0x47             | a flow that is too high                            | `alive.rs`         |
//! | 0x5A, 0x5B       | counter of channel A or B, and its history         | `counters.rs`      |

mod alive;
mod configuration;
mod counters;
mod registers;
mod status;

use champollion_sdk::{
    families::{
        adeunis::{self, PORT},
        pulses::Pulses,
    },
    prelude::*,
};

use crate::{registers::REGISTERS, status::Status};

/// Decoder of the PULSE 3 and PULSE 4.
pub struct Pulse;

impl Decoder for Pulse {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let channels = channels(uplink)?;
        let mut payload = uplink.reader();
        let code = payload.u8()?;
        let status = Status(payload.u8()?);
        let reading = match *code {
            0x10 => configuration::product(&mut payload, status),
            0x11 => configuration::thresholds(&mut payload, status),
            0x12 => configuration::tampering(&mut payload, status),
            0x20 => configuration::network(&mut payload, status),
            0x30 => alive::decode(&mut payload, status, channels),
            0x31 => registers::values(&mut payload, status),
            0x33 => registers::written(&mut payload, status),
            0x46 => counters::both(&mut payload, status, channels),
            0x47 => alive::flow_alarm(&mut payload, status, channels),
            0x5A => counters::history("channelA", &mut payload, status, channels[0], uplink),
            0x5B => counters::history("channelB", &mut payload, status, channels[1], uplink),
            other => {
                let message = format!("no frame has the code {other:02X}");
                Err(Failure::unknown_message(message).at(code.span))
            }
        }?;
        Ok(reading.with(status.alarm()))
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        adeunis::encode_downlink(command, REGISTERS)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        adeunis::decode_downlink(downlink, REGISTERS)
    }
}

champollion_sdk::export!(Pulse);

/// The channels A and B, which are numbered 1 and 2.
fn channels(uplink: &Uplink) -> Result<[Pulses; 2], Failure> {
    Ok([
        Pulses::of(uplink.settings(), "litres-per-pulse-a")?.on(1),
        Pulses::of(uplink.settings(), "litres-per-pulse-b")?.on(2),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Pulse>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling(
                "adeunis/smart-building",
                include_str!("../../adeunis-smart-building/vectors.json"),
                6,
            )
            // The values of a history are as many as are set, and its time stands last; one that began anew ends.
            .told_by_length(&[
                "history of channel A with a time",
                "history of channel A, of quarters, of a water meter",
                "registers",
            ])
            .read_over(&[
                "history of channel B after the settings were told",
                "counter that began anew",
            ])
            .check::<super::Pulse>();
    }
}
