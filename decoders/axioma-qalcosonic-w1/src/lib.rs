//! Decoder of the Axioma Qalcosonic W1 water meter over LoRaWAN.
//!
//! The maker's document is "W1 LORA PAYLOAD EXTENDED" (V01.8 of 2020), with relatives for the F1 and
//! for meters of the USA. Decoders that were written from its editions, and telegrams from the field,
//! are what this one was written from; `decoder.toml` lists them. What comes over which port:
//!
//! | FPort | Telegram                                                  | Read in            |
//! |-------|-----------------------------------------------------------|--------------------|
//! | 100   | values, with the index at a log date and increments since | `telegram.rs`      |
//! | 101   | what the telegrams on FPort 100 are made of               | `configuration.rs` |
//! | 103   | an alarm that came up or went away                        | here               |
//!
//! All numbers are little-endian, volumes are litres, and times are seconds since 1970 in UTC.

mod configuration;
mod enhanced;
mod extended;
mod history;
mod litres;
mod meter_time;
mod status;
mod telegram;
mod values;

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    meter_time::MeterTime,
    status::{Alarms, Status},
};

/// Decoder of the Qalcosonic W1.
pub struct QalcosonicW1;

impl Decoder for QalcosonicW1 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        match uplink.f_port {
            100 => telegram::decode(uplink),
            101 => configuration::decode(uplink),
            103 => decode_alarm(uplink),
            unknown => Err(Failure::unknown_port(unknown)),
        }
    }
}

champollion_sdk::export!(QalcosonicW1);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlarmTelegram {
    telegram: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_date_time: Option<MeterTime>,
    status_code: u8,
    alarms: Alarms,
}

/// The alarm telegram: a time and the same status byte as in the telegrams on FPort 100.
///
/// Sources disagree about that byte. The drivers of Actility and of TagoIO read it as here, and a
/// meter in the field answers `10`, an empty pipe. The parser of ZENNER and the agent of diwise take
/// it for one bit each of leakage, burst, freeze, tamper, no consumption and backflow. Then the
/// maker's own example, `30`, would be a meter without consumption that flows backwards; as a status
/// it is the leak that the example on FPort 100 shows on the same meter three days later.
fn decode_alarm(uplink: &Uplink) -> Result<Reading, Failure> {
    let mut payload = uplink.reader();
    let clock = payload.u32_le()?;
    let status = payload.u8()?.map(Status);
    payload.end()?;

    let current_date_time = MeterTime::from_clock(*clock);
    let data = AlarmTelegram {
        telegram: "alarm",
        current_date_time,
        status_code: status.code(),
        alarms: status.alarms(),
    };
    let mut reading =
        Reading::new(&data)?.with_all(status::measurements(status, current_date_time));
    for warning in [meter_time::doubt(*clock, uplink.received_at), status.doubt()] {
        reading = warning.into_iter().fold(reading, Reading::warn);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::QalcosonicW1>(include_str!(
            "../vectors.json"
        ));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::QalcosonicW1>();
    }
}
