//! Settings of the WS302.

use champollion_sdk::families::milesight::{ENABLE, Field, Form, Number, Setting, Words};

const FREQUENCY: Words = &[(0, "Z"), (1, "A"), (2, "C")];
const TIME: Words = &[(0, "I"), (1, "F"), (2, "S")];

const WEIGHTING: &[Field] = &[
    Field { name: "frequency_weighting_type", form: Form::Words(FREQUENCY) },
    Field { name: "time_weighting_type", form: Form::Words(TIME) },
];

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("weighting", 0x1D, Form::Object(WEIGHTING)),
    Setting::new("led_indicator_enable", 0x2D, Form::Words(ENABLE)),
    Setting::new("timestamp", 0x11, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    // Tenths of an hour east of Greenwich.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    Setting::new("time_sync_enable", 0x3B, Form::Words(ENABLE)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
