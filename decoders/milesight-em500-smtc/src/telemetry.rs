//! Values of the EM500-SMTC.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const ALARM: Words =
    &[(0, "threshold alarm release"), (1, "threshold alarm"), (2, "mutation alarm")];

/// Numbers that are no values: 0xFFFF and 0xFFFD, with a sign and without.
const FAULTS: &[(i64, &str)] = &[(0xFFFF, "collection failed"), (0xFFFD, "out of range")];
const SIGNED_FAULTS: &[(i64, &str)] = &[(-1, "collection failed"), (-3, "out of range")];

const TEMPERATURE: Value = Value::signed("temperature", 2, 10)
    .of(&quantity::SOIL_TEMPERATURE)
    .faults("temperature_error", SIGNED_FAULTS);

const MOISTURE: Value = Value::unsigned("moisture", 2, 100)
    .of(&quantity::SOIL_MOISTURE)
    .faults("moisture_error", FAULTS);

/// Microsiemens for each centimetre.
const CONDUCTIVITY: Value = Value::unsigned("electricity", 2, 1)
    .of_parts(&quantity::SOIL_CONDUCTIVITY, 1_000.0)
    .faults("electricity_error", FAULTS);

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    Row::new([0x03, 0x67], &[TEMPERATURE]),
    Row::new([0x04, 0x68], &[Value::unsigned("moisture", 1, 2).of(&quantity::SOIL_MOISTURE)]),
    Row::new([0x04, 0xCA], &[MOISTURE]),
    Row::new([0x05, 0x7F], &[CONDUCTIVITY]),
    Row::new(
        [0x83, 0xD7],
        &[
            TEMPERATURE,
            Value::signed("temperature_mutation", 2, 10),
            Value::word("temperature_alarm", ALARM).means_unless(&quantity::ALARM_THRESHOLD, 0),
        ],
    ),
    Row::item(
        [0x20, 0xCE],
        "history",
        &[Value::moment("timestamp"), CONDUCTIVITY, TEMPERATURE, MOISTURE],
    ),
];
