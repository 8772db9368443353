//! The commands of the LHT65N.

use champollion_sdk::families::dragino::{
    Argument, Number, Order, REQUEST_STATUS, RESET, TRANSMIT_INTERVAL,
};

/// A moment, as seconds since 1970.
const MOMENT: Number = Number::whole(4, 0, 0xFFFF_FFFF);

/// A temperature in hundredths of a degree.
const TEMPERATURE: Number = Number { parts: 100, ..Number::whole(2, -32_768, 32_767) };

/// The commands with their bytes.
pub(crate) const ORDERS: &[Order] = &[
    TRANSMIT_INTERVAL,
    RESET,
    REQUEST_STATUS,
    Order { name: "probe", code: &[0xA2, 0x01], argument: Argument::None },
    Order { name: "probeWithTime", code: &[0xA2, 0x09], argument: Argument::None },
    Order {
        name: "time",
        code: &[0x30],
        argument: Argument::Number(Number { padded: true, ..MOMENT }),
    },
    Order { name: "timeSync", code: &[0x28], argument: Argument::Switch },
    Order {
        name: "timeSyncDays",
        code: &[0x29],
        argument: Argument::Number(Number::whole(1, 0, 255)),
    },
    Order { name: "resendUnacknowledged", code: &[0x34], argument: Argument::Switch },
    Order {
        name: "pollDatalog",
        code: &[0x31],
        argument: Argument::Numbers(&[
            ("start", MOMENT),
            ("end", MOMENT),
            ("interval", Number::whole(1, 5, 255)),
        ]),
    },
    Order { name: "clearDatalog", code: &[0xA3, 0x01], argument: Argument::None },
    Order {
        name: "alarm",
        code: &[0xAA],
        argument: Argument::Numbers(&[
            ("mode", Number::whole(1, 0, 1)),
            ("minutes", Number::whole(2, 1, 65_535)),
            ("low", TEMPERATURE),
            ("high", TEMPERATURE),
        ]),
    },
];
