//! Values of the EM310-UDL.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const POSITION: Words = &[(0, "normal"), (1, "tilt")];

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    // Millimetres.
    Row::new(
        [0x03, 0x82],
        &[Value::unsigned("distance", 2, 1).of_parts(&quantity::SENSOR_DISTANCE, 1_000.0)],
    ),
    Row::new([0x04, 0x00], &[Value::word("position", POSITION).means(&quantity::ALARM_TAMPER, 1)]),
];
