//! The types whose meaning is the same on all models, within the channels that have it.

use champollion_sdk::prelude::*;

/// A value as it is sent, with its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Unsigned(usize),
    Signed(usize),
}

/// A type of values.
#[derive(Debug)]
pub(crate) struct Type {
    /// Its name in `data`.
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// Parts of a unit that the device counts: 10 for tenths.
    pub(crate) parts: i32,
    /// Whether the same comes from a channel that is 0x80 higher, with a byte behind it, when there is an alarm.
    pub(crate) has_alarm: bool,
    /// Makes a measurement of the value as it was sent.
    pub(crate) measure: Option<fn(Spanned<i64>) -> Measurement>,
}

/// Returns the type of a value, where it is known on the channel.
pub(crate) fn find(channel: u8, kind: u8) -> Option<&'static Type> {
    Some(match (kind, channel) {
        (0x00, 0x01..=0x7F) => &INPUT,
        (0x01, 0x01..=0x7F) => &OUTPUT,
        (0x63, 0x10..=0x12) => &ENERGY_KWH,
        (0x67, 0x01..=0x7F) => &TEMPERATURE,
        (0x68, 0x01..=0x7F) => &HUMIDITY_HALVES,
        (0x6A, 0x05) => &ACTIVITY,
        (0x70, 0x08) => &SOCKET,
        (0x73, 0x01..=0x7F) => &PRESSURE,
        (0x75, 0x01) => &BATTERY,
        (0x7D, 0x05 | 0x07) => &CO2,
        (0x7F, 0x05) => &CONDUCTIVITY,
        (0x80, 0x04) => &POWER,
        (0x81, 0x05) => &POWER_FACTOR,
        (0x82, 0x01..=0x7F) => &DISTANCE,
        (0x83, 0x06) => &ENERGY_WH,
        (0x94, 0x01..=0x7F) => &ILLUMINANCE,
        (0x97, 0x03 | 0x05 | 0x07) => &CHARGE,
        (0x98, 0x04) => &CURRENT_HUNDREDTHS,
        (0x99, 0x04 | 0x06 | 0x08) => &CURRENT_TENTHS,
        (0x9A, 0x01..=0x7F) => &HUMIDITY_TENTHS,
        (0xC8, 0x01..=0x7F) => &PULSES,
        (0xC9, 0x07) => &CURRENT_MILLI,
        (0xCA, 0x04) => &MOISTURE,
        (0xCB, 0x06) => &LIGHT_LEVEL,
        _ => return None,
    })
}

const INPUT: Type =
    Type { name: "input", value: Value::Unsigned(1), parts: 1, has_alarm: false, measure: None };

const OUTPUT: Type =
    Type { name: "output", value: Value::Unsigned(1), parts: 1, has_alarm: false, measure: None };

const ENERGY_KWH: Type = Type {
    name: "energy",
    value: Value::Unsigned(4),
    parts: 100,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_ENERGY_ACTIVE.of(sent.divided_by(100.0))),
};

const TEMPERATURE: Type = Type {
    name: "temperature",
    value: Value::Signed(2),
    parts: 10,
    has_alarm: true,
    measure: Some(|sent| quantity::SENSOR_TEMPERATURE.of(sent.divided_by(10.0))),
};

const HUMIDITY_HALVES: Type = Type {
    name: "humidity",
    value: Value::Unsigned(1),
    parts: 2,
    has_alarm: true,
    measure: Some(|sent| quantity::AIR_HUMIDITY.of(sent.divided_by(2.0))),
};

const ACTIVITY: Type = Type {
    name: "activity",
    value: Value::Unsigned(2),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::MOTION_COUNT.of(sent)),
};

const SOCKET: Type = Type {
    name: "socket",
    value: Value::Unsigned(1),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::SWITCH_CLOSED.of(sent.map(|state| state & 1 == 1))),
};

const PRESSURE: Type = Type {
    name: "pressure",
    value: Value::Unsigned(2),
    parts: 10,
    has_alarm: true,
    measure: Some(|sent| quantity::AIR_PRESSURE.of(sent.divided_by(10.0))),
};

const BATTERY: Type = Type {
    name: "battery",
    value: Value::Unsigned(1),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::BATTERY_LEVEL.of(sent.divided_by(1.0))),
};

const CO2: Type = Type {
    name: "co2",
    value: Value::Unsigned(2),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::AIR_CO2.of(sent.divided_by(1.0))),
};

const CONDUCTIVITY: Type = Type {
    name: "conductivity",
    value: Value::Unsigned(2),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::SOIL_CONDUCTIVITY.of(sent.divided_by(1000.0))),
};

const POWER: Type = Type {
    name: "power",
    value: Value::Unsigned(4),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_POWER_ACTIVE.of(sent.divided_by(1.0))),
};

const POWER_FACTOR: Type = Type {
    name: "power_factor",
    value: Value::Unsigned(1),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_POWER_FACTOR.of(sent.divided_by(100.0))),
};

const DISTANCE: Type = Type {
    name: "distance",
    value: Value::Signed(2),
    parts: 1,
    has_alarm: true,
    measure: Some(|sent| quantity::SENSOR_DISTANCE.of(sent.divided_by(1000.0))),
};

const ENERGY_WH: Type = Type {
    name: "energy",
    value: Value::Unsigned(4),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_ENERGY_ACTIVE.of(sent.divided_by(1000.0))),
};

const ILLUMINANCE: Type = Type {
    name: "illuminance",
    value: Value::Unsigned(4),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::LIGHT_ILLUMINANCE.of(sent.divided_by(1.0))),
};

const CHARGE: Type = Type {
    name: "charge",
    value: Value::Unsigned(4),
    parts: 100,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_CHARGE.of(sent.divided_by(100.0))),
};

const CURRENT_HUNDREDTHS: Type = Type {
    name: "current",
    value: Value::Unsigned(2),
    parts: 100,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_CURRENT.of(sent.divided_by(100.0))),
};

const CURRENT_TENTHS: Type = Type {
    name: "current",
    value: Value::Unsigned(2),
    parts: 10,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_CURRENT.of(sent.divided_by(10.0))),
};

const HUMIDITY_TENTHS: Type = Type {
    name: "humidity",
    value: Value::Signed(2),
    parts: 10,
    has_alarm: true,
    measure: Some(|sent| quantity::AIR_HUMIDITY.of(sent.divided_by(10.0))),
};

const PULSES: Type = Type {
    name: "pulses",
    value: Value::Unsigned(4),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::PULSE_COUNT.of(sent)),
};

const CURRENT_MILLI: Type = Type {
    name: "current",
    value: Value::Unsigned(2),
    parts: 1,
    has_alarm: false,
    measure: Some(|sent| quantity::ELECTRICITY_CURRENT.of(sent.divided_by(1000.0))),
};

const MOISTURE: Type = Type {
    name: "moisture",
    value: Value::Unsigned(2),
    parts: 100,
    has_alarm: false,
    measure: Some(|sent| quantity::SOIL_MOISTURE.of(sent.divided_by(100.0))),
};

const LIGHT_LEVEL: Type = Type {
    name: "light_level",
    value: Value::Unsigned(1),
    parts: 1,
    has_alarm: false,
    measure: None,
};
