//! Values of the WS301.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const CONTACT: Words = &[(0, "close"), (1, "open")];
const PLACE: Words = &[(0, "installed"), (1, "uninstalled")];

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    rows::SHORT_SERIAL_NUMBER,
    Row::new(
        [0x03, 0x00],
        &[Value::word("magnet_status", CONTACT).means(&quantity::SWITCH_CLOSED, 0)],
    ),
    Row::new(
        [0x04, 0x00],
        &[Value::word("tamper_status", PLACE).means(&quantity::ALARM_TAMPER, 1)],
    ),
];
