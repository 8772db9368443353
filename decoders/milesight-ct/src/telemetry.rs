//! Values that current transformers send.

use champollion_sdk::{
    families::milesight::{Json, Map, Told, Words, word},
    prelude::*,
    reserved,
};

/// Sent in the place of a current or a temperature that could not be read.
const READ_FAILED: u16 = 0xFFFF;

/// Sent in the place of a temperature that the sensor cannot measure.
const OVER_RANGE: u16 = 0xFFFD;

/// Units of a current in an ampere: the one clamp of the CT10x counts hundredths, those of the CT3xx tenths.
const CT10X: f64 = 100.0;
const CT3XX: f64 = 10.0;

/// The bits of a current's alarm, from the lowest on, with the alarms that each raises or ends.
const CURRENT_ALARMS: [&str; 4] = [
    "current_threshold_alarm",
    "current_threshold_alarm_release",
    "current_over_range_alarm",
    "current_over_range_alarm_release",
];

const TEMPERATURE_ALARMS: Words =
    &[(0, "temperature threshold alarm release"), (1, "temperature threshold alarm")];

/// The maker's list has no number for the end of this alarm.
const LOW_VOLTAGE: Words = &[(1, "low voltage alarm")];

/// Reads the value behind its header, or returns that it is none.
pub(crate) fn read(
    header: [u8; 2],
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    match header {
        [channel @ (0x03 | 0x05 | 0x07), 0x97] => {
            let ampere_hours = value.u32_le()?.divided_by(100.0);
            let clamp = (channel - 1) / 2;
            told.say(format!("current_chn{clamp}_total"), *ampere_hours);
            told.measure(quantity::ELECTRICITY_CHARGE.of(ampere_hours).on(clamp.into()));
        }
        [0x04, 0x98] => current(1, CT10X, value, told)?,
        [channel @ (0x04 | 0x06 | 0x08), 0x99] => current(channel / 2 - 1, CT3XX, value, told)?,
        [0x84, 0x98] => current_alarm(1, CT10X, value, told)?,
        [channel @ (0x84 | 0x86 | 0x88), 0x99] => {
            current_alarm((channel & 0x0F) / 2 - 1, CT3XX, value, told)?;
        }
        [0x09, 0x67] => temperature(value, told)?,
        [0x89, 0x67] => {
            temperature(value, told)?;
            let alarm = value.u8()?;
            told.say("temperature_alarm", word(TEMPERATURE_ALARMS, *alarm));
            if *alarm <= 1 {
                told.measure(quantity::ALARM_TEMPERATURE.of(alarm.bit(0)));
            }
        }
        [channel @ 0x10..=0x12, 0x63] => {
            let energy = value.u32_le()?.divided_by(100.0);
            let clamp = channel - 0x0F;
            told.say(format!("ch{clamp}_sumkwh"), *energy);
            told.measure(quantity::ELECTRICITY_ENERGY_ACTIVE.of(energy).on(clamp.into()));
        }
        [0x13, 0x75] => {
            let alarm = value.u8()?;
            told.say("low_voltage_alarm", word(LOW_VOLTAGE, *alarm));
            match reserved("low_voltage_alarm", LOW_VOLTAGE, *alarm) {
                Some(warning) => told.warn(warning),
                None => told.measure(quantity::ALARM_BATTERY.of(alarm.map(|_| true))),
            }
        }
        // The maker's own example of a current ends with four zeros.
        [0x00, 0x00] if value.clone().rest().iter().all(|byte| *byte == 0) => {
            let zeros = value.rest().len() + header.len();
            told.warn(format!("{zeros} zeros at the end say nothing that is documented"));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn current(clamp: u8, parts: f64, value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let current = value.u16_le()?;
    if *current == READ_FAILED {
        told.say(format!("current_chn{clamp}_sensor_status"), "read failed");
        return Ok(());
    }
    let amperes = current.divided_by(parts);
    told.say(format!("current_chn{clamp}"), *amperes);
    told.measure(quantity::ELECTRICITY_CURRENT.of(amperes).on(clamp.into()));
    Ok(())
}

fn current_alarm(
    clamp: u8,
    parts: f64,
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<(), Failure> {
    let (highest, lowest) = (value.u16_le()?.divided_by(parts), value.u16_le()?.divided_by(parts));
    told.say(format!("current_chn{clamp}_max"), *highest);
    told.say(format!("current_chn{clamp}_min"), *lowest);
    current(clamp, parts, value, told)?;
    let bits = value.u8()?;
    let mut alarms = Map::new();
    for (bit, name) in (0..).zip(CURRENT_ALARMS) {
        let is_set = if *bits.bit(bit) { "yes" } else { "no" };
        alarms.insert(name.to_owned(), is_set.into());
    }
    told.say(format!("current_chn{clamp}_alarm"), Json::from(alarms));
    let is_on = bits.map(|bits| bits & 0b0101 != 0);
    told.measure(quantity::ALARM_CURRENT.of(is_on).on(clamp.into()));
    Ok(())
}

fn temperature(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let sent = value.u16_le()?;
    match *sent {
        READ_FAILED => told.say("temperature_sensor_status", "read failed"),
        OVER_RANGE => told.say("temperature_sensor_status", "over range alarm"),
        _ => {
            let degrees = sent.map(u16::cast_signed).divided_by(10.0);
            told.say("temperature", *degrees);
            told.measure(quantity::PROBE_TEMPERATURE.of(degrees));
        }
    }
    Ok(())
}
