//! Settings of the WS558.

use champollion_sdk::families::milesight::{ENABLE, Form, Number, Setting};

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
    Setting::new("report_status", 0x28, Form::Order(0xFF)),
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 0xFFFF))),
    Setting {
        after: &[0xFF],
        ..Setting::new("cancel_delay_task", 0x23, Form::Number(Number::whole(1, 1, 0xFF)))
    },
    Setting::new("power_consumption_enable", 0x26, Form::Words(ENABLE)),
    Setting::new("clear_power_consumption", 0x27, Form::Order(0xFF)),
];
