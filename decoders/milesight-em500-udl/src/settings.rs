//! Settings of the EM500-UDL. The key of the radio between devices is read over, and never shown or written.

use champollion_sdk::families::milesight::{
    ENABLE, Field, Form, Number, Part, Select, Setting, Words, stored,
};

const CONDITIONS: Words =
    &[(0, "disable"), (1, "below"), (2, "above"), (3, "between"), (4, "outside"), (5, "mutation")];

const MODES: Words =
    &[(1, "threshold_alarm"), (2, "threshold_alarm_release"), (3, "mutation_alarm")];

/// Periods are told in seconds.
const INTERVAL: Form = Form::Number(Number::whole(2, 60, 64_800));

/// Distances are told in millimetres.
const DISTANCE: Form =
    Form::Number(Number { width: 2, signed: true, parts: 1, range: (-32_768, 32_767) });

const CONDITION: Part = Part { name: "condition", lowest: 0, width: 3, words: Some(CONDITIONS) };
const ENABLED: Part = Part { name: "enable", lowest: 6, width: 1, words: Some(ENABLE) };
const RELEASE: Part =
    Part { name: "alarm_release_enable", lowest: 7, width: 1, words: Some(ENABLE) };

const THRESHOLD: &[Field] = &[
    Field { name: "", form: Form::Bits(1, &[CONDITION, ENABLED, RELEASE]) },
    Field { name: "threshold_min", form: DISTANCE },
    Field { name: "threshold_max", form: DISTANCE },
    Field { name: "", form: Form::Reserved(4) },
];

const MUTATION: &[Field] = &[
    Field { name: "", form: Form::Bits(1, &[CONDITION, ENABLED, RELEASE]) },
    Field { name: "", form: Form::Reserved(2) },
    Field { name: "mutation_value", form: Form::Number(Number::whole(2, 0, 0xFFFF)) },
    Field { name: "", form: Form::Reserved(4) },
];

const CALIBRATION: &[Field] = &[
    Field { name: "enable", form: Form::Words(ENABLE) },
    Field { name: "calibration_value", form: DISTANCE },
];

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

/// Bits of the first byte that say which alarm a setting is of.
const fn alarm(value: u8) -> Option<Select> {
    Some(Select { mask: 0x18, value: value << 3 })
}

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("collection_interval", 0x02, INTERVAL),
    Setting::new("report_interval", 0x03, INTERVAL),
    Setting::new("recollection_config", 0x1C, Form::Object(RECOLLECTION)),
    Setting {
        select: alarm(1),
        ..Setting::new("distance_alarm_config", 0x06, Form::Object(THRESHOLD))
    },
    Setting {
        select: alarm(2),
        ..Setting::new("distance_mutation_alarm_config", 0x06, Form::Object(MUTATION))
    },
    Setting::new("alarm_report_counts", 0xF2, Form::Number(Number::whole(2, 1, 1_000))),
    Setting::new("alarm_release_enable", 0xF5, Form::Words(ENABLE)),
    Setting {
        before: &[0x02],
        ..Setting::new("distance_calibration_settings", 0xF1, Form::Object(CALIBRATION))
    },
    Setting::new("timestamp", 0x11, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    // Tenths of an hour east of Greenwich.
    Setting::new(
        "time_zone",
        0x17,
        Form::Number(Number { width: 2, signed: true, parts: 1, range: (-120, 140) }),
    ),
    Setting::new("time_sync_enable", 0x3B, Form::Words(ENABLE)),
    Setting::new("sync_time", 0x4A, Form::Order(0xFF)),
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
