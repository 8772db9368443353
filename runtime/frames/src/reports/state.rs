//! State of the reported uplinks of a device, which must survive a restart.

use std::{collections::VecDeque, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{address::DevAddr, uplink::Arrival};

/// Uplinks that are remembered. A network server hands one over again that it heard no answer of; meanwhile
/// it has handed over some newer ones of the device at most.
const REMEMBERED: usize = 16;

/// The distance of moments, in milliseconds, that a network server may tell of one frame: when each gateway
/// heard it, or the device repeated it since nobody acknowledged it. A device that sends the same payload at
/// the same FCnt later has started over.
const SAME_MOMENT_MS: u64 = 10 * 60 * 1_000;

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

/// An uplink that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Seen {
    pub(crate) f_cnt: u32,
    pub(crate) mark: [u8; 4],
    pub(crate) received_at_ms: Option<u64>,
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

    pub(crate) fn remembers(&self, seen: &Seen) -> bool {
        self.recent.iter().any(|other| other.is_same(seen))
    }

    /// Whether it was received before the last, and only comes later.
    fn is_held_up(&self, seen: &Seen) -> bool {
        matches!(
            (seen.received_at_ms, self.last_received_at_ms),
            (Some(received), Some(last)) if received < last
        )
    }

    fn is_of_a_new_session(&self, dev_addr: Option<DevAddr>) -> bool {
        matches!((self.dev_addr, dev_addr), (Some(known), Some(told)) if known != told)
    }

    /// Compares an uplink with those before.
    pub(crate) fn arrival(&self, dev_addr: Option<DevAddr>, seen: &Seen) -> Arrival {
        if self.is_held_up(seen) {
            return Arrival::HeldUp;
        }
        let is_above = self.last_f_cnt.is_none_or(|last| seen.f_cnt > last);
        if is_above || self.is_of_a_new_session(dev_addr) {
            Arrival::InOrder
        } else {
            Arrival::StartsOver
        }
    }

    /// After an uplink was accepted.
    pub(crate) fn after(&self, dev_addr: Option<DevAddr>, seen: Seen) -> Self {
        let mut recent = self.recent.clone();
        recent.truncate(REMEMBERED - 1);
        recent.push_front(seen);
        if self.is_held_up(&seen) {
            return Self { recent, ..self.clone() };
        }
        Self {
            last_f_cnt: Some(seen.f_cnt),
            dev_addr: dev_addr.or(self.dev_addr),
            last_received_at_ms: seen.received_at_ms.or(self.last_received_at_ms),
            recent,
        }
    }

    /// After the network server told that the device has joined.
    pub(crate) fn after_join(self, dev_addr: Option<DevAddr>) -> Self {
        Self { last_f_cnt: None, dev_addr: dev_addr.or(self.dev_addr), ..self }
    }
}

impl Seen {
    fn is_same(&self, other: &Self) -> bool {
        let at_the_same_moment = match (self.received_at_ms, other.received_at_ms) {
            (Some(one), Some(other)) => one.abs_diff(other) <= SAME_MOMENT_MS,
            _ => true,
        };
        self.f_cnt == other.f_cnt && self.mark == other.mark && at_the_same_moment
    }
}

/// Short, since sixteen of them are stored with every uplink.
impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}.{:08x}", self.f_cnt, u32::from_be_bytes(self.mark))?;
        match self.received_at_ms {
            Some(moment) => write!(formatter, ".{moment:x}"),
            None => Ok(()),
        }
    }
}

impl From<Seen> for String {
    fn from(seen: Seen) -> Self {
        seen.to_string()
    }
}

impl FromStr for Seen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no uplink that was accepted");
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or_else(wrong);
        let f_cnt = u32::from_str_radix(part()?, 16).map_err(|_| wrong())?;
        let mark = u32::from_str_radix(part()?, 16).map_err(|_| wrong())?.to_be_bytes();
        let received_at_ms = parts
            .next()
            .map(|moment| u64::from_str_radix(moment, 16).map_err(|_| wrong()))
            .transpose()?;
        Ok(Self { f_cnt, mark, received_at_ms })
    }
}

impl TryFrom<String> for Seen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(f_cnt: u32, mark: u8, received_at_ms: Option<u64>) -> Seen {
        Seen { f_cnt, mark: [mark; 4], received_at_ms }
    }

    #[test]
    fn the_state_is_stored_as_short_json() {
        let address = Some(DevAddr::from_u32(0x0102_0304));
        let state = ReportState::default()
            .after(address, seen(7, 0x0F, Some(1_767_225_600_000)))
            .after(None, seen(8, 1, None));
        let json = r#"{"lastFCnt":8,"devAddr":"01020304","lastReceivedAtMs":1767225600000,"recent":["8.01010101","7.0f0f0f0f.19b76daa800"]}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<ReportState>(json).unwrap(), state);
        assert_eq!(serde_json::from_str::<ReportState>("{}").unwrap(), ReportState::default());
        for wrong in ["", "7", "7.x", "7.1.x", "-1.1"] {
            let error = wrong.parse::<Seen>().unwrap_err();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }

    #[test]
    fn a_bounded_number_is_remembered() {
        let mut state = ReportState::default();
        for f_cnt in 0..100 {
            state = state.after(None, seen(f_cnt, 1, None));
        }
        assert_eq!(state.recent.len(), REMEMBERED);
        assert!(state.remembers(&seen(84, 1, None)) && !state.remembers(&seen(83, 1, None)));
        assert!(!state.remembers(&seen(99, 2, None)));
    }

    #[test]
    fn the_same_content_long_after_is_another_uplink() {
        let state = ReportState::default().after(None, seen(0, 1, Some(1_000_000)));
        assert!(state.remembers(&seen(0, 1, Some(1_000_000 + SAME_MOMENT_MS))));
        assert!(!state.remembers(&seen(0, 1, Some(1_000_001 + SAME_MOMENT_MS))));
        assert!(state.remembers(&seen(0, 1, None)));
    }
}
