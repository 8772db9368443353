//! Data messages of an optical head, which counts the turns of a disk or the flashes of a light.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    ELECTROMECHANICAL,
    history::{History, MINUTE},
};

/// Values of the messages whose number of values is fixed.
const INTERVALS: usize = 8;

/// Values of the message that comes with the power of each minute.
const MINUTES: usize = 20;

/// Minutes from the end of the last minute that is told to the reception.
const DELAY_MINUTES: u64 = 10;

/// Minutes of an interval that a byte can tell at most.
const DAY_MINUTES: u8 = 240;

#[derive(Serialize)]
struct Message {
    message_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meter_type: Option<&'static str>,
    time_step: u8,
    #[serde(flatten)]
    history: History,
}

#[derive(Serialize)]
struct Powers {
    message_type: &'static str,
    time_step: u8,
    index: u32,
    powers: Vec<u16>,
}

/// The shape of a kind of message.
struct Layout {
    index_bytes: usize,
    time_step: u8,
}

pub(crate) fn decode(kind: u8, mut payload: Reader<'_>, now: u64) -> Result<Reading, Failure> {
    let layout = match kind {
        0x20 => Layout { index_bytes: 3, time_step: 10 },
        0x21 => Layout { index_bytes: 3, time_step: 15 },
        0x22 => Layout { index_bytes: 3, time_step: 60 },
        0x48 => Layout { index_bytes: 4, time_step: 10 },
        0x49 => Layout { index_bytes: 4, time_step: 15 },
        0x4A => Layout { index_bytes: 4, time_step: 60 },
        0x5B => return decode_minutes(payload, now),
        _ => Layout { index_bytes: 4, time_step: time_step(&mut payload)? },
    };
    let index = payload.unsigned_be(layout.index_bytes)?;
    let count = match kind {
        0x20..=0x22 | 0x48..=0x4A => INTERVALS,
        _ => payload.remaining() / 2,
    };
    let mut increments = Vec::new();
    for _ in 0..count.max(1) {
        increments.push(payload.u16_be()?.map(|sent| Some(i64::from(sent))));
    }
    payload.end()?;
    let index = index.map(|index| Some(index.cast_signed()));
    let history = History::new(index, &increments, 1.0, layout.time_step);
    let measurements = history.measurements(&quantity::ELECTRICITY_ENERGY_ACTIVE, now);
    // An infrared head that reads a disk says so by the message.
    let meter_type = matches!(kind, 0x48..=0x4A | 0x6F).then_some(ELECTROMECHANICAL);
    let message = Message { message_type: "T1", meter_type, time_step: layout.time_step, history };
    Ok(Reading::new(&message)?.with_all(measurements))
}

/// Reads the minutes of an interval.
pub(crate) fn time_step(payload: &mut Reader<'_>) -> Result<u8, Failure> {
    let step = payload.u8()?;
    if (1..=DAY_MINUTES).contains(&*step) {
        return Ok(*step);
    }
    Err(Failure::invalid_value(format!("{} minutes are no time step", *step)).at(step.span))
}

/// Reads the message that comes with the power of each of twenty minutes, ten minutes late.
fn decode_minutes(mut payload: Reader<'_>, now: u64) -> Result<Reading, Failure> {
    let index = payload.u32_be()?;
    let mut powers = Vec::new();
    let mut measurements = vec![quantity::ELECTRICITY_ENERGY_ACTIVE.of(index.divided_by(1e3))];
    for minutes_ago in (0..MINUTES as u64).rev() {
        let power = payload.u16_be()?;
        powers.push(*power);
        let moment = now.saturating_sub((minutes_ago + DELAY_MINUTES) * MINUTE);
        let measurement = quantity::ELECTRICITY_POWER_ACTIVE.of(power.map(f64::from));
        measurements.push(measurement.at(moment));
    }
    payload.end()?;
    let message = Powers { message_type: "T1", time_step: 1, index: *index, powers };
    Ok(Reading::new(&message)?.with_all(measurements))
}
