//! The state of the module and the alarms.
//!
//! ZENNER's parser and the maker's codec read the state from the lowest bit, as M-Bus has it; akenza's decoder reads the
//! same names from the highest bit, by which a low battery would be a temporary error.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The state of the module.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    code: Spanned<u8>,
    application_busy: bool,
    application_error: bool,
    low_battery: bool,
    permanent_error: bool,
    communication_error: bool,
    no_encoder: bool,
    bad_encoder: bool,
}

impl State {
    pub(crate) fn of(code: Spanned<u8>) -> Self {
        let communication_error = *code.bit(4);
        Self {
            code,
            application_busy: *code.bits(0, 2) == 1,
            application_error: *code.bits(0, 2) == 2,
            low_battery: *code.bit(2),
            permanent_error: *code.bit(3),
            communication_error,
            no_encoder: communication_error && *code.bit(5),
            bad_encoder: communication_error && *code.bit(6),
        }
    }

    /// Whether the index is that of the meter. By protocol 2 it stays valid while the meter does not answer, and is older.
    pub(crate) fn has_index(self, protocol: u8) -> bool {
        let is_told = !self.application_busy && !self.application_error;
        is_told && (protocol == 2 || !self.communication_error)
    }
}

/// The alarms, of a byte of which half the bits are reserved.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarms {
    continuous_flow: Spanned<bool>,
    broken_pipe: Spanned<bool>,
    low_battery: Spanned<bool>,
    backflow: Spanned<bool>,
    no_usage: Spanned<bool>,
}

impl Alarms {
    /// Bits of the byte that are an alarm.
    pub(crate) const KNOWN: u8 = 0b1110_1010;

    pub(crate) fn of(flags: Spanned<u8>) -> Self {
        Self {
            continuous_flow: flags.bit(1),
            broken_pipe: flags.bit(3),
            low_battery: flags.bit(5),
            backflow: flags.bit(6),
            no_usage: flags.bit(7),
        }
    }

    pub(crate) fn measurements(self, state: State) -> [Measurement; 7] {
        let low_battery = self.low_battery.map(|is_low| is_low || state.low_battery);
        [
            quantity::ALARM_LEAK.of(self.continuous_flow),
            quantity::ALARM_BURST.of(self.broken_pipe),
            quantity::ALARM_BACKFLOW.of(self.backflow),
            quantity::ALARM_NO_FLOW.of(self.no_usage),
            quantity::ALARM_BATTERY.of(low_battery),
            quantity::ALARM_FAULT.of(state.code.map(|_| state.permanent_error)),
            quantity::ALARM_FAULT_TEMPORARY
                .of(state.code.map(|_| state.communication_error || state.application_error)),
        ]
    }
}
