//! Settings of the WS101.

use champollion_sdk::families::milesight::{ENABLE, Form, Number, Setting};

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    // Seconds.
    Setting::new("reporting_interval", 0x03, Form::Number(Number::whole(2, 1, 64_800))),
    Setting::new("led_indicator_enable", 0x2F, Form::Words(ENABLE)),
    Setting::new("double_click_enable", 0x74, Form::Words(ENABLE)),
    Setting::new("buzzer_enable", 0x3E, Form::Words(ENABLE)),
    Setting::new("query_device_status", 0x28, Form::Order(0xFF)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
