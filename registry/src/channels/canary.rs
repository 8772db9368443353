//! A candidate that a share of the devices gets, and that goes by itself when too many frames fail.

use std::sync::atomic::{AtomicBool, Ordering};

use champollion_sandbox::Digest;
use parking_lot::Mutex;
use semver::Version;
use serde::{Deserialize, Serialize};

/// The rule of a canary: the devices that get a candidate, and the failures that end it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanaryRule {
    /// The version that is the candidate.
    #[schema(value_type = String)]
    pub version: Version,
    /// The share of devices that get the candidate, in percent, 1 to 99.
    pub share_percent: u8,
    /// The share of their frames that may fail, in percent, 0 to 100.
    pub failure_percent: u8,
    /// After how many frames that is looked at first: one of one is no rate.
    pub frames: u64,
}

impl CanaryRule {
    /// The share of failures that a candidate may have by default, in percent.
    pub const FAILURE_PERCENT: u8 = 5;
    /// When that is looked at first where nothing is said.
    pub const FRAMES: u64 = 50;

    /// Whether its numbers are possible.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        (1..=99).contains(&self.share_percent) && self.failure_percent <= 100
    }
}

/// A candidate that a share of the devices gets.
pub struct Canary {
    rule: CanaryRule,
    /// Makes the choice of devices another one for each candidate.
    salt: u64,
    counts: Mutex<Counts>,
    is_over: AtomicBool,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    frames: u64,
    failures: u64,
}

/// The report of a canary since the server was started or the canary was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanaryReport {
    /// The rule of the canary.
    #[serde(flatten)]
    pub rule: CanaryRule,
    /// Frames that it has decoded, or failed to.
    pub decoded: u64,
    /// The number of frames that failed.
    pub failures: u64,
}

impl Canary {
    pub(crate) fn new(rule: CanaryRule, digest: Digest) -> Self {
        let salt = u64::from_str_radix(&digest.hex()[..16], 16).unwrap_or_default();
        Self { rule, salt, counts: Mutex::default(), is_over: AtomicBool::new(false) }
    }

    /// Returns the rule of the canary.
    #[must_use]
    pub fn rule(&self) -> &CanaryRule {
        &self.rule
    }

    /// Whether a device is among those that get it: the same answer each time.
    #[must_use]
    pub fn is_for(&self, device: u64) -> bool {
        const PARTS: u64 = 10_000;
        // The last steps of SplitMix64: neighbouring DevEUIs are no neighbours any more.
        let mut mixed = device ^ self.salt;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % PARTS < u64::from(self.rule.share_percent) * (PARTS / 100)
    }

    /// Counts a frame; once, when too many have failed, it says why the candidate must go.
    pub fn count(&self, failed: bool) -> Option<String> {
        let Counts { frames, failures } = {
            let mut counts = self.counts.lock();
            counts.frames += 1;
            counts.failures += u64::from(failed);
            *counts
        };
        let allowed = u64::from(self.rule.failure_percent);
        let too_many = frames >= self.rule.frames && failures * 100 > frames * allowed;
        let is_first = too_many && !self.is_over.swap(true, Ordering::Relaxed);
        is_first.then(|| format!("{failures} of {frames} frames failed, and {allowed} % may"))
    }

    /// Returns the report of the canary so far.
    #[must_use]
    pub fn report(&self) -> CanaryReport {
        let counts = *self.counts.lock();
        let Counts { frames: decoded, failures } = counts;
        CanaryReport { rule: self.rule.clone(), decoded, failures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary(share_percent: u8, name: &[u8]) -> Canary {
        let version = Version::new(1, 1, 0);
        let rule = CanaryRule { version, share_percent, failure_percent: 10, frames: 20 };
        Canary::new(rule, Digest::of(name))
    }

    #[test]
    fn a_share_of_the_devices_gets_it_and_another_one_of_each_candidate() {
        // DevEUIs of one maker, one after another.
        let first = 0x70B3_D549_9A00_0000_u64;
        let chosen = |canary: &Canary| -> Vec<bool> {
            (0..10_000).map(|number| canary.is_for(first + number)).collect()
        };
        for share in [1, 10, 50, 99] {
            let canary = canary(share, b"a");
            let all = chosen(&canary);
            let count = all.iter().filter(|is_chosen| **is_chosen).count();
            let expected = usize::from(share) * 100;
            assert!(count.abs_diff(expected) < 200, "{share} %: {count}");
            assert_eq!(chosen(&canary), all, "it is the same each time");
        }
        let (one, other) = (chosen(&canary(10, b"a")), chosen(&canary(10, b"b")));
        let both = one.iter().zip(&other).filter(|(one, other)| **one && **other).count();
        assert!(both < 300, "{both} of 1,000 get both");
    }

    #[test]
    fn it_goes_once_when_too_many_frames_fail() {
        let canary = canary(10, b"a");
        let outcomes: Vec<Option<String>> =
            (0..40).map(|frame| canary.count(frame % 8 == 0)).collect();
        let gone: Vec<usize> = (0..40).filter(|frame| outcomes[*frame].is_some()).collect();
        assert_eq!(gone, [19], "3 of 20 are more than a tenth, and that is said once");
        let said = outcomes[19].as_deref();
        assert_eq!(said, Some("3 of 20 frames failed, and 10 % may"));
        let report = canary.report();
        assert_eq!((report.decoded, report.failures), (40, 5));
    }

    #[test]
    fn as_many_as_may_fail_do_no_harm() {
        let canary = canary(10, b"a");
        assert!((0..1_000).all(|frame| canary.count(frame % 10 == 9).is_none()));
    }
}
