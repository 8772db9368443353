//! Settings of the VS121.

use champollion_sdk::families::milesight::{ENABLE, Field, Form, Number, Part, Setting, Words};

const MODES: Words = &[(0, "zero_to_nonzero"), (1, "once_result_change")];
const SCHEMES: Words = &[(0, "on_the_dot"), (1, "from_now_on")];
const INTERVALS: Words = &[
    (0, "5min"),
    (1, "10min"),
    (2, "15min"),
    (3, "30min"),
    (4, "1h"),
    (5, "4h"),
    (6, "6h"),
    (7, "8h"),
    (8, "12h"),
];
const VERSIONS: Words = &[(1, "v1.0.2"), (2, "v1.0.3")];
const CLOCKS: Words = &[(0, "sync_from_gateway"), (1, "manual")];
const YES_NO: Words = &[(0, "no"), (1, "yes")];
const CHANGES: Words = &[(0, "modify"), (1, "add"), (2, "delete")];
const DETECTIONS: Words = &[(0, "mapped_region"), (1, "unmapped_region")];
const REPORTS: Words = &[(0, "occupancy"), (1, "region_people_counting")];
const COUNTS: Words =
    &[(0, "region_people_counting"), (1, "line_crossing_counting"), (2, "people_flow_analysis")];

const BYTE: Form = Form::Number(Number::whole(1, 0, 0xFF));
const SECONDS: Form = Form::Number(Number::whole(2, 0, 0xFFFF));
const REGION: Form = Form::Ordinal(16);

const fn field(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

const fn words(name: &'static str, words: Words) -> Field {
    field(name, Form::Words(words))
}

const fn day(name: &'static str, bit: u32) -> Part {
    Part { name, lowest: bit, width: 1, words: Some(ENABLE) }
}

const WEEK: Form = Form::Bits(
    1,
    &[
        day("sun", 0),
        day("mon", 1),
        day("tue", 2),
        day("wed", 3),
        day("thu", 4),
        day("fri", 5),
        day("sat", 6),
    ],
);

const JITTER: &[Field] = &[
    words("enable", ENABLE),
    // Seconds.
    field("time", Form::Number(Number::whole(2, 1, 60))),
];

/// The command that the camera sends to other devices when a region is taken.
const OCCUPIED: &[Field] = &[
    field("region", REGION),
    words("enable", ENABLE),
    field("command", Form::Number(Number::whole(2, 0, 0xFFFF))),
];

/// The same when a region is free.
const VACANT: &[Field] = &[
    field("region", REGION),
    words("enable", ENABLE),
    field("command", Form::Number(Number::whole(2, 0, 0xFFFF))),
    field("delay_time", SECONDS),
];

const RESET: &[Field] = &[
    words("mode", CHANGES),
    field("index", Form::Ordinal(5)),
    field("week_cycle", Form::Object(&[field("", WEEK)])),
    // Minutes of the day.
    field("time", Form::Number(Number::whole(3, 0, 1_439))),
];

/// The maker's decoder has the period before the day of the week, its encoder behind it: neither is told.
const SCHEDULE: &[Field] = &[
    words("people_counting_type", COUNTS),
    field("", Form::Reserved(2)),
    field("start_hour", BYTE),
    field("start_minute", BYTE),
    field("end_hour", BYTE),
    field("end_minute", BYTE),
];

/// All settings, in the order in which a command writes them.
pub(crate) const SETTINGS: &[Setting] = &[
    // Seconds.
    Setting::new("from_now_on_report_interval", 0x03, Form::Number(Number::whole(2, 1, 0xFFFF))),
    Setting::new("confirm_mode_enable", 0x04, Form::Words(ENABLE)),
    Setting::new("adr_enable", 0x40, Form::Words(ENABLE)),
    Setting::new("report_regularly_enable", 0x43, Form::Words(ENABLE)),
    Setting::new("people_count_change_report_enable", 0x44, Form::Words(ENABLE)),
    Setting::new("people_counting_report_mode", 0x45, Form::Words(MODES)),
    Setting::new("people_count_jitter_config", 0x46, Form::Object(JITTER)),
    Setting::new("line_detect_enable", 0x48, Form::Words(ENABLE)),
    Setting::new("region_people_counting_enable", 0x50, Form::Words(ENABLE)),
    Setting::new("clear_cumulative_count", 0x51, Form::Order(0xFF)),
    Setting::new("d2d_enable", 0x84, Form::Words(ENABLE)),
    Setting::new("d2d_key", 0x35, Form::Key(8)),
    Setting::extended("periodic_report_scheme", 0x10, Form::Words(SCHEMES)),
    Setting::extended("on_the_dot_report_interval", 0x11, Form::Words(INTERVALS)),
    Setting::extended("line_detect_report_enable", 0x3D, Form::Words(ENABLE)),
    Setting::extended(
        "rejoin_config",
        0x85,
        Form::Object(&[words("enable", ENABLE), field("max_count", BYTE)]),
    ),
    Setting::extended("data_rate", 0x86, BYTE),
    Setting::extended("tx_power_level", 0x87, BYTE),
    Setting::extended("lorawan_version", 0x8B, Form::Words(VERSIONS)),
    Setting::extended("rx2_data_rate", 0x8C, BYTE),
    // Hertz.
    Setting::extended("rx2_frequency", 0x8D, Form::Number(Number::whole(4, 0, 0xFFFF_FFFF))),
    Setting::extended("d2d_occupied_config", 0x8E, Form::Object(OCCUPIED)),
    Setting::extended("d2d_vacant_config", 0x90, Form::Object(VACANT)),
    Setting::extended(
        "time_config",
        0x91,
        Form::Object(&[
            words("mode", CLOCKS),
            field("timestamp", Form::Number(Number::whole(4, 0, 0x7FFF_FFFF))),
        ]),
    ),
    Setting::extended(
        "region_people_counting_dwell_config",
        0x92,
        Form::Object(&[words("enable", ENABLE), field("min_dwell_time", SECONDS)]),
    ),
    Setting::extended("report_with_timestamp", 0x93, Form::Words(YES_NO)),
    Setting::extended("timed_reset_cumulative_enable", 0x94, Form::Words(ENABLE)),
    Setting::extended("reset_cumulative_schedule", 0x95, Form::Object(RESET)).list(),
    Setting::extended(
        "detect_region_config",
        0x96,
        Form::Object(&[
            words("enable", ENABLE),
            words("detection_type", DETECTIONS),
            words("reporting_type", REPORTS),
        ]),
    ),
    Setting::extended(
        "time_schedule_config",
        0x97,
        Form::Object(&[words("enable", ENABLE), words("people_counting_type", COUNTS)]),
    ),
    Setting::extended("filter_u_turn_enable", 0x98, Form::Words(ENABLE)),
    Setting {
        answer_only: true,
        ..Setting::extended("time_schedule", 0x99, Form::Object(SCHEDULE)).list()
    },
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
