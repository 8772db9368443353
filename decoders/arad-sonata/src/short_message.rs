//! The short messages: the index and all alarms, periodically, or several times when an alarm comes up.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    alarms::{Alarms, ExtendedAlarms},
    device_type,
    volume::Scale,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    device_type: &'static str,
    alarms: Alarms,
    extended_alarms: ExtendedAlarms,
    volume: Spanned<f64>,
}

pub(crate) fn decode(message: &'static str, payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let device_type = device_type(*payload.u8()?);
    let alarms = Alarms::read(payload)?;
    let extended_alarms = ExtendedAlarms::read(payload)?;
    let number = payload.u32_be()?;
    let volume = Scale::read(payload)?.cubic_metres(number.map(i64::from));
    payload.end()?;
    let told = alarms.measurements(Some(&extended_alarms), None);
    Ok(Reading::new(&Message { message, device_type, alarms, extended_alarms, volume })?
        .with(quantity::WATER_VOLUME.of(volume))
        .with_all(told))
}
