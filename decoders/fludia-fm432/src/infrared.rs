//! Data messages of an infrared head, which reads the numbers of a meter:
//!
//! | OBIS code | Of the message | Quantity                           |
//! |-----------|----------------|------------------------------------|
//! | 1.8.0     | `e_pos`        | energy that was used               |
//! | 2.8.0     | `e_neg`        | energy that was given to the mains |
//! | 16.8.0    | `e_sum`        | the one less the other             |

use champollion_sdk::{Quantity, prelude::*};
use serde::Serialize;

use crate::{INFRARED, history::History, optical::time_step};

/// Sent in the place of an increment from here on: the head could not read the meter, or not all of an interval.
const NO_INCREMENT: u16 = 0xFFFB;

/// Sent in the place of an index that could not be read.
const NO_INDEX: u64 = u64::MAX;

/// Values of a message that has 15 of them, and of one that has 8, and their bytes.
const BYTES_OF_MINUTES: usize = 30;

#[derive(Default, Serialize)]
struct Message {
    message_type: &'static str,
    meter_type: &'static str,
    time_step: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_sum: Option<History>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_pos: Option<History>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_neg: Option<History>,
}

/// The energies that a message has.
#[derive(Clone, Copy)]
enum Energies {
    Sum,
    Positive,
    Negative,
    Both,
}

pub(crate) fn decode(kind: u8, mut payload: Reader<'_>, now: u64) -> Result<Reading, Failure> {
    let (energies, parts) = match kind {
        0x2E | 0x71 => (Energies::Sum, 10.0),
        0x2F | 0x72 => (Energies::Positive, 10.0),
        0x30 | 0x73 => (Energies::Negative, 10.0),
        0x35 | 0x74 => (Energies::Both, 10.0),
        0x76 => (Energies::Sum, 1.0),
        0x77 => (Energies::Positive, 1.0),
        0x78 => (Energies::Negative, 1.0),
        _ => (Energies::Both, 1.0),
    };
    let has_fixed_size = matches!(kind, 0x2E..=0x35);
    let time_step = time_step(&mut payload)?;
    let signed = payload.u8()?;
    let read =
        |payload: &mut Reader<'_>, count, signed| history(payload, count, signed, parts, time_step);
    let mut message =
        Message { message_type: "T1", meter_type: INFRARED, time_step, ..Message::default() };
    let mut measurements = Vec::new();
    let mut measure = |history: &History, quantity: &Quantity<f64>| {
        measurements.extend(history.measurements(quantity, now));
    };
    match energies {
        Energies::Both => {
            let count = payload.remaining().saturating_sub(16) / 4;
            let used = read(&mut payload, count, *signed.bit(0))?;
            let given = read(&mut payload, count, *signed.bit(1))?;
            measure(&used, &quantity::ELECTRICITY_ENERGY_ACTIVE);
            measure(&given, &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED);
            (message.e_pos, message.e_neg) = (Some(used), Some(given));
        }
        one => {
            let bytes = payload.remaining().saturating_sub(8);
            let count = match (has_fixed_size, bytes) {
                (true, BYTES_OF_MINUTES) => 15,
                (true, _) => 8,
                (false, bytes) => bytes / 2,
            };
            let history = read(&mut payload, count, *signed != 0)?;
            match one {
                Energies::Sum => {
                    measure(&history, &quantity::ELECTRICITY_ENERGY_ACTIVE_NET);
                    message.e_sum = Some(history);
                }
                Energies::Negative => {
                    measure(&history, &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED);
                    message.e_neg = Some(history);
                }
                Energies::Positive | Energies::Both => {
                    measure(&history, &quantity::ELECTRICITY_ENERGY_ACTIVE);
                    message.e_pos = Some(history);
                }
            }
        }
    }
    payload.end()?;
    Ok(Reading::new(&message)?.with_all(measurements))
}

fn history(
    payload: &mut Reader<'_>,
    count: usize,
    signed: bool,
    parts: f64,
    time_step: u8,
) -> Result<History, Failure> {
    let index = index(payload, signed)?;
    let mut increments = Vec::new();
    for _ in 0..count.max(1) {
        increments.push(payload.u16_be()?.map(|sent| match sent {
            NO_INCREMENT.. => None,
            sent if signed => Some(i64::from(sent.cast_signed())),
            sent => Some(i64::from(sent)),
        }));
    }
    Ok(History::new(index, &increments, parts, time_step))
}

/// Reads an index of eight bytes.
pub(crate) fn index(
    payload: &mut Reader<'_>,
    signed: bool,
) -> Result<Spanned<Option<i64>>, Failure> {
    let sent = payload.u64_be()?;
    if *sent == NO_INDEX {
        return Ok(sent.map(|_| None));
    }
    if signed {
        return Ok(sent.map(|sent| Some(sent.cast_signed())));
    }
    match i64::try_from(*sent) {
        Ok(index) => Ok(sent.map(|_| Some(index))),
        Err(_) => {
            let message = format!("{:#018X} is no index that a meter can have", *sent);
            Err(Failure::invalid_value(message).at(sent.span))
        }
    }
}
