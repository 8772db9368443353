//! Values of the WTS506.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const ALARM: Words = &[(0, "threshold alarm release"), (1, "threshold alarm")];

const TEMPERATURE: Value = Value::signed("temperature", 2, 10).of(&quantity::AIR_TEMPERATURE);
const HUMIDITY: Value = Value::unsigned("humidity", 1, 2).of(&quantity::AIR_HUMIDITY);
const DIRECTION: Value = Value::signed("wind_direction", 2, 10).of(&quantity::WIND_DIRECTION);
const PRESSURE: Value = Value::unsigned("pressure", 2, 10).of(&quantity::AIR_PRESSURE);
const SPEED: Value = Value::unsigned("wind_speed", 2, 10).of(&quantity::WIND_SPEED);
const RAIN: Value = Value::unsigned("rainfall_total", 2, 100).of(&quantity::RAIN_TOTAL);
const LONG_RAIN: Value = Value::unsigned("rainfall_total", 4, 100).of(&quantity::RAIN_TOTAL);
const RAIN_COUNTER: Value = Value::unsigned("rainfall_counter", 1, 1);

/// The values by channel and type. Rain has two bytes in firmware of the first version, and four since.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    Row::new([0x03, 0x67], &[TEMPERATURE]),
    Row::new([0x04, 0x68], &[HUMIDITY]),
    Row::new([0x05, 0x84], &[DIRECTION]),
    Row::new([0x06, 0x73], &[PRESSURE]),
    Row::new([0x07, 0x92], &[SPEED]),
    Row::new([0x08, 0x77], &[RAIN, RAIN_COUNTER]),
    Row::new([0x08, 0xEC], &[LONG_RAIN, RAIN_COUNTER]),
    Row::new(
        [0x83, 0x67],
        &[
            TEMPERATURE,
            Value::word("temperature_alarm", ALARM).means(&quantity::ALARM_THRESHOLD, 1),
        ],
    ),
    Row::new(
        [0x86, 0x73],
        &[PRESSURE, Value::word("pressure_alarm", ALARM).means(&quantity::ALARM_THRESHOLD, 1)],
    ),
    Row::new(
        [0x87, 0x92],
        &[SPEED, Value::word("wind_speed_alarm", ALARM).means(&quantity::ALARM_THRESHOLD, 1)],
    ),
    Row::new(
        [0x88, 0xEC],
        &[
            LONG_RAIN,
            RAIN_COUNTER,
            Value::word("rainfall_alarm", ALARM).means(&quantity::ALARM_THRESHOLD, 1),
        ],
    ),
    Row::item(
        [0x20, 0xCE],
        "history",
        &[Value::moment("timestamp"), TEMPERATURE, HUMIDITY, PRESSURE, DIRECTION, SPEED, RAIN],
    ),
    Row::item(
        [0x21, 0xCE],
        "history",
        &[Value::moment("timestamp"), TEMPERATURE, HUMIDITY, PRESSURE, DIRECTION, SPEED, LONG_RAIN],
    ),
];
