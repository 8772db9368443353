//! The short messages: the index and all alarms, periodically, or several times when an alarm comes up.

use champollion_sdk::{prelude::*, word};
use serde::Serialize;

use crate::{
    DEVICES,
    alarms::{Alarms, ExtendedAlarms},
    volume::Scale,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    device_type: String,
    alarms: Alarms,
    extended_alarms: ExtendedAlarms,
    volume: Spanned<f64>,
}

pub(crate) fn decode(message: &'static str, payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let device_type = word(DEVICES, *payload.u8()?);
    let alarms = Alarms::read(payload)?;
    let extended_alarms = ExtendedAlarms::read(payload)?;
    let number = payload.u32_be()?;
    let volume = Scale::read(payload)?.cubic_metres(number.map(i64::from));
    payload.end()?;
    let told = alarms.measurements(Some(&extended_alarms), None);
    Ok(Reading::new(&Message { message, device_type, alarms, extended_alarms, volume })?
        .with(quantity::WATER_VOLUME.of(volume))
        .with_all(told)
        .warn_all(extended_alarms.reserved()))
}
