//! The counters, with or without their history.

use champollion_sdk::{families::pulses::Pulses, prelude::*};
use serde::Serialize;

use crate::{configuration, status::Status};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Both {
    frame: &'static str,
    status: Status,
    channel_a: Spanned<u32>,
    channel_b: Spanned<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

pub(crate) fn both(
    payload: &mut Reader<'_>,
    status: Status,
    channels: [Pulses; 2],
) -> Result<Reading, Failure> {
    let channel_a = payload.u32_be()?;
    let channel_b = payload.u32_be()?;
    let time = status.time(payload)?;
    let [a, b] = channels;
    Ok(Reading::new(&Both { frame: "counters", status, channel_a, channel_b, time })?
        .with_all(a.measurements(channel_a.map(i64::from), None))
        .with_all(b.measurements(channel_b.map(i64::from), None)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    frame: &'static str,
    status: Status,
    counter: i64,
    /// The counter at each earlier moment, the latest first.
    history: Vec<i64>,
    /// Seconds between two of them, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    history_period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

pub(crate) fn history(
    frame: &'static str,
    payload: &mut Reader<'_>,
    status: Status,
    channel: Pulses,
    uplink: &Uplink,
) -> Result<Reading, Failure> {
    let counter = payload.u32_be()?.map(i64::from);
    let mut deltas = Vec::new();
    while payload.remaining() > status.time_bytes() {
        deltas.push(payload.u16_be()?);
    }
    let time = status.time(payload)?;
    let history_period = configuration::history_period(uplink)?;
    let earlier: Vec<_> = deltas
        .iter()
        .scan(counter, |counter, delta| {
            *counter = counter.zip(*delta).map(|(counter, delta)| counter - i64::from(delta));
            Some(*counter).filter(|counter| **counter >= 0)
        })
        .collect();
    let moments = (1_u64..).map_while(|count| {
        let back = history_period?.checked_mul(1_000)?.checked_mul(count)?;
        uplink.received_at.checked_sub(back)
    });
    let told = earlier
        .iter()
        .zip(moments)
        .flat_map(|(counter, moment)| channel.measurements(*counter, Some(moment)));
    let reading = Reading::new(&History {
        frame,
        status,
        counter: *counter,
        history: earlier.iter().map(|counter| counter.value).collect(),
        history_period,
        time,
    })?
    .with_all(channel.measurements(counter, None))
    .with_all(told);
    Ok(match history_period {
        None if !deltas.is_empty() => reading.warn(
            "the history has no moments until the device sends its settings, or history-period is set",
        ),
        _ => reading,
    })
}
