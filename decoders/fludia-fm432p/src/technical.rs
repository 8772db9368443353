//! The messages T2: the index, the firmware, and the settings that say what T1 holds.

use champollion_sdk::{families::pulses::Pulses, hexadecimal, prelude::*};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    index: i64,
    firmware_version: String,
    time_step: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_values: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redundancy: Option<u8>,
}

pub(crate) fn adaptable(payload: &mut Reader<'_>, pulses: Pulses) -> Result<Reading, Failure> {
    let [major, minor, patch] = payload.array()?.value;
    let index = payload.u32_be()?.map(i64::from);
    let [time_step, number_of_values, redundancy] = payload.array()?.value;
    payload.end()?;
    let message = Message {
        message: "T2",
        index: *index,
        firmware_version: format!("{major}.{minor}.{patch}"),
        time_step,
        number_of_values: Some(number_of_values),
        redundancy: Some(redundancy),
    };
    Ok(Reading::new(&message)?.with_all(pulses.measurements(index, None)))
}

/// The message of firmware 3.3.2, whose version is letters.
pub(crate) fn fixed(payload: &mut Reader<'_>, pulses: Pulses) -> Result<Reading, Failure> {
    let letters = payload.array::<3>()?;
    if !letters.value.iter().all(u8::is_ascii_alphanumeric) {
        let message = format!("{} are no letters of a version", hexadecimal(&letters.value));
        return Err(Failure::invalid_value(message).at(letters.span));
    }
    let [major, minor, patch] = letters.value.map(char::from);
    let index = payload.u32_be()?.map(i64::from);
    // A byte that no source describes.
    payload.skip(1)?;
    let time_step = *payload.u8()?;
    payload.end()?;
    let message = Message {
        message: "T2",
        index: *index,
        firmware_version: format!("{major}.{minor}.{patch}"),
        time_step,
        number_of_values: None,
        redundancy: None,
    };
    Ok(Reading::new(&message)?.with_all(pulses.measurements(index, None)))
}
