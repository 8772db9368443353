//! Decoder of the GWF RCM-LRW10, a LoRaWAN module for water and gas meters with an encoder.
//!
//! It sends one message of 18 bytes and a checksum, whose method is in no public source. Numbers are little-endian.
//!
//! | At | Value                                        |
//! |----|----------------------------------------------|
//! | 0  | protocol: 1, or 2 without due date           |
//! | 1  | maker of the meter, three letters            |
//! | 3  | number of the meter, eight digits            |
//! | 7  | medium                                       |
//! | 8  | state                                        |
//! | 9  | minutes since the meter was read             |
//! | 11 | unit by EN 13757-3                           |
//! | 12 | index                                        |
//! | 16 | alarms                                       |
//! | 17 | battery in half years, and the radio link    |
//! | 18 | checksum                                     |

mod state;

use champollion_sdk::{clocks, families::transport, prelude::*, reserved_bits};
use serde::Serialize;

use crate::state::{Alarms, State};

/// Decoder of the RCM-LRW10.
pub struct RcmLrw10;

const MINUTE: u64 = 60_000;

/// Days of half a year.
const DAYS_OF_SEMESTER: f64 = 182.625;

const CHECKSUM: usize = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    protocol: u8,
    manufacturer: String,
    meter_id: String,
    medium: &'static str,
    state: State,
    /// Minutes since the meter was read.
    actuality: u16,
    read_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<Spanned<f64>>,
    alarms: Alarms,
    battery_semesters: Spanned<u8>,
    link_error: bool,
}

impl Decoder for RcmLrw10 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let protocol = payload.u8()?;
        if !matches!(*protocol, 1 | 2) {
            let message = format!("the protocol is {}; it must be 1 or 2", *protocol);
            return Err(Failure::unknown_message(message).at(protocol.span));
        }
        let manufacturer = transport::letters(*payload.u16_le()?);
        let meter_id = payload.bcd_le(4)?;
        let medium = medium(payload.u8()?)?;
        let state = State::of(payload.u8()?);
        let actuality = *payload.u16_le()?;
        let unit = payload.u8()?;
        let number = payload.u32_le()?;
        let volume = cubic_metres(unit, number)?;
        let flags = payload.u8()?;
        let alarms = Alarms::of(flags);
        let battery = payload.u8()?;
        if !payload.is_empty() {
            payload.skip(CHECKSUM)?;
        }
        payload.end()?;

        let read_at = uplink.received_at.saturating_sub(u64::from(actuality) * MINUTE);
        let is_valid = state.has_index(*protocol);
        let message = Message {
            protocol: *protocol,
            manufacturer,
            meter_id: format!("{:08}", *meter_id),
            medium,
            state,
            actuality,
            read_time: clocks::rfc3339(read_at),
            volume: Some(volume).filter(|_| is_valid),
            alarms,
            battery_semesters: battery.bits(3, 5),
            link_error: *battery.bit(2),
        };
        let index = message.volume.filter(|_| medium != "gas");
        let lifetime = battery.bits(3, 5).map(|count| f64::from(count) * DAYS_OF_SEMESTER);
        let reading = Reading::new(&message)?
            .with_all(index.map(|volume| quantity::WATER_VOLUME.of(volume).at(read_at)))
            .with(quantity::BATTERY_LIFETIME.of(lifetime))
            .with_all(alarms.measurements(state))
            .warn_all(reserved_bits("the byte of alarms", *flags, Alarms::KNOWN));
        Ok(match is_valid {
            true => reading,
            false => reading.warn("the meter could not be read, so there is no index"),
        })
    }
}

champollion_sdk::export!(RcmLrw10);

fn medium(code: Spanned<u8>) -> Result<&'static str, Failure> {
    match *code {
        3 => Ok("gas"),
        6 => Ok("warmWater"),
        7 => Ok("water"),
        other => {
            let message = format!("the medium is {other}; it must be 3, 6 or 7");
            Err(Failure::invalid_value(message).at(code.span))
        }
    }
}

/// A volume by the unit that EN 13757-3 gives it.
fn cubic_metres(unit: Spanned<u8>, number: Spanned<u32>) -> Result<Spanned<f64>, Failure> {
    let parts = match *unit {
        0x10 => 1e6,
        0x11 => 1e5,
        0x12 => 1e4,
        0x13 => 1e3,
        0x14 => 1e2,
        0x15 => 1e1,
        0x16 => 1.0,
        0x17 => return Ok(number.map(|number| f64::from(number) * 10.0)),
        other => {
            let message = format!("{other:02X} is no unit of a volume; those are 10 to 17");
            return Err(Failure::invalid_value(message).at(unit.span));
        }
    };
    Ok(number.divided_by(parts))
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::RcmLrw10>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::RcmLrw10>();
    }
}
