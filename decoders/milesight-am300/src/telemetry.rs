//! Values of the AM307 and the AM319.

use champollion_sdk::{
    families::milesight::{
        ON_OFF, Words,
        rows::{self, Row, Value},
    },
    quantity,
};

pub(crate) const PIR: Words = &[(0, "idle"), (1, "trigger")];

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    Row::new([0x03, 0x67], &[Value::signed("temperature", 2, 10).of(&quantity::AIR_TEMPERATURE)]),
    Row::new([0x04, 0x68], &[Value::unsigned("humidity", 1, 2).of(&quantity::AIR_HUMIDITY)]),
    Row::new([0x05, 0x00], &[Value::word("pir", PIR).means(&quantity::OCCUPANCY_PRESENT, 1)]),
    // Levels from dark to bright, which have no unit.
    Row::new([0x06, 0xCB], &[Value::unsigned("light_level", 1, 1)]),
    Row::new([0x07, 0x7D], &[Value::unsigned("co2", 2, 1).of(&quantity::AIR_CO2)]),
    // An index of the air's quality, which is no amount of anything.
    Row::new([0x08, 0x7D], &[Value::unsigned("tvoc", 2, 100), Value::says("tvoc_unit", "iaq")]),
    Row::new(
        [0x08, 0xE6],
        &[
            Value::unsigned("tvoc", 2, 1).of(&quantity::AIR_TVOC_MASS),
            Value::says("tvoc_unit", "µg/m³"),
        ],
    ),
    Row::new([0x09, 0x73], &[Value::unsigned("pressure", 2, 10).of(&quantity::AIR_PRESSURE)]),
    Row::new([0x0A, 0x7D], &[Value::unsigned("hcho", 2, 100).of(&quantity::AIR_FORMALDEHYDE)]),
    Row::new([0x0B, 0x7D], &[Value::unsigned("pm2_5", 2, 1).of(&quantity::AIR_PM2_5)]),
    Row::new([0x0C, 0x7D], &[Value::unsigned("pm10", 2, 1).of(&quantity::AIR_PM10)]),
    Row::new([0x0D, 0x7D], &[Value::unsigned("o3", 2, 100).of(&quantity::AIR_OZONE)]),
    Row::new([0x0E, 0x01], &[Value::word("buzzer_status", ON_OFF)]),
];
