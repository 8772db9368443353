//! Settings of the VS121. Those behind the channel 0xF9 are not here, nor is the key of the radio between devices.

use champollion_sdk::families::milesight::{ENABLE, Field, Form, Number, Setting, Words};

const MODES: Words = &[(0, "zero_to_nonzero"), (1, "once_result_change")];

const JITTER: &[Field] = &[
    Field { name: "enable", form: Form::Words(ENABLE) },
    // Seconds.
    Field { name: "time", form: Form::Number(Number::whole(2, 1, 60)) },
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
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
];
