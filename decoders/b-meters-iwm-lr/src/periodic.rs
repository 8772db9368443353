//! The periodic message: both counters, the alarms, and the temperature where it was enabled.
//!
//! Counters are decimal digits, two in a byte, the lowest byte first. The manual says so by the largest number that it
//! gives, 99.999.999, and by its example, which The Things Network's codec has (in a form that was typed wrong, see the
//! README): `74 20 01 00` are 12,074 litres. Actility's driver takes them for plain numbers.

use champollion_sdk::{Words, prelude::*, reserved, reserved_bits, word};
use serde::Serialize;

use crate::{alarms::Alarms, settings::LITRES_PER_PULSE};

pub(crate) const APPLICATION_CODE: u8 = 0x44;

const MEDIA: Words = &[(0, "water"), (1, "hotWater")];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    /// The volume that flowed forward less that which flowed backward, in the unit.
    counter: u64,
    reverse_flow_counter: u64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    litres_per_pulse: Option<u8>,
    medium: String,
    alarms: Alarms,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
}

pub(crate) fn decode(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    payload.skip(1)?;
    let counter = payload.bcd_le(4)?;
    let reverse_flow_counter = payload.bcd_le(4)?;
    let index_k = *payload.u8()?;
    let litres_per_pulse = LITRES_PER_PULSE.get(usize::from(index_k)).copied();
    let medium = *payload.u8()?;
    let vif = payload.u8()?;
    let (unit, of_cubic_metre) = match *vif {
        0x13 => ("L", 1_000.0),
        0x14 => ("daL", 100.0),
        0x15 => ("hL", 10.0),
        0x16 => ("m3", 1.0),
        other => {
            let message = format!("the VIF {other:02X} is none of 13 to 16, so no unit is known");
            return Err(Failure::invalid_value(message).at(vif.span));
        }
    };
    let flags = payload.u8()?;
    let alarms = Alarms::of(*flags);
    let temperature = match payload.is_empty() {
        true => None,
        false => Some(payload.i16_be()?.map(tenths).divided_by(10.0)),
    };
    payload.end()?;
    Ok(Reading::new(&Message {
        message: "periodic",
        counter: *counter,
        reverse_flow_counter: *reverse_flow_counter,
        unit,
        litres_per_pulse,
        medium: word(MEDIA, medium),
        alarms,
        temperature,
    })?
    .with(quantity::WATER_VOLUME.of(counter.divided_by(of_cubic_metre)))
    .with(quantity::WATER_VOLUME_REVERSE.of(reverse_flow_counter.divided_by(of_cubic_metre)))
    .with_all(temperature.map(|read| quantity::DEVICE_TEMPERATURE.of(read)))
    .with_all(alarms.measurements(flags))
    .warn_all(
        litres_per_pulse
            .is_none()
            .then(|| format!("the index K is {index_k}, which has no known meaning")),
    )
    .warn_all(reserved("the medium", MEDIA, medium))
    .warn_all(reserved_bits("the byte of the alarms", *flags, Alarms::KNOWN)))
}

/// Tenths of a degree above which a temperature can be.
const ABSOLUTE_ZERO: i16 = -2_731;

/// The tenths of a degree that were sent. Below zero one source reads two's complement, and the other a bit for the sign
/// and the size behind it. What would be colder than anything in the first is a temperature in the second.
fn tenths(sent: i16) -> i16 {
    match sent {
        i16::MIN | ABSOLUTE_ZERO.. => sent,
        _ => -(sent & i16::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_temperature_below_zero_are_read() {
        for (sent, expected) in [(0x011B, 283), (-50, -50), (-32_718, -50), (i16::MIN, i16::MIN)] {
            assert_eq!(tenths(sent), expected, "{sent:04X}");
        }
    }
}
