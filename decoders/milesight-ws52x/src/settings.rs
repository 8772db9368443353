//! Settings of the WS52x.

use champollion_sdk::families::milesight::{ENABLE, Field, Form, Number, Part, Setting, Words};

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
    Setting::new("report_status", 0x28, Form::Order(0xFF)),
    Setting::new("report_attribute", 0x2C, Form::Order(0xFF)),
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 0xFFFF))),
    Setting { before: &[0x00], ..Setting::new("delay_task", 0x22, Form::Object(DELAY_TASK)) },
    Setting {
        after: &[0xFF],
        ..Setting::new("cancel_delay_task", 0x23, Form::Number(Number::whole(1, 0, 0xFF)))
    },
    Setting::new("over_current_protection", 0x30, Form::Object(OVER_CURRENT_PROTECTION)),
    Setting::new("current_alarm_config", 0x24, Form::Object(CURRENT_ALARM)),
    Setting::new("child_lock_config", 0x25, Form::Object(CHILD_LOCK)),
    Setting::new("power_consumption_enable", 0x26, Form::Words(ENABLE)),
    Setting::new("reset_power_consumption", 0x27, Form::Order(0xFF)),
    Setting::new("led_indicator_enable", 0x2F, Form::Words(ENABLE)),
];

/// The words of a switch beside a mask, which says that the socket is meant. Answers may come without it.
const MASKED_ON_OFF: Words = &[(0x10, "off"), (0x11, "on"), (0x00, "off"), (0x01, "on")];

/// Switches the socket after some seconds.
const DELAY_TASK: &[Field] = &[
    Field { name: "delay_time", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
    Field { name: "socket_status", form: Form::Words(MASKED_ON_OFF) },
];

const OVER_CURRENT_PROTECTION: &[Field] = &[
    Field { name: "enable", form: Form::Words(ENABLE) },
    // Amperes.
    Field { name: "trip_current", form: Form::Number(Number::whole(1, 0, 0xFF)) },
];

const CURRENT_ALARM: &[Field] = &[
    Field { name: "enable", form: Form::Words(ENABLE) },
    // Amperes.
    Field { name: "threshold", form: Form::Number(Number::whole(1, 0, 0xFF)) },
];

const CHILD_LOCK: &[Field] = &[Field {
    name: "",
    form: Form::Bits(
        2,
        &[
            Part { name: "enable", lowest: 15, width: 1, words: Some(ENABLE) },
            // Minutes; 0 locks until it is unlocked.
            Part { name: "lock_time", lowest: 0, width: 15, words: None },
        ],
    ),
}];
