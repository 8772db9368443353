//! Settings of the EM300-SLD and the EM300-ZLD.

use champollion_sdk::families::milesight::{
    ENABLE, Field, Form, Number, Part, Select, Setting, Words, stored,
};

const CONDITIONS: Words =
    &[(0, "disable"), (1, "below"), (2, "above"), (3, "between"), (4, "outside")];
const MODES: Words = &[
    (0, "disable"),
    (1, "temperature_alarm"),
    (2, "temperature_alarm_release"),
    (3, "leakage_alarm"),
    (4, "leakage_alarm_release"),
];
const REPORTS: Words = &[(0, "lora"), (1, "d2d"), (3, "d2d_and_lora")];

/// Periods are told in seconds.
const INTERVAL: Form = Form::Number(Number::whole(2, 1, 64_800));

/// Values are told in degrees and percent.
const TEMPERATURE: Form =
    Form::Number(Number { width: 2, signed: true, parts: 10, range: (-3_276, 3_276) });
const HUMIDITY: Form =
    Form::Number(Number { width: 2, signed: true, parts: 2, range: (-100, 100) });

const TEMPERATURE_ALARM: &[Field] = &[
    Field {
        name: "",
        form: Form::Bits(
            1,
            &[Part { name: "condition", lowest: 0, width: 3, words: Some(CONDITIONS) }],
        ),
    },
    Field { name: "threshold_min", form: TEMPERATURE },
    Field { name: "threshold_max", form: TEMPERATURE },
    Field { name: "", form: Form::Reserved(4) },
];

const LEAKAGE_ALARM: &[Field] = &[
    Field {
        name: "",
        form: Form::Bits(1, &[Part { name: "enable", lowest: 0, width: 3, words: Some(ENABLE) }]),
    },
    Field { name: "", form: Form::Reserved(4) },
    Field { name: "report_interval", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
    Field { name: "report_times", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
];

/// The fields of a calibration of one quantity.
macro_rules! calibration {
    ($unit:expr) => {
        Form::Object(&[
            Field {
                name: "",
                form: Form::Bits(
                    1,
                    &[Part { name: "enable", lowest: 7, width: 1, words: Some(ENABLE) }],
                ),
            },
            Field { name: "calibration_value", form: $unit },
        ])
    };
}

const D2D: &[Field] = &[
    Field { name: "mode", form: Form::Words(MODES) },
    Field { name: "report_type", form: Form::Words(REPORTS) },
    Field { name: "d2d_cmd", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
    Field { name: "", form: Form::Reserved(2) },
];

/// Bits of the first byte that tell settings of one identifier apart.
const fn of(mask: u8, value: u8) -> Option<Select> {
    Some(Select { mask, value })
}

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("collection_interval", 0x02, INTERVAL),
    Setting::new("report_interval", 0x03, INTERVAL),
    Setting {
        select: of(0x38, 0x08),
        ..Setting::new("temperature_alarm_config", 0x06, Form::Object(TEMPERATURE_ALARM))
    },
    Setting {
        select: of(0x38, 0x10),
        ..Setting::new("leakage_alarm_config", 0x06, Form::Object(LEAKAGE_ALARM))
    },
    Setting {
        select: of(0x03, 0x00),
        ..Setting::new("temperature_calibration_settings", 0xEA, calibration!(TEMPERATURE))
    },
    Setting {
        select: of(0x03, 0x01),
        ..Setting::new("humidity_calibration_settings", 0xEA, calibration!(HUMIDITY))
    },
    Setting::new("d2d_master_config", 0x79, Form::Object(D2D)),
    stored::HISTORY_ENABLE,
    stored::RETRANSMIT_ENABLE,
    stored::RETRANSMIT_INTERVAL,
    stored::RESEND_INTERVAL,
    stored::CLEAR_HISTORY,
    stored::STOPPED,
    Setting::new("report_status", 0x28, Form::Order(0xFF)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
