//! The info code: eight bits, one for each alarm.

use champollion_sdk::{
    families::mbus::{Record, Value},
    prelude::*,
};
use serde::Serialize;

/// The alarms of an info code.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InfoCode {
    dry: Spanned<bool>,
    reverse: Spanned<bool>,
    leak: Spanned<bool>,
    burst: Spanned<bool>,
    tamper: Spanned<bool>,
    low_battery: Spanned<bool>,
    low_ambient_temperature: Spanned<bool>,
    high_ambient_temperature: Spanned<bool>,
}

/// The number of a record, without its fraction; none for one that is not valid.
pub(crate) fn whole(record: &Record) -> Option<i64> {
    match *record.value {
        #[expect(clippy::cast_possible_truncation, reason = "the record holds a whole number")]
        Value::Number(number) => Some(number as i64),
        _ => None,
    }
}

impl InfoCode {
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let code = whole(record)?.cast_unsigned();
        let code = Spanned { value: code, span: record.value.span };
        Some(Self {
            dry: code.bit(0),
            reverse: code.bit(1),
            leak: code.bit(2),
            burst: code.bit(3),
            tamper: code.bit(4),
            low_battery: code.bit(5),
            low_ambient_temperature: code.bit(6),
            high_ambient_temperature: code.bit(7),
        })
    }

    pub(crate) fn measurements(self, at: Option<u64>) -> impl Iterator<Item = Measurement> {
        [
            quantity::ALARM_DRY.of(self.dry),
            quantity::ALARM_BACKFLOW.of(self.reverse),
            quantity::ALARM_LEAK.of(self.leak),
            quantity::ALARM_BURST.of(self.burst),
            quantity::ALARM_TAMPER.of(self.tamper),
            quantity::ALARM_BATTERY.of(self.low_battery),
            quantity::ALARM_FREEZE.of(self.low_ambient_temperature),
            quantity::ALARM_OVERHEAT.of(self.high_ambient_temperature),
        ]
        .into_iter()
        .map(move |alarm| at.into_iter().fold(alarm, Measurement::at))
    }
}
