//! Settings of the AM307 and the AM319.

use champollion_sdk::families::milesight::{
    ENABLE, Field, Form, Number, Part, Select, Setting, Words, stored,
};

/// Periods are told in seconds.
const INTERVAL: Form = Form::Number(Number::whole(2, 1, 64_800));

/// The maker's encoder switches the synchronization on by 2; answers may have 1.
const TIME_SYNC: Words = &[(0, "disable"), (2, "enable"), (1, "enable")];

const LAMP: Words = &[(0, "off"), (1, "on"), (2, "blink")];
const TVOC_UNIT: Words = &[(0, "iaq"), (1, "µg/m³")];
const CALIBRATION: Words = &[(0, "factory"), (1, "abc"), (3, "background"), (4, "zero")];

const fn switch(name: &'static str, bit: u32) -> Part {
    Part { name, lowest: bit, width: 1, words: Some(ENABLE) }
}

const BUTTONS: &[Field] = &[Field {
    name: "",
    form: Form::Bits(
        1,
        &[switch("off_button", 0), switch("on_button", 1), switch("collection_button", 2)],
    ),
}];

const ELEMENTS: &[Field] = &[
    // The elements that are told here; the others stay as they are.
    Field { name: "told", form: Form::Number(Number::whole(2, 0, 0x3FF)) },
    Field {
        name: "",
        form: Form::Bits(
            2,
            &[
                switch("temperature", 0),
                switch("humidity", 1),
                switch("co2", 2),
                switch("light", 3),
                switch("tvoc", 4),
                switch("smile", 5),
                switch("letter", 6),
                switch("pm2_5", 7),
                switch("pm10", 8),
                switch("hcho_or_o3", 9),
            ],
        ),
    },
];

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("report_interval", 0x03, INTERVAL),
    Setting::answer("report_interval", 0x3A, INTERVAL),
    Setting::new("time_sync_enable", 0x3B, Form::Words(TIME_SYNC)),
    // Tenths of an hour east of Greenwich.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    Setting::new("tvoc_unit", 0xEB, Form::Words(TVOC_UNIT)),
    Setting {
        after: &[0; 4],
        ..Setting::new("co2_abc_calibration_enable", 0x39, Form::Words(ENABLE))
    },
    Setting::new("co2_calibration_enable", 0xF4, Form::Words(ENABLE)),
    // A calibration to a number of ppm, and those that need none.
    Setting {
        select: Some(Select { mask: 0xFF, value: 2 }),
        before: &[2],
        ..Setting::new("co2_manual_calibration", 0x1A, Form::Number(Number::whole(2, 0, 0xFFFF)))
    },
    Setting::new("co2_calibration_mode", 0x1A, Form::Words(CALIBRATION)),
    Setting::new("buzzer_enable", 0x3E, Form::Words(ENABLE)),
    Setting::new("stop_buzzer", 0x3D, Form::Order(0x00)),
    Setting::new("led_indicator_mode", 0x2E, Form::Words(LAMP)),
    Setting::new("screen_display_enable", 0x2D, Form::Words(ENABLE)),
    Setting::new("screen_display_alarm_enable", 0x66, Form::Words(ENABLE)),
    Setting::new("screen_display_pattern", 0x3C, Form::Number(Number::whole(1, 1, 3))),
    Setting::new("screen_display_element_settings", 0xF0, Form::Object(ELEMENTS)),
    Setting::new("child_lock_settings", 0x25, Form::Object(BUTTONS)),
    Setting::new("pm2_5_collection_interval", 0x65, INTERVAL),
    stored::HISTORY_ENABLE,
    stored::RETRANSMIT_ENABLE,
    stored::RETRANSMIT_INTERVAL,
    stored::RESEND_INTERVAL,
    stored::CLEAR_HISTORY,
    stored::STOPPED,
    Setting::new("query_status", 0x2C, Form::Order(0x00)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
