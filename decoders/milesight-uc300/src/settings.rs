//! Settings of the UC300.

use champollion_sdk::families::milesight::{Field, Form, Number, ON_OFF, Select, Setting};

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    // Seconds.
    Setting::new("collection_interval", 0x02, Form::Number(Number::whole(2, 0, 0xFFFF))),
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 0, 0xFFFF))),
    Setting::new("rejoin", 0x04, Form::Order(0xFF)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
    Setting::new("sync_time", 0x4A, Form::Order(0xFF)),
    // Ten times the hours before UTC.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    // Seconds since 1970.
    Setting::new("timestamp", 0x11, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    Setting::new("report_status", 0x94, Form::Order(0xFF)),
    jitter("jitter_all", &[0]),
    jitter("jitter_gpio_input_1", &[1]),
    jitter("jitter_gpio_input_2", &[2]),
    jitter("jitter_gpio_input_3", &[3]),
    jitter("jitter_gpio_input_4", &[4]),
    jitter("jitter_gpio_output_1", &[5]),
    jitter("jitter_gpio_output_2", &[6]),
    control("gpio_output_1_control", &[1]),
    control("gpio_output_2_control", &[2]),
];

/// The time for which a change must last to be taken for one, in milliseconds.
const fn jitter(name: &'static str, input: &'static [u8; 1]) -> Setting {
    Setting {
        select: Some(Select { mask: 0xFF, value: input[0] }),
        before: input,
        ..Setting::new(name, 0x91, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF)))
    }
}

/// A state that an output is to have for some milliseconds.
const fn control(name: &'static str, output: &'static [u8; 1]) -> Setting {
    Setting {
        select: Some(Select { mask: 0xFF, value: output[0] }),
        before: output,
        ..Setting::new(name, 0x93, Form::Object(CONTROL))
    }
}

const CONTROL: &[Field] = &[
    Field { name: "status", form: Form::Words(ON_OFF) },
    Field { name: "duration", form: Form::Number(Number::whole(4, 0, 0xFFFF_FFFF)) },
];
