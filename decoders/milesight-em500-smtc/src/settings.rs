//! Settings of the EM500-SMTC. The key of the radio between devices is read over, and never shown or written.

use champollion_sdk::families::milesight::{
    ENABLE, Field, Form, Number, Part, Select, Setting, Words, stored,
};

const CONDITIONS: Words =
    &[(0, "disable"), (1, "below"), (2, "above"), (3, "between"), (4, "outside"), (5, "mutation")];

const MODES: Words = &[
    (1, "threshold_alarm"),
    (2, "threshold_alarm_release"),
    (3, "mutation_alarm"),
    (4, "electricity_alarm"),
    (5, "electricity_alarm_release"),
    (6, "moisture_alarm"),
    (7, "moisture_alarm_release"),
];

/// Periods are told in seconds.
const INTERVAL: Form = Form::Number(Number::whole(2, 60, 64_800));

/// Microsiemens for each centimetre, degrees and percent.
const CONDUCTIVITY: Form =
    Form::Number(Number { width: 2, signed: true, parts: 1, range: (-32_768, 32_767) });
const TEMPERATURE: Form =
    Form::Number(Number { width: 2, signed: true, parts: 10, range: (-3_276, 3_276) });
const MOISTURE: Form =
    Form::Number(Number { width: 2, signed: true, parts: 100, range: (-327, 327) });

const CONDITION: Field = Field {
    name: "",
    form: Form::Bits(
        1,
        &[
            Part { name: "condition", lowest: 0, width: 3, words: Some(CONDITIONS) },
            Part { name: "enable", lowest: 6, width: 1, words: Some(ENABLE) },
        ],
    ),
};

/// The fields of an alarm of one quantity: its condition, two thresholds, and bytes that mean nothing.
macro_rules! alarm {
    ($unit:expr) => {
        Form::Object(&[
            CONDITION,
            Field { name: "threshold_min", form: $unit },
            Field { name: "threshold_max", form: $unit },
            Field { name: "", form: Form::Reserved(4) },
        ])
    };
}

const MUTATION: Form = Form::Object(&[
    CONDITION,
    Field { name: "", form: Form::Reserved(2) },
    Field { name: "mutation", form: TEMPERATURE },
    Field { name: "", form: Form::Reserved(4) },
]);

/// The fields of a calibration of one quantity.
macro_rules! calibration {
    ($unit:expr) => {
        Form::Object(&[
            Field { name: "enable", form: Form::Words(ENABLE) },
            Field { name: "calibration_value", form: $unit },
        ])
    };
}

const RECOLLECTION: &[Field] = &[
    Field { name: "counts", form: Form::Number(Number::whole(1, 1, 255)) },
    Field { name: "interval", form: Form::Number(Number::whole(1, 1, 255)) },
];

const D2D: &[Field] = &[
    Field { name: "mode", form: Form::Words(MODES) },
    Field { name: "enable", form: Form::Words(ENABLE) },
    Field { name: "lora_uplink_enable", form: Form::Words(ENABLE) },
    Field { name: "d2d_cmd", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
    Field { name: "", form: Form::Reserved(3) },
];

/// A setting that is one of several behind an identifier: bits of the first byte say which.
const fn alarm_setting(name: &'static str, number: u8, form: Form) -> Setting {
    let select = Some(Select { mask: 0x38, value: number << 3 });
    Setting { select, ..Setting::new(name, 0x06, form) }
}

/// A setting whose first byte says of which quantity it is.
const fn of(name: &'static str, kind: u8, before: &'static [u8; 1], form: Form) -> Setting {
    let select = Some(Select { mask: 0xFF, value: before[0] });
    Setting { select, before, ..Setting::new(name, kind, form) }
}

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("collection_interval", 0x02, INTERVAL),
    Setting::new("report_interval", 0x03, INTERVAL),
    Setting::new("recollection_config", 0x1C, Form::Object(RECOLLECTION)),
    of("sensor_all_enable", 0x18, &[0], Form::Words(ENABLE)),
    of("sensor_temperature_enable", 0x18, &[1], Form::Words(ENABLE)),
    of("sensor_moisture_enable", 0x18, &[2], Form::Words(ENABLE)),
    of("sensor_electricity_enable", 0x18, &[3], Form::Words(ENABLE)),
    alarm_setting("electricity_alarm_config", 1, alarm!(CONDUCTIVITY)),
    alarm_setting("temperature_alarm_config", 2, alarm!(TEMPERATURE)),
    alarm_setting("temperature_mutation_alarm_config", 3, MUTATION),
    alarm_setting("moisture_alarm_config", 4, alarm!(MOISTURE)),
    Setting::new("alarm_report_counts", 0xF2, Form::Number(Number::whole(2, 1, 1_000))),
    Setting::new("alarm_release_enable", 0xF5, Form::Words(ENABLE)),
    of("temperature_calibration_settings", 0xF1, &[0], calibration!(TEMPERATURE)),
    of("moisture_calibration_settings", 0xF1, &[1], calibration!(MOISTURE)),
    of("electricity_calibration_settings", 0xF1, &[7], calibration!(CONDUCTIVITY)),
    Setting::new("timestamp", 0x11, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    // Tenths of an hour east of Greenwich.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    Setting::new("time_sync_enable", 0x3B, Form::Words(ENABLE)),
    Setting::new("sync_time", 0x4A, Form::Order(0x00)),
    Setting::new("d2d_key", 0x35, Form::Reserved(8)),
    Setting::new("d2d_enable", 0x84, Form::Words(ENABLE)),
    Setting::new("d2d_master_config", 0x96, Form::Object(D2D)),
    stored::HISTORY_ENABLE,
    stored::RETRANSMIT_ENABLE,
    stored::RETRANSMIT_INTERVAL,
    stored::RESEND_INTERVAL,
    stored::CLEAR_HISTORY,
    Setting::new("report_status", 0x28, Form::Order(0xFF)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
