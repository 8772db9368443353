//! The notes about both channels: alarms and flows, in pulses of an hour.

use champollion_sdk::{families::pulses::Pulses, prelude::*, reserved_bits};
use serde::Serialize;

use crate::status::Status;

/// Bits of the byte of alarms that are one: three of each channel.
const ALARMS: u8 = 0x3F;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alive {
    frame: &'static str,
    status: Status,
    channel_a: Channel,
    channel_b: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    flow_alarm: Spanned<bool>,
    tamper_alarm: Spanned<bool>,
    leak_alarm: Spanned<bool>,
    /// Pulses of an hour.
    maximum_flow: Spanned<u16>,
    minimum_flow: Spanned<u16>,
}

impl Channel {
    fn measurements(self, pulses: Pulses) -> Vec<Measurement> {
        let mut found = vec![
            quantity::ALARM_CONSUMPTION.of(self.flow_alarm),
            quantity::ALARM_TAMPER.of(self.tamper_alarm),
            quantity::ALARM_LEAK.of(self.leak_alarm),
        ];
        let maximum = pulses.flow(self.maximum_flow);
        let minimum = pulses.flow(self.minimum_flow);
        found.extend(maximum.map(|flow| quantity::WATER_FLOW_MAX.of(flow)));
        found.extend(minimum.map(|flow| quantity::WATER_FLOW_MIN.of(flow)));
        found.into_iter().map(|one| one.on(pulses.channel())).collect()
    }
}

pub(crate) fn decode(
    payload: &mut Reader<'_>,
    status: Status,
    channels: [Pulses; 2],
) -> Result<Reading, Failure> {
    let alarms = payload.u8()?;
    let [maximum_a, maximum_b] = [payload.u16_be()?, payload.u16_be()?];
    let [minimum_a, minimum_b] = [payload.u16_be()?, payload.u16_be()?];
    let time = status.time(payload)?;
    let channel = |first, maximum_flow, minimum_flow| Channel {
        flow_alarm: alarms.bit(first),
        tamper_alarm: alarms.bit(first + 2),
        leak_alarm: alarms.bit(first + 4),
        maximum_flow,
        minimum_flow,
    };
    let channel_a = channel(0, maximum_a, minimum_a);
    let channel_b = channel(1, maximum_b, minimum_b);
    let [a, b] = channels;
    Ok(Reading::new(&Alive { frame: "alive", status, channel_a, channel_b, time })?
        .with_all(channel_a.measurements(a))
        .with_all(channel_b.measurements(b))
        .warn_all(reserved_bits("the byte of alarms", *alarms, ALARMS)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowAlarm {
    frame: &'static str,
    status: Status,
    flow_a: Spanned<u16>,
    flow_b: Spanned<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

/// The frame that is sent at once when a flow is above its threshold; a channel whose flow is not has 0.
pub(crate) fn flow_alarm(
    payload: &mut Reader<'_>,
    status: Status,
    channels: [Pulses; 2],
) -> Result<Reading, Failure> {
    let [flow_a, flow_b] = [payload.u16_be()?, payload.u16_be()?];
    let time = status.time(payload)?;
    let told = channels.into_iter().zip([flow_a, flow_b]).flat_map(|(pulses, flow)| {
        let alarm = (*flow > 0).then(|| quantity::ALARM_CONSUMPTION.of(flow.map(|_| true)));
        let flow = pulses.flow(flow).map(|flow| quantity::WATER_FLOW.of(flow));
        let found: Vec<_> = alarm.into_iter().chain(flow).collect();
        found.into_iter().map(move |one| one.on(pulses.channel()))
    });
    Ok(Reading::new(&FlowAlarm { frame: "flowAlarm", status, flow_a, flow_b, time })?
        .with_all(told))
}
