//! Decoder of the Adeunis COMFORT, which measures the air of rooms, and DELTA P, which measures the difference of
//! pressure at filters and fans. Both are of the maker's range for buildings, and share most frames.
//!
//! Everything travels on FPort 1. The first byte is the code of the frame, the second the status of the device;
//! numbers come most significant byte first. A COMFORT may put a time behind a frame, of which its status tells.
//!
//! | Code                   | Frame                                          | Read in            |
//! |------------------------|------------------------------------------------|--------------------|
//! | 0x10, 0x11             | settings of the product                        | `configuration.rs` |
//! | 0x1F, 0x20             | settings of the digital inputs, of the network | `configuration.rs` |
//! | 0x2F, 0x31, 0x33, 0x37 | answers                                        | `answers.rs`       |
//! | 0x30                   | alive                                          | `lib.rs`           |
//! | 0x4C, 0x4D             | temperature and humidity: values, alarm        | `comfort.rs`       |
//! | 0x51, 0x52             | digital input 1 and 2                          | `input.rs`         |
//! | 0x53 to 0x56           | pressure and 0-10 V input: values, alarm       | `delta_p.rs`       |
//!
//! `README.md` tells the sources, and where they contradict each other.

mod answers;
mod comfort;
mod configuration;
mod delta_p;
mod input;
mod status;

use champollion_sdk::{
    decimal,
    families::adeunis::{self, PORT, Register},
    prelude::*,
};
use serde::Serialize;

use crate::status::Status;

/// The registers of the frames with the settings, in the order of their numbers; values are as they are sent there.
const REGISTERS: &[Register] = &[
    // By ten seconds.
    Register::new(300, "keepAlivePeriod", 2),
    Register::new(301, "historizationsBeforeSending", 2),
    Register::new(320, "samplesBeforeHistorization", 2),
    // By two seconds.
    Register::new(321, "samplingPeriod", 2),
    Register::new(380, "input1", 1),
    Register::new(381, "inputThreshold1", 2),
    Register::new(382, "input2", 1),
    Register::new(383, "inputThreshold2", 2),
];

/// The variable that says how many seconds lie between two values of a frame.
const PERIOD: &str = "recording-period";

/// The decoder of the COMFORT and the DELTA P.
#[derive(Debug)]
pub struct SmartBuilding;

/// A frame; it serializes as the `data` of a reading.
#[derive(Debug, Serialize)]
struct Frame<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    status: Status,
    /// Seconds since 1970; the COMFORT alone may tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Spanned<u64>>,
    #[serde(flatten)]
    content: T,
}

/// A part of a frame that is read behind its status, and what it measures.
trait Content: Serialize + Sized {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure>;

    /// The measurements, of the newest value first: each with the number of periods that it is older.
    fn measurements(&self) -> Vec<(u64, Measurement)> {
        Vec::new()
    }

    /// A sentence about bits that the manual does not have.
    fn reserved(&self) -> Option<String> {
        None
    }
}

/// A frame that has nothing behind its status.
#[derive(Debug, Serialize)]
struct Nothing {}

impl Content for Nothing {
    fn read(_: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {})
    }
}

/// Bytes of the time behind a frame.
const TIME_BYTES: usize = 4;

fn frame<T: Content>(
    kind: &'static str,
    status: Status,
    payload: &mut Reader<'_>,
    uplink: &Uplink,
) -> Result<Reading, Failure> {
    // Settings and answers have no time, whatever the status says.
    let has_time =
        *status.timestamp && matches!(kind, "comfort" | "comfort alarm" | "input 1" | "input 2");
    let before = payload.remaining().saturating_sub(if has_time { TIME_BYTES } else { 0 });
    let mut block = payload.block(before)?;
    let content = T::read(&mut block)?;
    block.end()?;
    let timestamp = if has_time { Some(status::seconds_since_2013(payload)?) } else { None };
    payload.end()?;
    let newest = timestamp.map_or(uplink.received_at, |seconds| *seconds * 1_000);
    let period = match uplink.settings().get(PERIOD) {
        Some(_) => Some(milliseconds(uplink.settings().number(PERIOD)?)?),
        None => None,
    };
    let (measurements, reserved) = (content.measurements(), content.reserved());
    let frame = Frame { kind, status, timestamp, content };
    let mut reading = Reading::new(&frame)?.with(frame.status.measurement()).warn_all(reserved);
    let mut older = 0;
    for (periods, one) in measurements {
        match (periods, period) {
            (0, _) if timestamp.is_none() => reading = reading.with(one),
            (0, _) => reading = reading.with(one.at(newest)),
            (_, Some(period)) => {
                let measured_at = newest.saturating_sub(periods.saturating_mul(period));
                reading = reading.with(one.at(measured_at));
            }
            (_, None) => older += 1,
        }
    }
    if older > 0 {
        reading = reading.warn(format!(
            "{older} older values are not measured: set {PERIOD} to the seconds between two values"
        ));
    }
    Ok(reading)
}

/// A period of at least a second and at most a year.
fn milliseconds(seconds: f64) -> Result<u64, Failure> {
    const YEAR: f64 = 31_536_000.0;
    if !(1.0..=YEAR).contains(&seconds) {
        let [seconds, year] = [seconds, YEAR].map(decimal);
        let message = format!("the variable {PERIOD} is {seconds}; it must be from 1 to {year}");
        return Err(Failure::missing_variable(message));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is a year at most")]
    #[expect(clippy::cast_sign_loss, reason = "it is a second at least")]
    Ok((seconds * 1_000.0).round() as u64)
}

impl Decoder for SmartBuilding {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        let code = payload.u8()?;
        let status = Status::read(payload.u8()?);
        let payload = &mut payload;
        match *code {
            0x10 => frame::<configuration::Product>("configuration", status, payload, uplink),
            0x11 => frame::<configuration::Analog>("0-10 V configuration", status, payload, uplink),
            0x1F => frame::<configuration::Inputs>("input configuration", status, payload, uplink),
            0x20 => {
                frame::<configuration::Network>("network configuration", status, payload, uplink)
            }
            0x2F => {
                frame::<answers::Acknowledged>("downlink acknowledged", status, payload, uplink)
            }
            0x30 => frame::<Nothing>("alive", status, payload, uplink),
            0x31 => frame::<answers::Values>("registers", status, payload, uplink),
            0x33 => frame::<answers::Register>("register set", status, payload, uplink),
            0x37 => frame::<answers::Versions>("software version", status, payload, uplink),
            0x4C => frame::<comfort::Values>("comfort", status, payload, uplink),
            0x4D => frame::<comfort::Alarm>("comfort alarm", status, payload, uplink),
            0x51 => frame::<input::Input<1>>("input 1", status, payload, uplink),
            0x52 => frame::<input::Input<2>>("input 2", status, payload, uplink),
            0x53 => frame::<delta_p::Pressures>("pressure", status, payload, uplink),
            0x54 => frame::<delta_p::PressureAlarm>("pressure alarm", status, payload, uplink),
            0x55 => frame::<delta_p::Voltages>("0-10 V", status, payload, uplink),
            0x56 => frame::<delta_p::VoltageAlarm>("0-10 V alarm", status, payload, uplink),
            other => {
                let message = format!("no frame has the code {other:#04X}");
                Err(Failure::unknown_message(message).at(code.span))
            }
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        adeunis::encode_downlink(command, REGISTERS)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        adeunis::decode_downlink(downlink, REGISTERS)
    }
}

champollion_sdk::export!(SmartBuilding);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<SmartBuilding>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("adeunis/pulse", include_str!("../../adeunis-pulse/vectors.json"), 7)
            // The values are as many as are set, and their time stands last.
            .told_by_length(&[
                "COMFORT with a time",
                "the same with the period between its values",
                "registers of the sampling",
            ])
            .check::<SmartBuilding>();
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for code in 0..=u8::MAX {
            for status in [0x00, 0x04, 0xFF] {
                for length in 0..30 {
                    let mut payload = vec![code, status];
                    payload.resize(length, code);
                    let _ = SmartBuilding::decode_uplink(&uplink(PORT, payload));
                }
            }
        }
    }
}
