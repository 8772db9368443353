//! The beacon for readers that walk or drive by: the index, six hours and five weeks.
//!
//! The public codec takes the five weekly numbers for consumption and is not sure about it. In the example that it has
//! from the maker's document they are 35637, 34635, 27763, 10203 and 9597 under an index of 36823: they are indexes. To
//! which moments they and the hours belong no source says for certain, so they are told without being measured.

use std::ops::RangeInclusive;

use champollion_sdk::{clocks, prelude::*, word};
use serde::Serialize;

use crate::{DEVICES, alarms::Alarms, volume::Scale};

const HOURS: usize = 6;
const WEEKS: usize = 5;

/// Numbers that stand for an error.
const HOUR_ERRORS: RangeInclusive<u16> = 0x8000..=0x8003;
const WEEK_ERRORS: RangeInclusive<u32> = 0x8000_0000..=0x8000_0001;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    device_type: String,
    firmware_version: String,
    rssi: i8,
    read_time: String,
    volume: Spanned<f64>,
    alarms: Alarms,
    battery_voltage: Spanned<f64>,
    /// Cubic metres of each hour, the latest first.
    hourly_deltas: Vec<Option<f64>>,
    /// Cubic metres of the index each week, the latest first.
    weekly_volumes: Vec<Option<f64>>,
}

pub(crate) fn decode(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let device_type = word(DEVICES, *payload.u8()?);
    let [major, minor] = payload.array()?.value;
    let rssi = *payload.i8()?;
    let read_at = *payload.unix_be()?;
    let number = payload.u32_be()?;
    let scale = Scale::read(payload)?;
    let volume = scale.cubic_metres(number.map(i64::from));
    let alarms = Alarms::read(payload)?;
    let battery_voltage = payload.u16_be()?.divided_by(1_000.0);
    let mut hourly_deltas = Vec::with_capacity(HOURS);
    for _ in 0..HOURS {
        let number = payload.u16_be()?;
        let cubic_metres = scale.cubic_metres(number.map(i64::from));
        hourly_deltas.push((!HOUR_ERRORS.contains(&number)).then_some(*cubic_metres));
    }
    let mut weekly_volumes = Vec::with_capacity(WEEKS);
    for _ in 0..WEEKS {
        let number = payload.u32_be()?;
        let cubic_metres = scale.cubic_metres(number.map(i64::from));
        weekly_volumes.push((!WEEK_ERRORS.contains(&number)).then_some(*cubic_metres));
    }
    payload.end()?;
    let message = Message {
        message: "beacon",
        device_type,
        firmware_version: format!("{major}.{minor}"),
        rssi,
        read_time: clocks::rfc3339(read_at),
        volume,
        alarms,
        battery_voltage,
        hourly_deltas,
        weekly_volumes,
    };
    Ok(Reading::new(&message)?
        .with(quantity::WATER_VOLUME.of(volume).at(read_at))
        .with(quantity::BATTERY_VOLTAGE.of(battery_voltage).at(read_at))
        .with_all(alarms.measurements(None, Some(read_at))))
}
