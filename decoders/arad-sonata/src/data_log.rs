//! The data log: the index at the latest record, and what flowed before it from record to record.

use champollion_sdk::{clocks, prelude::*, word};
use serde::Serialize;

use crate::{DEVICES, alarms::Alarms, volume::Scale};

const MINUTE: u64 = 60_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'log> {
    message: &'static str,
    device_type: String,
    alarms: Alarms,
    battery_voltage: Spanned<f64>,
    read_time: String,
    volume: Spanned<f64>,
    /// Minutes between two records.
    record_interval: u16,
    /// Cubic metres that flowed in each interval, the latest first; none for what is not valid.
    deltas: &'log [Option<Spanned<f64>>],
}

pub(crate) fn decode(payload: &mut Reader<'_>, received_at: u64) -> Result<Reading, Failure> {
    // Two bytes that the public codec calls reserved.
    payload.skip(2)?;
    let device_type = word(DEVICES, *payload.u8()?);
    let number = payload.u32_be()?.map(i64::from);
    let scale = Scale::read(payload)?;
    let since_record = u64::from(*payload.u16_be()?);
    let record_interval = *payload.u16_be()?;
    let alarms = Alarms::read(payload)?;
    let battery_voltage = payload.u16_be()?.divided_by(1_000.0);
    let delta_scale = Scale::read(payload)?;
    let mut numbers = Vec::with_capacity(payload.remaining() / 2);
    while !payload.is_empty() {
        numbers.push(payload.u16_be()?);
    }

    let read_at = received_at.saturating_sub(since_record * MINUTE);
    let volume = scale.cubic_metres(number);
    let deltas: Vec<_> = numbers
        .iter()
        .map(|number| delta(*number).map(|number| delta_scale.cubic_metres(number)))
        .collect();
    let reading = Reading::new(&Message {
        message: "dataLog",
        device_type,
        alarms,
        battery_voltage,
        read_time: clocks::rfc3339(read_at),
        volume,
        record_interval,
        deltas: &deltas,
    })?
    .with(quantity::WATER_VOLUME.of(volume).at(read_at))
    .with(quantity::BATTERY_VOLTAGE.of(battery_voltage))
    .with_all(alarms.measurements(None, None));

    let step = u64::from(record_interval) * MINUTE;
    let history = History { number, scale, delta_scale, read_at, step };
    let known: Vec<_> = numbers.iter().map_while(|number| delta(*number)).collect();
    let reading = reading.with_all(history.measurements(&known));
    let first = known.len() + 1;
    Ok(match numbers.get(known.len()).and_then(|number| error(**number)) {
        Some(error) => reading
            .warn(format!("record {first} is {error}, so the indexes before it are not known")),
        None => reading,
    })
}

/// A record; `None` for one that stands for an error.
fn delta(number: Spanned<u16>) -> Option<Spanned<i64>> {
    error(*number).is_none().then(|| number.map(i64::from))
}

/// The meaning of a record that is no volume.
fn error(number: u16) -> Option<&'static str> {
    match number {
        0x8000 => Some("empty"),
        0x8001 => Some("an overflow"),
        0x8002 => Some("an error of reading the meter"),
        0x8003 => Some("an error of a digit of the meter"),
        _ => None,
    }
}

/// The index from which the records lead back.
struct History {
    number: Spanned<i64>,
    scale: Scale,
    delta_scale: Scale,
    read_at: u64,
    /// Milliseconds between two records.
    step: u64,
}

impl History {
    /// The index before each record. An index spans the latest one and all records that were taken off it.
    fn measurements(&self, deltas: &[Spanned<i64>]) -> Vec<Measurement> {
        let finer = self.scale.min(self.delta_scale);
        let mut moment = self.read_at;
        let mut index =
            self.scale.count_in(finer, *self.number).map(|count| self.number.map(|_| count));
        let mut found = Vec::with_capacity(deltas.len());
        for delta in deltas {
            let earlier = moment.checked_sub(self.step).filter(|_| self.step > 0);
            let count = self.delta_scale.count_in(finer, **delta);
            let (Some(at), Some(count), Some(before)) = (earlier, count, index) else { break };
            let before = before.zip(*delta).map(|(index, _)| index.checked_sub(count));
            let Some(before) = before.transpose() else { break };
            found.push(quantity::WATER_VOLUME.of(finer.cubic_metres(before)).at(at));
            (moment, index) = (at, Some(before));
        }
        found
    }
}
