//! The answer to a command: whether it was taken, and what was asked for.

use champollion_sdk::{
    clocks,
    families::b_meters::{self, Answer},
    hex_digits,
    prelude::*,
    reserved_bits,
};
use serde::Serialize;

use crate::{
    alarms::{Alarm, Alarms},
    exchange::{ERRORS, Exchange, Function},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    Firmware(Firmware),
    SerialNumber(String),
    Clock(String),
    AlarmSettings(AlarmSettings),
    StoredAlarms(StoredAlarms),
}

/// The versions of both parts of the meter.
#[derive(Serialize)]
struct Firmware {
    measure: u8,
    radio: u8,
}

/// The settings of the alarms, of which the maker fixed all but one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlarmSettings {
    /// Whether the periodic message tells the temperature.
    temperature: bool,
    /// Millivolts below which the battery is low.
    low_battery_threshold: u32,
}

/// The alarms that the meter keeps until they are cleared, and the bytes of the days on which they came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredAlarms {
    alarms: Vec<Alarm>,
    overflow_date: String,
    wrong_installation_date: String,
    burst_date: String,
    reverse_flow_date: String,
    #[serde(skip)]
    warnings: Vec<String>,
}

pub(crate) fn decode(exchange: Exchange<'_>) -> Result<Reading, Failure> {
    let answer = Answer::read(exchange, ERRORS, told)?;
    let reading = Reading::new(&answer)?;
    Ok(match answer.told {
        Some(Told::StoredAlarms(stored)) => reading.warn_all(stored.warnings),
        _ => reading,
    })
}

fn told(function: Function, body: &mut Reader<'_>) -> Result<Option<Told>, Failure> {
    Ok(Some(match function {
        Function::GetFirmware => {
            let [_, _, measure, radio] = body.array()?.value;
            Told::Firmware(Firmware { measure, radio })
        }
        Function::GetSerialNumber => Told::SerialNumber(hex_digits(body.bytes(4)?.value)),
        Function::GetClock => Told::Clock(clocks::rfc3339(b_meters::read_clock(body)?)),
        Function::GetAlarmSettings => {
            // The thresholds of reverse flow and leaks and the unit, which are fixed.
            let fixed = body.array::<3>()?;
            if fixed.value != [0; 3] {
                let message = "the settings that the maker fixed are 0, and these are not";
                return Err(Failure::invalid_value(message).at(fixed.span));
            }
            let temperature = *body.u8()? != 0;
            let low_battery_threshold = *body.u32_be()?;
            Told::AlarmSettings(AlarmSettings { temperature, low_battery_threshold })
        }
        Function::GetAlarms => Told::StoredAlarms(StoredAlarms::read(body)?),
        Function::Reset
        | Function::SetClock
        | Function::SetInterval
        | Function::SetTemperature
        | Function::ClearAlarms => return Ok(None),
    }))
}

impl StoredAlarms {
    fn read(body: &mut Reader<'_>) -> Result<Self, Failure> {
        let [first, second] = body.array()?.value;
        let first_reserved = reserved_bits("the first byte of the alarms", first, Alarms::KNOWN);
        let second_reserved =
            reserved_bits("the second byte of the alarms", second, Alarms::FAULTS);
        Ok(Self {
            alarms: Alarm::of([first, second]),
            overflow_date: date(body)?,
            wrong_installation_date: date(body)?,
            burst_date: date(body)?,
            reverse_flow_date: date(body)?,
            warnings: first_reserved.into_iter().chain(second_reserved).collect(),
        })
    }
}

/// A day as the four bytes that were sent: the manual does not say which of them is which.
fn date(body: &mut Reader<'_>) -> Result<String, Failure> {
    Ok(hex_digits(body.bytes(4)?.value))
}
