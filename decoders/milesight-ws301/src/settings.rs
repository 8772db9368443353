//! Settings of the WS301.

use champollion_sdk::families::milesight::{Form, Number, Setting};

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 64_800))),
    Setting::new("query_device_status", 0x28, Form::Order(0xFF)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
