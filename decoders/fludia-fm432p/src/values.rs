//! The messages T1: the index when they were sent, and what was counted in each period before.

use champollion_sdk::{clocks, families::pulses::Pulses, prelude::*};
use serde::Serialize;

const MINUTE: u64 = 60_000;

/// The periods of a message of firmware 3.3.2, and the width of its index.
const FIXED_PERIODS: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    index: i64,
    /// The time of a step in minutes.
    time_step: u8,
    /// Pulses of each period, the oldest first.
    increments: Vec<u16>,
    /// The index at the beginning of each period, and when that was.
    indexes: Vec<Index>,
}

#[derive(Serialize)]
struct Index {
    time: String,
    index: i64,
}

/// The message of firmware 3.3.6, which tells its period and has as many of them as are set.
pub(crate) fn adaptable(
    payload: &mut Reader<'_>,
    pulses: Pulses,
    received_at: u64,
) -> Result<Reading, Failure> {
    let time_step = *payload.u8()?;
    let index = payload.u32_be()?.map(i64::from);
    let mut increments = vec![payload.u16_be()?];
    while !payload.is_empty() {
        increments.push(payload.u16_be()?);
    }
    tell(time_step, index, &increments, pulses, received_at)
}

/// The message of firmware 3.3.2, with an index of three bytes.
pub(crate) fn fixed(
    time_step: u8,
    payload: &mut Reader<'_>,
    pulses: Pulses,
    received_at: u64,
) -> Result<Reading, Failure> {
    let index = payload.u24_be()?.map(i64::from);
    let mut increments = Vec::with_capacity(FIXED_PERIODS);
    for _ in 0..FIXED_PERIODS {
        increments.push(payload.u16_be()?);
    }
    payload.end()?;
    tell(time_step, index, &increments, pulses, received_at)
}

fn tell(
    time_step: u8,
    index: Spanned<i64>,
    increments: &[Spanned<u16>],
    pulses: Pulses,
    received_at: u64,
) -> Result<Reading, Failure> {
    let history = history(time_step, index, increments, received_at);
    let message = Message {
        message: "T1",
        index: *index,
        time_step,
        increments: increments.iter().map(|increment| increment.value).collect(),
        indexes: history
            .iter()
            .rev()
            .map(|(index, moment)| Index { time: clocks::rfc3339(*moment), index: index.value })
            .collect(),
    };
    let earlier =
        history.iter().flat_map(|(index, moment)| pulses.measurements(*index, Some(*moment)));
    Ok(Reading::new(&message)?.with_all(pulses.measurements(index, None)).with_all(earlier))
}

/// The index at the beginning of each period, the latest first. It ends where a counter that began anew would lead below
/// nothing, and where a network tells no time.
fn history(
    time_step: u8,
    index: Spanned<i64>,
    increments: &[Spanned<u16>],
    received_at: u64,
) -> Vec<(Spanned<i64>, u64)> {
    let step = u64::from(time_step) * MINUTE;
    increments
        .iter()
        .rev()
        .scan((index, received_at), |(index, moment), increment| {
            let before = index.zip(*increment).map(|(index, pulses)| index - i64::from(pulses));
            let earlier = moment.checked_sub(step).filter(|_| step > 0 && *before >= 0)?;
            (*index, *moment) = (before, earlier);
            Some((before, earlier))
        })
        .collect()
}
