//! Values of the VS121 by channel and type.

use champollion_sdk::{
    families::milesight::rows::{self, Row, Value},
    quantity,
};

/// A count in a region, in one byte.
const fn region(name: &'static str, number: u16) -> Value {
    Value::unsigned(name, 1, 1).counts(&quantity::PEOPLE_COUNT).on(number)
}

/// People who went from one side to another, which no quantity knows.
const fn flow(name: &'static str) -> Value {
    Value::unsigned(name, 2, 1)
}

/// People who came in and went out since the previous message.
const IN: Value = Value::unsigned("people_in", 2, 1).counts(&quantity::PEOPLE_IN);
const OUT: Value = Value::unsigned("people_out", 2, 1).counts(&quantity::PEOPLE_OUT);

/// The same since the counter started.
const TOTAL_IN: Value = Value::unsigned("people_total_in", 2, 1).counts(&quantity::PEOPLE_IN_TOTAL);
const TOTAL_OUT: Value =
    Value::unsigned("people_total_out", 2, 1).counts(&quantity::PEOPLE_OUT_TOTAL);

const LINE: &[Value] = &[Value::unsigned("line_in", 2, 1), Value::unsigned("line_out", 2, 1)];

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[
    Row::new([0xFF, 0x01], &[Value::unsigned("protocol_version", 1, 1)]),
    rows::SHORT_SERIAL_NUMBER,
    Row::new([0xFF, 0x09], &[Value::dotted("hardware_version", 2)]),
    Row::new([0xFF, 0x1F], &[Value::dotted("firmware_version", 4)]),
    Row::new([0x05, 0xCC], &[IN, OUT]),
    Row::new([0x06, 0xCD], &[Value::unsigned("people_count_max", 1, 1)]),
    Row::new(
        [0x07, 0xD5],
        &[
            region("region_1_count", 1),
            region("region_2_count", 2),
            region("region_3_count", 3),
            region("region_4_count", 4),
            region("region_5_count", 5),
            region("region_6_count", 6),
            region("region_7_count", 7),
            region("region_8_count", 8),
        ],
    ),
    Row::new(
        [0x08, 0xD5],
        &[
            region("region_9_count", 9),
            region("region_10_count", 10),
            region("region_11_count", 11),
            region("region_12_count", 12),
            region("region_13_count", 13),
            region("region_14_count", 14),
            region("region_15_count", 15),
            region("region_16_count", 16),
        ],
    ),
    Row::new([0x09, 0xDA], &[flow("a_to_a"), flow("a_to_b"), flow("a_to_c"), flow("a_to_d")]),
    Row::new([0x0A, 0xDA], &[flow("b_to_a"), flow("b_to_b"), flow("b_to_c"), flow("b_to_d")]),
    Row::new([0x0B, 0xDA], &[flow("c_to_a"), flow("c_to_b"), flow("c_to_c"), flow("c_to_d")]),
    Row::new([0x0C, 0xDA], &[flow("d_to_a"), flow("d_to_b"), flow("d_to_c"), flow("d_to_d")]),
    Row::new([0x0D, 0xCC], &[TOTAL_IN, TOTAL_OUT]),
    // Seconds in a region.
    Row::new(
        [0x0E, 0xE4],
        &[
            Value::unsigned("dwell_region", 1, 1),
            Value::unsigned("dwell_time_avg", 2, 1),
            Value::unsigned("dwell_time_max", 2, 1),
        ],
    ),
    Row::new([0x0F, 0x85], &[Value::unsigned("timestamp", 4, 1)]),
    Row::new([0x10, 0xF7], LINE),
];
