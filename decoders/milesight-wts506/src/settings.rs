//! Settings of the WTS506.

use champollion_sdk::families::milesight::{Form, Number, Setting, Words, stored};

const RUN_MODES: Words = &[(0, "off"), (1, "on"), (2, "keep")];

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 64_800))),
    Setting::new("timestamp", 0x11, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    // Tenths of an hour east of Greenwich.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    Setting::new("power_on_run_mode", 0x67, Form::Words(RUN_MODES)),
    stored::CLEAR_HISTORY,
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
