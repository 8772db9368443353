//! Settings of the current transformers.

use champollion_sdk::families::milesight::{Field, Form, Number, Part, Select, Setting, Words};

/// The settings of firmware 1.
pub(crate) const FIRMWARE_1: [Setting; 15] = settings(&[
    MODE,
    LOWEST,
    HIGHEST,
    Field { name: "alarm_interval", form: MINUTES },
    Field { name: "alarm_counts", form: COUNT },
]);

/// The settings of firmware 2, which takes the last two members of an alarm the other way round.
pub(crate) const FIRMWARE_2: [Setting; 15] = settings(&[
    MODE,
    LOWEST,
    HIGHEST,
    Field { name: "alarm_counts", form: COUNT },
    Field { name: "alarm_interval", form: MINUTES },
]);

const MINUTES: Form = Form::Number(Number::whole(2, 0, 0xFFFF));

const COUNT: Form = Form::Number(Number::whole(2, 0, 0xFFFF));

const CONDITIONS: Words =
    &[(0, "disable"), (1, "below"), (2, "above"), (3, "between"), (4, "outside")];

const MODE: Field = Field {
    name: "",
    form: Form::Bits(
        1,
        &[Part { name: "condition", lowest: 0, width: 3, words: Some(CONDITIONS) }],
    ),
};

/// The lowest current without an alarm, in amperes.
const LOWEST: Field = Field { name: "threshold_min", form: COUNT };

/// The highest current without an alarm, in amperes.
const HIGHEST: Field = Field { name: "threshold_max", form: COUNT };

const DEGREES: Form =
    Form::Number(Number { width: 2, signed: true, parts: 10, range: (-3_276, 3_276) });

const TEMPERATURE_ALARM: &[Field] = &[
    MODE,
    Field { name: "threshold_min", form: DEGREES },
    Field { name: "threshold_max", form: DEGREES },
    Field { name: "", form: Form::Reserved(4) },
];

/// All settings, in the order in which a command writes them.
const fn settings(current_alarm: &'static [Field]) -> [Setting; 15] {
    [
        Setting::new("reboot", 0x10, Form::Order(0xFF)),
        // Minutes.
        Setting {
            before: &[0x00],
            ..Setting::new("report_interval", 0x8E, Form::Number(Number::whole(2, 1, 1_440)))
        },
        Setting::new("report_status", 0x28, Form::Order(0xFF)),
        clear("clear_current_chn1_cumulative", 1),
        clear("clear_current_chn2_cumulative", 2),
        clear("clear_current_chn3_cumulative", 3),
        Setting::new("alarm_report_counts", 0xF2, Form::Number(Number::whole(2, 1, 1_000))),
        // Minutes.
        Setting::new("alarm_report_interval", 0x02, Form::Number(Number::whole(2, 1, 1_440))),
        alarm("current_chn1_alarm_config", 1, current_alarm),
        alarm("current_chn2_alarm_config", 2, current_alarm),
        alarm("current_chn3_alarm_config", 3, current_alarm),
        alarm("temperature_alarm_config", 4, TEMPERATURE_ALARM),
        // Of firmware 2: the voltage and the power factor that energy is computed with.
        Setting::new(
            "voltage",
            0xCE,
            Form::Number(Number { width: 2, signed: false, parts: 100, range: (0, 600) }),
        ),
        Setting::new(
            "power_factor",
            0xCF,
            Form::Number(Number { width: 1, signed: false, parts: 100, range: (0, 1) }),
        ),
        Setting::new(
            "reporting_type",
            0xD0,
            Form::Words(&[(0, "cumulative Ah"), (1, "cumulative Kwh")]),
        ),
    ]
}

const fn clear(name: &'static str, clamp: u8) -> Setting {
    Setting {
        select: Some(Select { mask: 0xFF, value: clamp }),
        ..Setting::new(name, 0x27, Form::Order(clamp))
    }
}

/// An alarm of a clamp, or of the temperature (4), which stands in the bits from 3 on.
const fn alarm(name: &'static str, source: u8, members: &'static [Field]) -> Setting {
    Setting {
        select: Some(Select { mask: 0b0011_1000, value: source << 3 }),
        ..Setting::new(name, 0x06, Form::Object(members))
    }
}
