//! Values that the UC300 sends.

use champollion_sdk::{
    families::milesight::{Json, Map, ON_OFF, Told, word},
    prelude::*,
};

use crate::{analogue::Analogue, half, history, modbus};

/// Longest text that a device sends.
const TEXT_BYTES: usize = 48;

/// Reads a frame that is a text of its operator's own, which has no header: it is told by all its characters being
/// printable, and by its first, which is no channel that the UC300 has.
pub(crate) fn text(payload: &[u8]) -> Option<Map<String, Json>> {
    let is_text = payload.iter().all(|byte| (0x21..0x7F).contains(byte) || *byte == b' ');
    if payload.is_empty()
        || payload.len() > TEXT_BYTES
        || !is_text
        || payload[0] == history::CHANNEL
    {
        return None;
    }
    let text = String::from_utf8(payload.to_vec()).ok()?;
    Some(Map::from_iter([("text".to_owned(), text.into())]))
}

/// Reads the value behind its header, or returns that it is none.
pub(crate) fn read(
    header: [u8; 2],
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    match header {
        [channel @ 0x03..=0x06, 0x00] => {
            told.say(
                format!("gpio_input_{}", channel - 2),
                word(ON_OFF, value.peek().unwrap_or(0)),
            );
            let is_on = value.u8()?.map(|state| state == 1);
            told.measure(quantity::SWITCH_CLOSED.of(is_on).on(u16::from(channel) - 2));
        }
        [channel @ 0x03..=0x06, 0xC8] => {
            let pulses = value.u32_le()?;
            told.say(format!("gpio_counter_{}", channel - 2), *pulses);
            let measured = quantity::PULSE_COUNT.of(pulses.map(i64::from));
            told.measure(measured.on(u16::from(channel) - 2));
        }
        [channel @ 0x07..=0x08, 0x01] => {
            told.say(
                format!("gpio_output_{}", channel - 6),
                word(ON_OFF, value.peek().unwrap_or(0)),
            );
            let is_on = value.u8()?.map(|state| state == 1);
            // Outputs follow the inputs, as the device numbers both where it filters them.
            told.measure(quantity::SWITCH_CLOSED.of(is_on).on(u16::from(channel) - 2));
        }
        [channel @ 0x09..=0x0A, 0x67] => {
            let degrees = value.i16_le()?.divided_by(10.0);
            told.say(format!("pt100_{}", channel - 8), *degrees);
            told.measure(quantity::PROBE_TEMPERATURE.of(degrees).on(u16::from(channel) - 8));
        }
        [channel @ 0x0B..=0x0C, 0x02] => {
            let milliamperes = value.u32_le()?;
            told.say(format!("adc_{}", channel - 10), *milliamperes.divided_by(100.0));
            let amperes = milliamperes.divided_by(100_000.0);
            told.measure(quantity::INPUT_CURRENT.of(amperes).on(u16::from(channel) - 10));
        }
        [channel @ 0x0D..=0x0E, 0x02] => {
            let volts = value.u32_le()?.divided_by(100.0);
            told.say(format!("adv_{}", channel - 12), *volts);
            told.measure(quantity::INPUT_VOLTAGE.of(volts).on(u16::from(channel) - 12));
        }
        [channel @ 0x09..=0x0E, 0xE2] => statistics(channel, value, told)?,
        [0xFF, 0x19] => {
            let channel = *value.u8()?;
            let size = *value.u8()?;
            let kind = value.u8()?;
            let mut sized = value.block(size.into())?;
            let read = modbus::read(kind, &mut sized)?;
            sized.end()?;
            told.say(modbus::name(channel), read);
        }
        [0xFF, 0x15] => {
            let channel = *value.u8()?;
            told.say(format!("{}_alarm", modbus::name(channel)), "read error");
        }
        [history::CHANNEL, history::INPUTS] => history::inputs(value, told)?,
        [history::CHANNEL, history::MODBUS] => history::modbus(value, told)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The value at the end of a period, with the highest, the lowest and the average of the period.
fn statistics(channel: u8, value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let input = match channel {
        0x09..=0x0A => Analogue::Pt100(channel - 8),
        0x0B..=0x0C => Analogue::Current(channel - 10),
        _ => Analogue::Voltage(channel - 12),
    };
    let last = half::read(value)?;
    told.say(input.name(), *last);
    told.measure(input.measurement(last));
    for of_period in ["max", "min", "avg"] {
        told.say(format!("{}_{of_period}", input.name()), *half::read(value)?);
    }
    Ok(())
}
