//! The error flags: two bytes, of which seven bits are known.

use champollion_sdk::{
    families::mbus::{Record, Value},
    prelude::*,
};
use serde::Serialize;

/// The alarms by the names of akenza's decoder.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorFlags {
    tamper: Spanned<bool>,
    burst: Spanned<bool>,
    leak: Spanned<bool>,
    no_consumption: Spanned<bool>,
    battery_low: Spanned<bool>,
    reverse_flow: Spanned<bool>,
    overflow: Spanned<bool>,
}

impl ErrorFlags {
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let Value::Number(number) = *record.value else { return None };
        #[expect(clippy::cast_possible_truncation, reason = "the record holds a whole number")]
        let flags = (number as i64).cast_unsigned();
        let flags = Spanned { value: flags, span: record.value.span };
        Some(Self {
            battery_low: flags.bit(0),
            reverse_flow: flags.bit(1),
            overflow: flags.bit(2),
            tamper: flags.bit(8),
            burst: flags.bit(10),
            leak: flags.bit(11),
            no_consumption: flags.bit(15),
        })
    }

    pub(crate) fn measurements(self) -> [Measurement; 7] {
        [
            quantity::ALARM_TAMPER.of(self.tamper),
            quantity::ALARM_BURST.of(self.burst),
            quantity::ALARM_LEAK.of(self.leak),
            quantity::ALARM_NO_FLOW.of(self.no_consumption),
            quantity::ALARM_BATTERY.of(self.battery_low),
            quantity::ALARM_BACKFLOW.of(self.reverse_flow),
            quantity::ALARM_OVERFLOW.of(self.overflow),
        ]
    }
}
