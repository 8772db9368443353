//! The answer to a command: whether it was taken, and what was asked for.

use champollion_sdk::{
    clocks,
    families::b_meters::{self, Answer},
    prelude::*,
};
use serde::Serialize;

use crate::{
    alarms::Alarms,
    exchange::{ERRORS, Exchange, Function},
    settings::{AlarmSettings, Counter, MeterSettings},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    FirmwareVersion(String),
    Clock(String),
    Counters(Counters),
    MeterSettings(MeterSettings),
    AlarmSettings(AlarmSettings),
    StoredAlarms(StoredAlarms),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counters {
    #[serde(flatten)]
    counter: Counter,
    /// Litres that flowed backward.
    backward: u32,
}

/// The alarms that the module keeps until they are cleared, and the days on which they came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredAlarms {
    #[serde(flatten)]
    alarms: Alarms,
    #[serde(skip_serializing_if = "Option::is_none")]
    magnetic_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removal_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor_fraud_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leakage_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_flow_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_battery_on: Option<String>,
}

pub(crate) fn decode(exchange: Exchange<'_>) -> Result<Reading, Failure> {
    Reading::new(&Answer::read(exchange, ERRORS, told)?)
}

fn told(function: Function, body: &mut Reader<'_>) -> Result<Option<Told>, Failure> {
    Ok(Some(match function {
        Function::GetFirmware => {
            let [major, minor, patch] = body.array()?.value;
            Told::FirmwareVersion(format!("{major}.{minor}.{patch}"))
        }
        Function::GetClock => Told::Clock(clocks::rfc3339(b_meters::read_clock(body)?)),
        Function::GetCounters => {
            Told::Counters(Counters { counter: Counter::read(body)?, backward: *body.u32_be()? })
        }
        Function::GetMeter => Told::MeterSettings(MeterSettings::read(body)?),
        Function::GetAlarmSettings => Told::AlarmSettings(AlarmSettings::read(body)?),
        Function::GetAlarms => Told::StoredAlarms(StoredAlarms::read(body)?),
        Function::Reset
        | Function::SetClock
        | Function::SetCounters
        | Function::SetMeter
        | Function::SetAlarmSettings
        | Function::SetAlarms => return Ok(None),
    }))
}

impl StoredAlarms {
    fn read(body: &mut Reader<'_>) -> Result<Self, Failure> {
        body.skip(3)?;
        Ok(Self {
            alarms: Alarms::of(*body.u8()?),
            magnetic_on: day(body)?,
            removal_on: day(body)?,
            sensor_fraud_on: day(body)?,
            leakage_on: day(body)?,
            reverse_flow_on: day(body)?,
            low_battery_on: day(body)?,
        })
    }
}

/// A day in four bytes: day, month, year since 2000 and 0; none where all are 0.
fn day(body: &mut Reader<'_>) -> Result<Option<String>, Failure> {
    let bytes = body.array::<4>()?;
    let [day, month, year, _] = bytes.value.map(u32::from);
    if day == 0 && month == 0 {
        return Ok(None);
    }
    let moment = clocks::moment((2_000 + year, month, day), (0, 0, 0));
    let moment = moment.ok_or_else(|| {
        Failure::invalid_value(format!("{day}/{month}/{year} is no day")).at(bytes.span)
    })?;
    Ok(Some(clocks::rfc3339(moment)[..10].to_owned()))
}
