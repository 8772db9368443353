//! Values of the EM500-UDL.

use champollion_sdk::{
    families::milesight::{
        Words,
        rows::{self, Row, Value},
    },
    quantity,
};

const ALARM: Words = &[(0, "normal"), (1, "threshold_alarm"), (2, "mutation_alarm")];

const DISTANCE: Value =
    Value::unsigned("distance", 2, 1).of_parts(&quantity::SENSOR_DISTANCE, 1_000.0);

/// The values by channel and type. Distances are in millimetres, but for those of an alarm in the maker's decoder:
/// `README.md` tells why they are here too.
pub(crate) const ROWS: &[Row] = &[
    rows::BATTERY,
    Row::new([0x03, 0x82], &[DISTANCE]),
    Row::new(
        [0x83, 0xE9],
        &[
            DISTANCE,
            Value::unsigned("distance_mutation", 2, 1),
            Value::word("distance_alarm", ALARM).means_unless(&quantity::ALARM_THRESHOLD, 0),
        ],
    ),
    Row::item([0x20, 0xCE], "history", &[Value::moment("timestamp"), DISTANCE]),
];
