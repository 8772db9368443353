//! The rule of all meters of the group, whose alerts are told by mail and by webhook: each must be there once, fit the
//! frames that were acknowledged, and be told of when it begins and when it ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    ADDRESSES, WEBHOOK,
    levels::{Course, GROUP, Levels},
    rows::{self, Row},
    tellings::{TOLD, Tellings, Turn},
};
use crate::torture::{ledger::Ledger, lock};

/// The time before alerts that do not fit yet are looked at again.
pub(super) const RETRY: Duration = Duration::from_millis(500);

/// The rule once it is armed.
pub(in crate::torture) struct ToldAlerts {
    levels: Levels,
    tellings: Arc<Mutex<Tellings>>,
}

/// The account of its alerts, as it is at a moment.
pub(in crate::torture) struct ToldOutcome {
    pub(in crate::torture) violations: Vec<String>,
    raised: usize,
    ended: usize,
    told: usize,
    repeated: u64,
}

impl ToldAlerts {
    pub(super) const fn new(levels: Levels, tellings: Arc<Mutex<Tellings>>) -> Self {
        Self { levels, tellings }
    }

    /// The alerts that the acknowledged frames must have raised and ended, by their meters.
    pub(super) fn courses(&self, ledger: &Mutex<Ledger>) -> BTreeMap<String, Vec<Course>> {
        let frames = lock(ledger).frames_of(GROUP).into_iter();
        let courses = |(device, frames): (String, u32)| {
            let own = self.levels.courses(&device, frames);
            (device, own)
        };
        frames.map(courses).collect()
    }

    /// Holds the alerts that are listed, and what recipients were told, against what must have come of the frames.
    pub(super) fn judge(
        &self,
        listed: &[Row],
        courses: &BTreeMap<String, Vec<Course>>,
    ) -> ToldOutcome {
        let mut violations = rows::doubled(listed);
        violations.extend(rows::judge(TOLD, listed, courses));
        let all = courses.iter().flat_map(|(device, own)| rows::transitions(device, own));
        let expected: BTreeSet<_> = all.collect();
        let tellings = lock(&self.tellings);
        violations.extend(tellings.judge(&[ADDRESSES[0], ADDRESSES[1], WEBHOOK], &expected));
        let ended = expected.iter().filter(|transition| transition.turn == Turn::Ended).count();
        ToldOutcome {
            violations,
            raised: expected.len() - ended,
            ended,
            told: tellings.told(),
            repeated: tellings.repeated,
        }
    }

    /// Waits until all alerts fit the frames and are told; gives the account as it is then.
    pub(in crate::torture) fn settle(
        &self,
        list: impl Fn() -> Result<Vec<Row>>,
        ledger: &Mutex<Ledger>,
        deadline: Instant,
    ) -> Result<ToldOutcome> {
        loop {
            let outcome = self.judge(&list()?, &self.courses(ledger));
            if outcome.violations.is_empty() || Instant::now() >= deadline {
                return Ok(outcome);
            }
            thread::sleep(RETRY);
        }
    }
}

impl ToldOutcome {
    /// Says in a line what came of the alerts.
    pub(in crate::torture) fn line(&self) -> String {
        let Self { raised, ended, told, repeated, .. } = self;
        format!("alerts: {raised} raised, {ended} ended, {told} told, {repeated} repeated")
    }

    /// Whether an alert was raised, so that something was tried. In a minute of many faults a meter may have too few
    /// frames for one that ends.
    ///
    /// # Errors
    /// None was.
    pub(in crate::torture) fn check(&self) -> Result<()> {
        ensure!(self.raised > 0, "no alert was raised, so none was tried");
        Ok(())
    }
}
