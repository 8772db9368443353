//! Settings of the EM310-UDL.

use champollion_sdk::families::milesight::{ENABLE, Field, Form, Number, Part, Setting, Words};

const CONDITIONS: Words =
    &[(0, "disable"), (1, "below"), (2, "above"), (3, "between"), (4, "outside")];

/// Distances are told in millimetres.
const DISTANCE: Form =
    Form::Number(Number { width: 2, signed: true, parts: 1, range: (-32_768, 32_767) });

/// Periods are told in seconds.
const TIME: Form = Form::Number(Number::whole(2, 0, 0xFFFF));

const ALARM: &[Field] = &[
    Field {
        name: "",
        form: Form::Bits(
            1,
            &[
                Part { name: "condition", lowest: 0, width: 3, words: Some(CONDITIONS) },
                Part { name: "alarm_release_enable", lowest: 7, width: 1, words: Some(ENABLE) },
            ],
        ),
    },
    Field { name: "threshold_min", form: DISTANCE },
    Field { name: "threshold_max", form: DISTANCE },
    Field { name: "lock_time", form: TIME },
    Field { name: "continue_time", form: TIME },
];

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("collection_interval", 0x02, Form::Number(Number::whole(2, 1, 64_800))),
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 64_800))),
    Setting::new("distance_alarm_config", 0x06, Form::Object(ALARM)),
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
