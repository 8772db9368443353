//! Values that were kept with their moments, and are sent again.

use champollion_sdk::{
    families::milesight::{Json, Map, ON_OFF, Told, word},
    prelude::*,
};

use crate::{analogue::Analogue, half, modbus};

/// The channel of all histories.
pub(crate) const CHANNEL: u8 = 0x20;

/// The type of a history of inputs and outputs.
pub(crate) const INPUTS: u8 = 0xDC;

/// The type of a history of Modbus values.
pub(crate) const MODBUS: u8 = 0xDD;

/// Bytes of a text in a history.
const TEXT_BYTES: usize = 48;

/// Bytes of a Modbus value in a history, whatever its type.
const MODBUS_BYTES: usize = 4;

/// Reads the inputs and outputs of one moment.
pub(crate) fn inputs(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let seconds = value.clone().u32_le()?;
    let moment = value.unix_le()?;
    let mask = value.u16_le()?;
    let mut kept = Map::from_iter([("timestamp".to_owned(), (*seconds).into())]);
    let mut measure = |measurement: Measurement| told.measure(measurement.at(*moment));
    for (bit, number) in (0..).zip(1_u8..=16) {
        if !*mask.bit(bit) {
            continue;
        }
        match bit {
            0..=3 => input(number, value, &mut kept, &mut measure)?,
            4..=5 => {
                let state = value.u8()?;
                kept.insert(format!("gpio_output_{}", number - 4), word(ON_OFF, *state).into());
                let is_on = state.map(|state| state == 1);
                measure(quantity::SWITCH_CLOSED.of(is_on).on(number.into()));
            }
            6..=7 => analogue(Analogue::Pt100(number - 6), &[], value, &mut kept, &mut measure)?,
            8..=9 => {
                analogue(Analogue::Current(number - 8), PERIOD, value, &mut kept, &mut measure)?;
            }
            10..=11 => {
                analogue(Analogue::Voltage(number - 10), PERIOD, value, &mut kept, &mut measure)?;
            }
            12 => {
                let text = value.bytes(TEXT_BYTES)?;
                let text = String::from_utf8_lossy(&text);
                kept.insert("text".to_owned(), text.trim_end_matches('\0').into());
            }
            _ => {
                let message = format!("bit {bit} of the mask stands for nothing that is known");
                return Err(Failure::unknown_message(message).at(mask.span));
            }
        }
    }
    told.say_also("channel_history", kept);
    Ok(())
}

/// Values that follow that of an input which is watched over a period.
const PERIOD: &[&str] = &["max", "min", "avg"];

fn input(
    number: u8,
    value: &mut Reader<'_>,
    kept: &mut Map<String, Json>,
    measure: &mut impl FnMut(Measurement),
) -> Result<(), Failure> {
    let is_counter = *value.u8()? != 0;
    let read = value.u32_le()?;
    if is_counter {
        kept.insert(format!("gpio_counter_{number}"), (*read).into());
        measure(quantity::PULSE_COUNT.of(read.map(i64::from)).on(number.into()));
    } else {
        let is_on = read.map(|state| state == 1);
        kept.insert(format!("gpio_input_{number}"), word(ON_OFF, u8::from(*is_on)).into());
        measure(quantity::SWITCH_CLOSED.of(is_on).on(number.into()));
    }
    Ok(())
}

fn analogue(
    input: Analogue,
    of_period: &[&str],
    value: &mut Reader<'_>,
    kept: &mut Map<String, Json>,
    measure: &mut impl FnMut(Measurement),
) -> Result<(), Failure> {
    let last = half::read(value)?;
    kept.insert(input.name(), (*last).into());
    measure(input.measurement(last));
    for of_period in of_period {
        kept.insert(format!("{}_{of_period}", input.name()), (*half::read(value)?).into());
    }
    Ok(())
}

/// Reads the Modbus values of one moment.
pub(crate) fn modbus(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let mut kept = Map::from_iter([("timestamp".to_owned(), (*value.u32_le()?).into())]);
    let mask = value.u32_le()?;
    for channel in (0_u8..32).filter(|channel| *mask.bit((*channel).into())) {
        let kind = value.u8()?;
        let mut sized = value.block(MODBUS_BYTES)?;
        kept.insert(modbus::name(channel), modbus::read(kind, &mut sized)?);
    }
    told.say_also("modbus_history", kept);
    Ok(())
}
