//! Decoders that keep misbehaving are set aside: their frames are delivered raw, and cost nothing,
//! until somebody lifts it.
//!
//! A decoder misbehaves when it crashes, takes more than it may, or returns what the contract
//! forbids ([`CallError::is_misbehaviour`]). That it cannot read a payload is an answer.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use champollion_sandbox::CallError;
use champollion_store::{Table, codec::Pair, tables};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::package::DecoderId;

/// The table of versions that were set aside, by `vendor/model/version`.
pub(crate) const QUARANTINE: Table<(DecoderId, Version), Quarantined, Pair> =
    Table::new(tables::REGISTRY_QUARANTINE);

/// When a decoder is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRule {
    /// The number of misbehaving calls that is too many; 0 sets nothing aside.
    pub failures: usize,
    /// The time within which calls are counted.
    pub window: Duration,
}

impl QuarantineRule {
    /// A payload that one decoder crashes on may come from many devices, and is no reason to leave
    /// all others undecoded; that every third frame does, is.
    pub const FAILURES: usize = 20;
    /// The window by default: one minute.
    pub const WINDOW: Duration = Duration::from_secs(60);
}

impl Default for QuarantineRule {
    fn default() -> Self {
        Self { failures: Self::FAILURES, window: Self::WINDOW }
    }
}

/// A version that was set aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
    /// The beginning of the quarantine.
    pub since: Timestamp,
    /// The number of calls that misbehaved within the window.
    pub failures: usize,
    /// The word for what the last of them did.
    pub code: String,
    /// The description of the last misbehaviour.
    pub message: String,
}

/// The record of a version's behaviour. It is looked at for every frame, so the answer is one atomic; the
/// rest is behind a lock that only a call that misbehaved takes.
#[derive(Default)]
pub(crate) struct Health {
    set_aside: AtomicBool,
    watch: Mutex<Watch>,
}

#[derive(Default)]
struct Watch {
    /// When the latest calls misbehaved, at most as many as the rule allows.
    recent: VecDeque<Timestamp>,
    quarantined: Option<Quarantined>,
}

impl Health {
    /// Why the version was set aside, if it was.
    pub(crate) fn quarantined(&self) -> Option<Quarantined> {
        if !self.set_aside.load(Ordering::Acquire) {
            return None;
        }
        self.watch().quarantined.clone()
    }

    /// Counts a call that misbehaved. Gives what is to be kept when this is the one too many.
    pub(crate) fn report(
        &self,
        (id, version): (&DecoderId, &Version),
        error: &CallError,
        rule: &QuarantineRule,
        now: Timestamp,
    ) -> Option<Quarantined> {
        let mut watch = self.watch();
        if rule.failures == 0 || watch.quarantined.is_some() {
            return None;
        }
        watch.recent.push_back(now);
        while watch.recent.front().is_some_and(|first| is_older(*first, rule.window, now)) {
            watch.recent.pop_front();
        }
        if watch.recent.len() < rule.failures {
            return None;
        }
        let quarantined = Quarantined {
            id: id.clone(),
            version: version.clone(),
            since: now,
            failures: watch.recent.len(),
            code: error.code().to_owned(),
            message: error.to_string(),
        };
        watch.recent.clear();
        watch.quarantined = Some(quarantined.clone());
        self.set_aside.store(true, Ordering::Release);
        Some(quarantined)
    }

    /// Sets the version aside again, as it was when the server was stopped.
    pub(crate) fn restore(&self, quarantined: Quarantined) {
        self.watch().quarantined = Some(quarantined);
        self.set_aside.store(true, Ordering::Release);
    }

    pub(crate) fn lift(&self) {
        *self.watch() = Watch::default();
        self.set_aside.store(false, Ordering::Release);
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock()
    }
}

/// A clock that was set back makes nothing older.
fn is_older(moment: Timestamp, window: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(moment)).is_ok_and(|age| age > window)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: QuarantineRule = QuarantineRule { failures: 3, window: Duration::from_secs(60) };

    fn report(health: &Health, second: i64) -> Option<Quarantined> {
        let (id, version) = ("acme/thermometer".parse().unwrap(), Version::new(1, 0, 0));
        let crash = CallError::Trapped { reason: "a crash".into() };
        let now = Timestamp::from_second(1_700_000_000 + second).unwrap();
        health.report((&id, &version), &crash, &RULE, now)
    }

    #[test]
    fn the_one_failure_too_many_sets_aside() {
        let health = Health::default();
        assert_eq!(report(&health, 0), None);
        assert_eq!(report(&health, 1), None);
        assert_eq!(health.quarantined(), None);
        let quarantined = report(&health, 2).unwrap();
        assert_eq!((quarantined.failures, quarantined.code.as_str()), (3, "trapped"));
        assert_eq!(health.quarantined(), Some(quarantined));
        assert_eq!(report(&health, 3), None, "it is set aside once");
    }

    #[test]
    fn failures_that_are_far_apart_do_not_add_up() {
        let health = Health::default();
        for second in [0, 50, 100, 150, 200] {
            assert_eq!(report(&health, second), None, "{second}");
        }
        assert!(report(&health, 205).is_some(), "150, 200 and 205 are within a minute");
    }

    #[test]
    fn lifting_starts_the_count_anew() {
        let health = Health::default();
        for second in 0..3 {
            report(&health, second);
        }
        health.lift();
        assert_eq!(health.quarantined(), None);
        assert_eq!(report(&health, 4), None);
        assert_eq!(report(&health, 5), None);
        assert!(report(&health, 6).is_some());
    }
}
