//! Technical messages: the state of the head, and its settings.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{ELECTROMECHANICAL, ELECTRONIC, INFRARED, infrared};

/// A power of ten in which a meter tells that it does not have the number.
const NO_SCALER: i8 = 0x7F;

const MEASURES: [&str; 4] = [
    "E-POS values (OBIS code 1.8.0)",
    "E-SUM values (OBIS code 16.8.0)",
    "E-NEG values (OBIS code 2.8.0)",
    "E-POS values (OBIS code 1.8.0) and E-NEG values (OBIS code 2.8.0)",
];

#[derive(Default, Serialize)]
struct Technical {
    message_type: &'static str,
    meter_type: String,
    /// Watt-hours of the meter.
    index: Option<f64>,
    firmware_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_battery: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_starts: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_step: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_values: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redundancy: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitivity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaler_e_pos: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaler_e_sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaler_e_neg: Option<f64>,
}

/// Reads the message of an optical head whose settings can be changed.
pub(crate) fn decode(mut payload: Reader<'_>) -> Result<Reading, Failure> {
    let number_of_starts = Some(*payload.u8()?);
    payload.skip(2)?;
    let param_id = Some(*payload.u8()?);
    let firmware_version = *payload.u8()?;
    let meter_type = meter_type(*payload.u8()?);
    let low_battery = payload.u8()?.map(|sent| sent != 0);
    let index = payload.u32_be()?;
    let technical = Technical {
        message_type: "T2",
        meter_type,
        index: Some(f64::from(*index)),
        firmware_version,
        low_battery: Some(*low_battery),
        number_of_starts,
        param_id,
        time_step: Some(*payload.u8()?),
        number_of_values: Some(*payload.u8()?),
        redundancy: Some(*payload.u8()?),
        sensitivity: Some(*payload.u8()?),
        ..Technical::default()
    };
    payload.end()?;
    Ok(Reading::new(&technical)?
        .with(quantity::ELECTRICITY_ENERGY_ACTIVE.of(index.divided_by(1e3)))
        .with(quantity::ALARM_BATTERY.of(low_battery)))
}

/// Reads the message of an optical head whose settings are fixed.
pub(crate) fn decode_short(kind: u8, mut payload: Reader<'_>) -> Result<Reading, Failure> {
    let number_of_starts = Some(*payload.u8()?);
    payload.skip(1)?;
    let param_id = Some(*payload.u8()?);
    let state = payload.u8()?;
    let index = payload.u32_be()?;
    payload.skip(2)?;
    let step = *payload.u8()?;
    payload.end()?;
    let low_battery = state.bit(0);
    let technical = Technical {
        message_type: "T2",
        meter_type: meter_type(*state.bits(1, 1)),
        index: Some(f64::from(*index)),
        firmware_version: *state.bits(2, 6),
        low_battery: Some(*low_battery),
        number_of_starts,
        param_id,
        time_step: match (kind, step) {
            // Of the head that tells each minute the byte says something else.
            (0x51, _) | (_, 2) => Some(1),
            (_, 0) => Some(10),
            (_, 1) => Some(60),
            (_, 3) => Some(15),
            _ => None,
        },
        ..Technical::default()
    };
    Ok(Reading::new(&technical)?
        .with(quantity::ELECTRICITY_ENERGY_ACTIVE.of(index.divided_by(1e3)))
        .with(quantity::ALARM_BATTERY.of(low_battery)))
}

/// Reads the message of an infrared head.
pub(crate) fn decode_infrared(kind: u8, mut payload: Reader<'_>) -> Result<Reading, Failure> {
    let is_adjustable = kind != 0x2A;
    let parts = if kind == 0x3B { 1.0 } else { 10.0 };
    let time_step = Some(*payload.u8()?);
    let number_of_values = is_adjustable.then(|| payload.u8()).transpose()?;
    let redundancy = is_adjustable.then(|| payload.u8()).transpose()?;
    let measure = *payload.u8()?;
    payload.skip(1)?;
    let firmware_version = *payload.u8()?;
    let sensitivity = Some(*payload.u8()?);
    let low_battery = is_adjustable.then(|| payload.u8()).transpose()?.map(|sent| sent.bit(0));
    let (scaler_e_pos, scaler_e_sum) = (scaler(&mut payload)?, scaler(&mut payload)?);
    let scaler_e_neg = scaler(&mut payload)?;
    let index = infrared::index(&mut payload, measure == 1)?;
    payload.end()?;
    let watt_hours = index.transpose().map(|index| index.divided_by(parts));
    let obis = MEASURES
        .get(usize::from(measure))
        .map_or_else(|| format!("reserved {measure}"), |measure| (*measure).to_owned());
    let technical = Technical {
        message_type: "T2",
        meter_type: INFRARED.to_owned(),
        index: watt_hours.map(|index| *index),
        firmware_version,
        low_battery: low_battery.map(|low| *low),
        time_step,
        number_of_values: number_of_values.map(|sent| *sent),
        redundancy: redundancy.map(|sent| *sent),
        sensitivity,
        obis: Some(obis),
        scaler_e_pos,
        scaler_e_sum,
        scaler_e_neg,
        ..Technical::default()
    };
    let quantity = match measure {
        0 | 3 => Some(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        1 => Some(&quantity::ELECTRICITY_ENERGY_ACTIVE_NET),
        2 => Some(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        _ => None,
    };
    let energy = quantity
        .zip(watt_hours)
        .map(|(quantity, index)| quantity.of(index.map(|watt_hours| watt_hours / 1e3)));
    Ok(Reading::new(&technical)?
        .with_all(energy)
        .with_all(low_battery.map(|low| quantity::ALARM_BATTERY.of(low))))
}

/// The number by which a meter multiplies what it tells.
fn scaler(payload: &mut Reader<'_>) -> Result<Option<f64>, Failure> {
    let exponent = *payload.i8()?;
    let is_known = exponent != NO_SCALER;
    // Dividing gives the nearest number to the decimal one; a power of a negative exponent does not.
    Ok(is_known.then(|| match exponent {
        ..0 => 1.0 / 10_f64.powi(-i32::from(exponent)),
        _ => 10_f64.powi(i32::from(exponent)),
    }))
}

fn meter_type(sent: u8) -> String {
    match sent {
        0 => ELECTROMECHANICAL.to_owned(),
        1 => ELECTRONIC.to_owned(),
        2 => "Electromechanical (Red)".to_owned(),
        other => format!("reserved {other}"),
    }
}
