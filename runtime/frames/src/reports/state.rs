//! State of the reported uplinks of a device, which must survive a restart.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::seen::{Arriving, Seen};
use crate::{address::DevAddr, uplink::Arrival};

/// Uplinks that are remembered. A network server hands one over again that it heard no answer of; meanwhile
/// it has handed over some newer ones of the device at most.
const REMEMBERED: usize = 16;

/// The state of the reported uplinks of a device.
///
/// The state after an uplink belongs into the same transaction as the uplink's record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReportState {
    /// The FCnt of the uplink that was received last, all 32 bits; absent where the next may have any.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_f_cnt: Option<u32>,
    /// The address that it was sent from, where it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    dev_addr: Option<DevAddr>,
    /// When it was received, in milliseconds since the epoch, where it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_received_at_ms: Option<u64>,
    /// The uplinks that were accepted last, the newest first.
    recent: VecDeque<Seen>,
}

impl ReportState {
    /// The FCnt of the uplink that was received last.
    #[must_use]
    pub fn last_f_cnt(&self) -> Option<u32> {
        self.last_f_cnt
    }

    /// Whether an uplink of this FCnt is among those that were accepted last.
    #[must_use]
    pub fn has_taken(&self, f_cnt: u32) -> bool {
        self.recent.iter().any(|seen| seen.f_cnt == f_cnt)
    }

    /// The address that the device sends from, where it was told.
    #[must_use]
    pub fn dev_addr(&self) -> Option<DevAddr> {
        self.dev_addr
    }

    pub(crate) fn remembers(&self, arriving: &Arriving) -> bool {
        let is_elsewhere = self.is_of_a_new_session(&arriving.seen);
        self.recent.iter().any(|seen| arriving.is(seen, is_elsewhere))
    }

    /// Whether it was received before the last, and only comes later.
    fn is_held_up(&self, seen: &Seen) -> bool {
        matches!(
            (seen.received_at_ms, self.last_received_at_ms),
            (Some(received), Some(last)) if received < last
        )
    }

    fn is_of_a_new_session(&self, seen: &Seen) -> bool {
        matches!((self.dev_addr, seen.dev_addr), (Some(known), Some(told)) if known != told)
    }

    /// Compares an uplink with those before.
    pub(crate) fn arrival(&self, seen: &Seen) -> Arrival {
        if self.is_held_up(seen) {
            return Arrival::HeldUp;
        }
        let is_above = self.last_f_cnt.is_none_or(|last| seen.f_cnt > last);
        if is_above || self.is_of_a_new_session(seen) {
            Arrival::InOrder
        } else {
            Arrival::StartsOver
        }
    }

    /// After an uplink was accepted.
    pub(crate) fn after(&self, seen: Seen) -> Self {
        let mut recent = self.recent.clone();
        recent.truncate(REMEMBERED - 1);
        let is_held_up = self.is_held_up(&seen);
        if !is_held_up && self.is_of_a_new_session(&seen) {
            recent.iter_mut().for_each(Seen::end_session);
        }
        recent.push_front(seen);
        if is_held_up {
            return Self { recent, ..self.clone() };
        }
        Self {
            last_f_cnt: Some(seen.f_cnt),
            dev_addr: seen.dev_addr.or(self.dev_addr),
            last_received_at_ms: seen.received_at_ms.or(self.last_received_at_ms),
            recent,
        }
    }

    /// After the network server told that the device has joined.
    pub(crate) fn after_join(mut self, dev_addr: Option<DevAddr>) -> Self {
        self.recent.iter_mut().for_each(Seen::end_session);
        Self { last_f_cnt: None, dev_addr: dev_addr.or(self.dev_addr), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(f_cnt: u32, received_at_ms: Option<u64>) -> Seen {
        Seen { f_cnt, mark: [1; 4], received_at_ms, dev_addr: None, mic: None, is_over: false }
    }

    fn arriving(f_cnt: u32) -> Arriving {
        Arriving { seen: seen(f_cnt, None), earlier_mark: [9; 4] }
    }

    #[test]
    fn the_state_is_stored_as_short_json() {
        let address = Some(DevAddr::from_u32(0x0102_0304));
        let moment = Some(1_767_225_600_000);
        let state = ReportState::default()
            .after(Seen { dev_addr: address, ..seen(7, moment) })
            .after(seen(8, None));
        let json = r#"{"lastFCnt":8,"devAddr":"01020304","lastReceivedAtMs":1767225600000,"recent":["8.01010101","7.01010101.19b76daa800.@01020304"]}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<ReportState>(json).unwrap(), state);
        assert_eq!(serde_json::from_str::<ReportState>("{}").unwrap(), ReportState::default());
    }

    #[test]
    fn a_bounded_number_is_remembered() {
        let mut state = ReportState::default();
        for f_cnt in 0..100 {
            state = state.after(seen(f_cnt, None));
        }
        assert_eq!(state.recent.len(), REMEMBERED);
        assert!(state.remembers(&arriving(84)) && !state.remembers(&arriving(83)));
    }

    #[test]
    fn a_join_and_another_address_end_a_session() {
        let is_over = |state: &ReportState| -> Vec<bool> {
            state.recent.iter().map(|seen| seen.is_over).collect()
        };
        let at = |address, f_cnt, moment| Seen {
            dev_addr: Some(DevAddr::from_u32(address)),
            ..seen(f_cnt, Some(moment))
        };
        let state = ReportState::default().after(at(1, 7, 1_000)).after(seen(8, Some(2_000)));
        assert_eq!(is_over(&state), [false, false], "an address that is not told is no other");
        let elsewhere = state.after(at(2, 0, 3_000));
        assert_eq!(is_over(&elsewhere), [false, true, true]);
        let held_up = elsewhere.after(at(1, 6, 500));
        assert_eq!(is_over(&held_up), [false, false, true, true], "it ends none");
        assert_eq!(is_over(&state.after_join(None)), [true, true]);
    }
}
