//! The periodic message: both counters, the alarms, and the temperature where it was enabled.
//!
//! Each counter has 28 bits: three bytes of its own, the lowest first, and half of the byte between them.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::alarms::Alarms;

pub(crate) const APPLICATION_CODE: u8 = 0x45;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    /// Litres that flowed forward less those that flowed backward.
    counter: u32,
    reverse_flow_counter: u32,
    alarms: Alarms,
    /// The bit of the diameter, which the manual does not explain further.
    diameter: Spanned<u8>,
    /// The bit of the medium, likewise.
    medium: Spanned<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
}

pub(crate) fn decode(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    payload.skip(1)?;
    let bytes = payload.array::<7>()?;
    let [first, second, third, shared, others @ ..] = bytes.value;
    let counter = bytes.map(|_| u32::from_le_bytes([first, second, third, shared >> 4]));
    let [first, second, third] = others;
    let reverse = bytes.map(|_| u32::from_le_bytes([first, second, third, shared & 0x0F]));
    let flags = payload.u8()?;
    let alarms = Alarms::of(flags);
    let temperature = match payload.is_empty() {
        true => None,
        false => Some(payload.i16_be()?.divided_by(10.0)),
    };
    payload.end()?;
    Ok(Reading::new(&Message {
        message: "periodic",
        counter: *counter,
        reverse_flow_counter: *reverse,
        alarms,
        diameter: flags.bit(6).map(u8::from),
        medium: flags.bit(7).map(u8::from),
        temperature,
    })?
    .with(quantity::WATER_VOLUME.of(counter.divided_by(1_000.0)))
    .with(quantity::WATER_VOLUME_REVERSE.of(reverse.divided_by(1_000.0)))
    .with_all(temperature.map(|read| quantity::DEVICE_TEMPERATURE.of(read)))
    .with_all(alarms.measurements()))
}
