//! Reports of attributes: those that have one value are read here.

use champollion_sdk::{
    Words,
    families::watteco::{Field, Format, Json, Report, Told, causes, read_device},
    prelude::*,
    reserved, reserved_bits, shortest_decimal, word,
};

use crate::electrical;

/// An attribute that is a number.
struct Number {
    cluster: u16,
    attribute: u16,
    name: &'static str,
    /// Parts of a unit that the device counts: 100 for hundredths.
    parts: f64,
    measure: Option<fn(Spanned<f64>) -> Measurement>,
}

/// Reads a report with its causes.
pub(crate) fn decode(mut report: Report<'_>) -> Result<Reading, Failure> {
    let mut told = Told::of(&report);
    let (format, fields) = value(&mut report, &mut told)?;
    report.value.end()?;
    let causes = causes(&mut report.causes, format, fields)?;
    told.say_causes(&causes, report.is_alarm);
    told.reading()
}

/// Reads a value, and returns the format that it has in causes.
fn value(report: &mut Report<'_>, told: &mut Told) -> Result<(Format, &'static [Field]), Failure> {
    let plain = Format { width: 1, signed: false, float: false, parts: 1.0 };
    if let Some(fields) = electrical::read(report, told)? {
        return Ok((plain, fields));
    }
    if let Some(fields) = read_device(report, told)? {
        return Ok((plain, fields));
    }
    let own = NUMBERS
        .iter()
        .find(|number| (number.cluster, number.attribute) == (report.cluster, report.attribute));
    if let Some(number) = own {
        let format = format_of(*report.kind, number.parts);
        let value = read_number(report, format)?;
        if is_invalid(report.cluster, *report.kind, *value * number.parts) {
            told.warn(format!("{} is the number of a value that is not valid", number.name));
            return Ok((format, &[]));
        }
        told.say(number.name, json(*value, format));
        if let Some(measure) = number.measure {
            told.measure(measure(value).on(report.endpoint.into()));
        }
        return Ok((format, &[]));
    }
    let format = format_of(*report.kind, 1.0);
    if !switched(report, told)? {
        // Its type tells how long it is, though nobody knows it.
        match *report.kind {
            0x08..=0x3F => {
                let value = read_number(report, format)?;
                told.say("value", json(*value, format));
            }
            _ => told.say_bytes("bytes", report.value.rest().value),
        }
    }
    Ok((format, &[]))
}

/// Reads an attribute that is on or off, or counts how often it was.
fn switched(report: &mut Report<'_>, told: &mut Told) -> Result<bool, Failure> {
    let channel = u16::from(report.endpoint);
    match (report.cluster, report.attribute) {
        (0x0006, 0x0000) => {
            if let Some(is_on) = boolean("output", report.value.u8()?, told) {
                told.say("output", if *is_on { "ON" } else { "OFF" });
                told.measure(quantity::SWITCH_CLOSED.of(is_on).on(channel));
            }
        }
        (0x000F, 0x0402) => {
            let pulses = report.value.u32_be()?;
            told.say("index", *pulses);
            told.measure(quantity::PULSE_COUNT.of(pulses.map(i64::from)).on(channel));
        }
        (0x000F, 0x0055) => {
            if let Some(is_on) = boolean("pin_state", report.value.u8()?, told) {
                told.say("pin_state", *is_on);
            }
        }
        (0x000F, 0x0054) => {
            told.say("polarity", word(&[(0, "normal"), (1, "reverse")], *report.value.u8()?));
        }
        (0x000F, 0x0400) => told.say("edge_selection", word(EDGES, *report.value.u8()?)),
        (0x0406, 0x0000) => {
            let states = report.value.u8()?;
            let is_there = states.bit(0);
            told.say("occupancy", *is_there);
            told.measure(quantity::OCCUPANCY_PRESENT.of(is_there).on(channel));
            if let Some(warning) = reserved_bits("occupancy", *states, 1) {
                told.warn(warning);
            }
        }
        (0x8005, 0x0000) => {
            let pins = report.value.u16_be()?;
            for (bit, pin) in (0..10).zip(1..) {
                told.say(format!("pin_state_{pin}"), *pins.bit(bit));
            }
            if *pins.bits(10, 6) != 0 {
                told.warn(
                    "more than ten pins have a state, of which the maker's documents say nothing",
                );
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The edges of an input that are reported.
const EDGES: Words = &[
    (0, "none"),
    (1, "falling edge"),
    (2, "rising edge"),
    (3, "both edges"),
    (5, "polling and falling edge"),
    (6, "polling and rising edge"),
    (7, "polling and both edges"),
];

/// A boolean of ZigBee: 0 or 1. 255 is the one that is not valid, and others are none.
fn boolean(name: &str, state: Spanned<u8>, told: &mut Told) -> Option<Spanned<bool>> {
    if let Some(warning) = reserved(name, &[(0, "false"), (1, "true")], *state) {
        told.warn(warning);
        return None;
    }
    Some(state.map(|state| state == 1))
}

/// Whether a number is the one by which ZigBee's clusters of measurements say that they have no valid value.
fn is_invalid(cluster: u16, kind: u8, number: f64) -> bool {
    let invalid = match kind {
        0x20 => f64::from(u8::MAX),
        0x21 => f64::from(u16::MAX),
        0x29 => f64::from(i16::MIN),
        _ => return false,
    };
    (0x0400..=0x0405).contains(&cluster) && (number - invalid).abs() < 0.5
}

/// The format of a number by the type that ZigBee gives it.
fn format_of(kind: u8, parts: f64) -> Format {
    let width = match kind {
        0x39 => 4,
        0x0C => 5,
        0x0D | 0x25 => 6,
        0x31 => 2,
        _ => usize::from(kind & 0x03) + 1,
    };
    Format { width, signed: (0x28..=0x2B).contains(&kind), float: kind == 0x39, parts }
}

fn read_number(report: &mut Report<'_>, format: Format) -> Result<Spanned<f64>, Failure> {
    let number = match (format.float, format.signed) {
        (true, _) => report.value.f32_be()?.map(shortest_decimal),
        (false, true) => report.value.signed_be(format.width)?.divided_by(1.0),
        (false, false) => report.value.unsigned_be(format.width)?.divided_by(1.0),
    };
    Ok(number.map(|number| number / format.parts))
}

/// A whole number without a fraction, as the device counts it.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers have 48 bits at most")]
fn json(number: f64, format: Format) -> Json {
    if format.float || format.parts > 1.0 { number.into() } else { (number as i64).into() }
}

const NUMBERS: &[Number] = &[
    Number {
        cluster: 0x0402,
        attribute: 0x0000,
        name: "temperature",
        parts: 100.0,
        measure: Some(|value| quantity::SENSOR_TEMPERATURE.of(value)),
    },
    Number {
        cluster: 0x0402,
        attribute: 0x0001,
        name: "min_temperature",
        parts: 100.0,
        measure: None,
    },
    Number {
        cluster: 0x0402,
        attribute: 0x0002,
        name: "max_temperature",
        parts: 100.0,
        measure: None,
    },
    Number {
        cluster: 0x0405,
        attribute: 0x0000,
        name: "humidity",
        parts: 100.0,
        measure: Some(|value| quantity::AIR_HUMIDITY.of(value)),
    },
    Number {
        cluster: 0x0405,
        attribute: 0x0001,
        name: "min_humidity",
        parts: 100.0,
        measure: None,
    },
    Number {
        cluster: 0x0405,
        attribute: 0x0002,
        name: "max_humidity",
        parts: 100.0,
        measure: None,
    },
    Number {
        cluster: 0x0400,
        attribute: 0x0000,
        name: "illuminance",
        parts: 1.0,
        measure: Some(|value| quantity::LIGHT_ILLUMINANCE.of(value)),
    },
    Number {
        cluster: 0x0403,
        attribute: 0x0000,
        name: "pressure",
        parts: 1.0,
        measure: Some(|value| quantity::AIR_PRESSURE.of(value)),
    },
    Number {
        cluster: 0x8008,
        attribute: 0x0000,
        name: "differential_pressure",
        parts: 1.0,
        measure: None,
    },
    Number { cluster: 0x800C, attribute: 0x0000, name: "concentration", parts: 1.0, measure: None },
    Number { cluster: 0x800C, attribute: 0x0001, name: "analog", parts: 1.0, measure: None },
    Number { cluster: 0x800C, attribute: 0x0002, name: "analog", parts: 1.0, measure: None },
    Number { cluster: 0x000C, attribute: 0x0055, name: "analog", parts: 1.0, measure: None },
    Number {
        cluster: 0x000C,
        attribute: 0x8003,
        name: "power_duration",
        parts: 1.0,
        measure: None,
    },
    Number {
        cluster: 0x000F,
        attribute: 0x0401,
        name: "debounce_period",
        parts: 1.0,
        measure: None,
    },
    Number { cluster: 0x000F, attribute: 0x0403, name: "poll_period", parts: 1.0, measure: None },
    Number { cluster: 0x000F, attribute: 0x0404, name: "force_notify", parts: 1.0, measure: None },
    Number { cluster: 0x0013, attribute: 0x0055, name: "output_value", parts: 1.0, measure: None },
    Number { cluster: 0x800E, attribute: 0x0000, name: "number", parts: 1.0, measure: None },
    Number { cluster: 0x8006, attribute: 0x0000, name: "speed", parts: 1.0, measure: None },
    Number { cluster: 0x8006, attribute: 0x0001, name: "data_bit", parts: 1.0, measure: None },
    Number { cluster: 0x8006, attribute: 0x0002, name: "parity", parts: 1.0, measure: None },
    Number { cluster: 0x8006, attribute: 0x0003, name: "stop_bit", parts: 1.0, measure: None },
    Number { cluster: 0x8004, attribute: 0x0001, name: "nb_retry", parts: 1.0, measure: None },
];
