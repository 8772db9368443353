//! The latest calls of a port, and the judgement whether too many of them misbehaved.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use champollion_frames::DevEui;
use jiff::Timestamp;

use super::quarantine::QuarantineRule;

/// The latest calls of a port that are looked at, at most. More of them change no share.
const CALLS: usize = 4_096;

/// The latest calls of a port, the oldest first.
#[derive(Default)]
pub(super) struct RecentCalls {
    calls: VecDeque<Call>,
    failures: usize,
}

/// A call of a decoder for a device.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) at: Timestamp,
    pub(super) dev_eui: DevEui,
    pub(super) failed: bool,
}

/// Calls, and those of them that misbehaved.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) failures: usize,
}

impl Tally {
    fn count(&mut self, failed: bool) {
        self.calls += 1;
        self.failures += usize::from(failed);
    }

    /// Whether so many calls misbehaved, and so large a share of them, that they are set aside.
    pub(super) fn is_too_much(&self, rule: &QuarantineRule) -> bool {
        self.failures >= rule.failures && is_share(self.failures, self.calls, rule)
    }
}

fn is_share(part: usize, whole: usize, rule: &QuarantineRule) -> bool {
    part * 100 >= whole * usize::from(rule.share_percent)
}

impl RecentCalls {
    /// Takes note of a call, and forgets those that are older than the window.
    pub(super) fn push(&mut self, call: Call, window: Duration) {
        self.calls.push_back(call);
        self.failures += usize::from(call.failed);
        while self
            .calls
            .front()
            .is_some_and(|first| self.calls.len() > CALLS || is_older(first.at, window, call.at))
        {
            let first = self.calls.pop_front();
            self.failures -= usize::from(first.is_some_and(|first| first.failed));
        }
    }

    /// Whether none of the calls misbehaved.
    pub(super) fn have_no_failure(&self) -> bool {
        self.failures == 0
    }

    /// The calls of one device.
    pub(super) fn of_device(&self, dev_eui: DevEui) -> Option<Tally> {
        let mut tally = Tally::default();
        let own = self.calls.iter().filter(|call| call.dev_eui == dev_eui);
        own.for_each(|call| tally.count(call.failed));
        (tally.calls > 0).then_some(tally)
    }

    /// The calls of all devices with those whose calls misbehaved, where too many did on too many devices.
    pub(super) fn of_all_devices(&self, rule: &QuarantineRule) -> Option<(Tally, HashSet<DevEui>)> {
        let tally = Tally { calls: self.calls.len(), failures: self.failures };
        if !tally.is_too_much(rule) {
            return None;
        }
        let devices: HashSet<DevEui> = self.calls.iter().map(|call| call.dev_eui).collect();
        let failed = self.calls.iter().filter(|call| call.failed);
        let failing: HashSet<DevEui> = failed.map(|call| call.dev_eui).collect();
        let too_many =
            failing.len() >= rule.devices && is_share(failing.len(), devices.len(), rule);
        too_many.then_some((tally, failing))
    }
}

/// A clock that was set back makes nothing older.
fn is_older(moment: Timestamp, window: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(moment)).is_ok_and(|age| age > window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_what_is_looked_at() {
        let mut recent = RecentCalls::default();
        for call in 0..2 * CALLS as u64 {
            let failed = call < CALLS as u64;
            let dev_eui = DevEui::from_be_bytes(call.to_be_bytes());
            recent
                .push(Call { at: Timestamp::UNIX_EPOCH, dev_eui, failed }, QuarantineRule::WINDOW);
        }
        assert_eq!((recent.calls.len(), recent.failures), (CALLS, 0));
    }
}
