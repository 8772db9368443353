//! Values of the EM300-SLD and the EM300-ZLD.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const LEAKAGE: Words = &[(0, "normal"), (1, "leak")];

const TEMPERATURE: Value = Value::signed("temperature", 2, 10).of(&quantity::AIR_TEMPERATURE);
const HUMIDITY: Value = Value::unsigned("humidity", 1, 2).of(&quantity::AIR_HUMIDITY);
const WATER: Value = Value::word("leakage_status", LEAKAGE).means(&quantity::ALARM_FLOOD, 1);

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    Row::new([0x03, 0x67], &[TEMPERATURE]),
    Row::new([0x04, 0x68], &[HUMIDITY]),
    Row::new([0x05, 0x00], &[WATER]),
    Row::item([0x20, 0xCE], "history", &[Value::moment("timestamp"), TEMPERATURE, HUMIDITY, WATER]),
];
