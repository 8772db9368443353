//! The health of a version: its calls are watched once one misbehaves, and set aside where too many do.
//!
//! A device is set aside alone, with the port on which its calls misbehave. A port is set aside where the calls
//! of several devices misbehave, and the larger part of the calls and of the devices does: then one call of a
//! device is enough to set it aside too. A device none of whose calls misbehaved is called all the same, so that
//! no good frame is kept from being decoded by those of others. Now and then one call is let through, and lifts
//! what is set aside when it goes well.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use champollion_frames::DevEui;
use champollion_sandbox::CallError;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use semver::Version;

use super::{
    quarantine::{Caller, QuarantineRule, Quarantined, Scope},
    recent_calls::{Call, RecentCalls},
};
use crate::package::DecoderId;

/// The end of a judgement: something is set aside, or decoded again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Calls are set aside from now on.
    SetAside(Quarantined),
    /// Calls that were set aside are made again.
    Lifted(Quarantined),
}

/// The record of a version's behaviour. It is asked for every frame, so while nothing misbehaves the answer is
/// one atomic; the rest is behind a lock.
#[derive(Default)]
pub(crate) struct Health {
    is_watched: AtomicBool,
    watch: Mutex<Watch>,
}

#[derive(Default)]
struct Watch {
    /// The latest calls of each port, or of commands, since one misbehaved.
    calls: HashMap<Option<u8>, RecentCalls>,
    set_aside: HashMap<Scope, SetAside>,
}

/// Calls that are set aside, with the trials of them.
struct SetAside {
    quarantined: Quarantined,
    /// The last trial, or else the beginning.
    last: Timestamp,
    interval: Duration,
    /// The device whose call is let through.
    on_trial: Option<DevEui>,
    /// The devices for which a port is set aside; `None` is all of the scope.
    failing: Option<HashSet<DevEui>>,
}

/// The name of a version, and the rule that it is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'a> {
    pub(crate) id: &'a DecoderId,
    pub(crate) version: &'a Version,
    pub(crate) rule: &'a QuarantineRule,
}

impl Health {
    /// Lets a call be made, or says why it is set aside. Takes the turn of a trial where one is due.
    pub(crate) fn admit(&self, caller: Caller, now: Timestamp) -> Result<(), Box<Quarantined>> {
        if !self.is_watched.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut watch = self.watch();
        let holds = |set_aside: &SetAside| set_aside.holds(caller.dev_eui);
        let scopes = caller.scopes();
        for scope in &scopes {
            match watch.set_aside.get(scope) {
                Some(set_aside) if holds(set_aside) && !set_aside.trial_is_due(now) => {
                    return Err(Box::new(set_aside.quarantined.clone()));
                }
                _ => {}
            }
        }
        for scope in &scopes {
            if let Some(set_aside) = watch.set_aside.get_mut(scope).filter(|one| holds(one)) {
                set_aside.last = now;
                set_aside.on_trial = Some(caller.dev_eui);
            }
        }
        Ok(())
    }

    /// Takes note of a call that was made, and of the error where it misbehaved.
    pub(crate) fn note(
        &self,
        judged: Judged<'_>,
        caller: Caller,
        misbehaved: Option<&CallError>,
        now: Timestamp,
    ) -> Vec<Verdict> {
        match misbehaved {
            Some(_) if judged.rule.failures == 0 => Vec::new(),
            None if !self.is_watched.load(Ordering::Acquire) => Vec::new(),
            None => self.went_well(caller, judged.rule, now),
            Some(error) => self.went_wrong(judged, caller, error, now),
        }
    }

    fn went_well(&self, caller: Caller, rule: &QuarantineRule, now: Timestamp) -> Vec<Verdict> {
        let mut watch = self.watch();
        let mut verdicts = Vec::new();
        for scope in caller.scopes() {
            let Entry::Occupied(held) = watch.set_aside.entry(scope) else { continue };
            if held.get().on_trial == Some(caller.dev_eui) && !held.get().is_by_hand() {
                verdicts.push(Verdict::Lifted(held.remove().quarantined));
            }
        }
        if !verdicts.is_empty() {
            // Their account begins anew.
            watch.calls.remove(&caller.f_port);
        }
        if let Some(recent) = watch.calls.get_mut(&caller.f_port) {
            recent.push(Call { at: now, dev_eui: caller.dev_eui, failed: false }, rule.window);
            if recent.have_no_failure() {
                watch.calls.remove(&caller.f_port);
            }
        }
        self.rest(&watch);
        verdicts
    }

    fn went_wrong(
        &self,
        judged: Judged<'_>,
        caller: Caller,
        error: &CallError,
        now: Timestamp,
    ) -> Vec<Verdict> {
        let mut watch = self.watch();
        self.is_watched.store(true, Ordering::Release);
        let [version, port, device] = caller.scopes();
        for scope in [version, port, device] {
            if let Some(set_aside) = watch.set_aside.get_mut(&scope) {
                set_aside.fail(caller.dev_eui);
            }
        }
        let recent = watch.calls.entry(caller.f_port).or_default();
        recent.push(Call { at: now, dev_eui: caller.dev_eui, failed: true }, judged.rule.window);
        let own = recent.of_device(caller.dev_eui).filter(|tally| tally.is_too_much(judged.rule));
        let (all, failing) = recent.of_all_devices(judged.rule).unzip();
        let mut verdicts = Vec::new();
        for (scope, tally, failing) in [(device, own, None), (port, all, failing)] {
            let Some(tally) = tally else { continue };
            let Entry::Vacant(vacant) = watch.set_aside.entry(scope) else { continue };
            let quarantined = Quarantined {
                id: judged.id.clone(),
                version: judged.version.clone(),
                scope,
                since: now,
                failures: tally.failures,
                calls: tally.calls,
                code: error.code().to_owned(),
                message: error.to_string(),
                by: None,
            };
            let set_aside = SetAside::new(quarantined.clone(), now, judged.rule.trial);
            vacant.insert(SetAside { failing, ..set_aside });
            verdicts.push(Verdict::SetAside(quarantined));
        }
        verdicts
    }

    /// Sets aside what a person wants set aside, or what was when the server was stopped.
    pub(crate) fn set_aside(
        &self,
        quarantined: Quarantined,
        rule: &QuarantineRule,
        now: Timestamp,
    ) {
        let mut watch = self.watch();
        let scope = quarantined.scope;
        let mut set_aside = SetAside::new(quarantined, now, rule.trial);
        if scope != Scope::VERSION && scope.dev_eui.is_none() {
            // Those for which a port was set aside are found out again by one call each.
            set_aside.failing = Some(HashSet::new());
        }
        watch.set_aside.insert(scope, set_aside);
        self.is_watched.store(true, Ordering::Release);
    }

    /// Returns all that is set aside, the widest first.
    pub(crate) fn quarantined(&self) -> Vec<Quarantined> {
        if !self.is_watched.load(Ordering::Acquire) {
            return Vec::new();
        }
        let watch = self.watch();
        let mut all: Vec<Quarantined> =
            watch.set_aside.values().map(|set_aside| set_aside.quarantined.clone()).collect();
        all.sort_by_key(|quarantined| quarantined.scope);
        all
    }

    /// Lets the calls of a scope be made again, as another node does.
    pub(crate) fn lift_scope(&self, scope: Scope) {
        let mut watch = self.watch();
        watch.set_aside.remove(&scope);
        self.rest(&watch);
    }

    /// Lets all calls be made again.
    pub(crate) fn lift(&self) {
        let mut watch = self.watch();
        *watch = Watch::default();
        self.rest(&watch);
    }

    /// Ends the watch where there is nothing to watch any more.
    fn rest(&self, watch: &Watch) {
        let is_watched = !(watch.calls.is_empty() && watch.set_aside.is_empty());
        self.is_watched.store(is_watched, Ordering::Release);
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock()
    }
}

impl SetAside {
    fn new(quarantined: Quarantined, now: Timestamp, interval: Duration) -> Self {
        Self { quarantined, last: now, interval, on_trial: None, failing: None }
    }

    /// Whether the calls of a device are set aside.
    fn holds(&self, dev_eui: DevEui) -> bool {
        self.failing.as_ref().is_none_or(|failing| failing.contains(&dev_eui))
    }

    fn is_by_hand(&self) -> bool {
        self.quarantined.by.is_some()
    }

    /// Whether a call may be let through. A clock that was set back keeps no trial waiting.
    fn trial_is_due(&self, now: Timestamp) -> bool {
        let waited = Duration::try_from(now.duration_since(self.last));
        !self.is_by_hand() && waited.map_or(true, |waited| waited >= self.interval)
    }

    /// Takes note of a call that misbehaved, perhaps on trial.
    fn fail(&mut self, dev_eui: DevEui) {
        if let Some(failing) = &mut self.failing {
            failing.insert(dev_eui);
        }
        if self.on_trial != Some(dev_eui) {
            return;
        }
        self.on_trial = None;
        let longest = QuarantineRule::LONGEST_TRIAL.max(self.interval);
        self.interval = self.interval.saturating_mul(2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: QuarantineRule = QuarantineRule {
        failures: 6,
        window: Duration::from_secs(60),
        share_percent: 50,
        devices: 3,
        trial: Duration::from_secs(60),
    };

    /// A version whose calls are made at seconds.
    #[derive(Default)]
    struct Version1(Health);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn caller(device: u64, f_port: u8) -> Caller {
        Caller { dev_eui: DevEui::from_be_bytes(device.to_be_bytes()), f_port: Some(f_port) }
    }

    impl Version1 {
        /// Has a call be made where it may be, and gives the verdicts.
        fn call(&self, caller: Caller, well: bool, second: i64) -> Result<Vec<Verdict>, Scope> {
            self.0.admit(caller, at(second)).map_err(|quarantined| quarantined.scope)?;
            let (id, version) = ("acme/meter".parse().unwrap(), Version::new(1, 0, 0));
            let judged = Judged { id: &id, version: &version, rule: &RULE };
            let crash = CallError::Trapped { reason: "a crash".into() };
            Ok(self.0.note(judged, caller, (!well).then_some(&crash), at(second)))
        }

        fn scopes(&self) -> Vec<Scope> {
            self.0.quarantined().into_iter().map(|quarantined| quarantined.scope).collect()
        }
    }

    #[test]
    fn one_device_is_set_aside_alone_and_with_its_port_alone() {
        let version = Version1::default();
        let (bad, good) = (caller(1, 5), caller(2, 5));
        for second in 0..5 {
            assert_eq!(version.call(bad, false, second), Ok(Vec::new()));
        }
        let verdicts = version.call(bad, false, 5).unwrap();
        let [Verdict::SetAside(quarantined)] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!((quarantined.failures, quarantined.calls), (6, 6));
        assert_eq!((quarantined.scope, quarantined.code.as_str()), (bad.scopes()[2], "trapped"));
        assert_eq!(version.call(bad, true, 6), Err(bad.scopes()[2]));
        assert_eq!(version.call(good, true, 6), Ok(Vec::new()), "another device");
        assert_eq!(version.call(caller(1, 2), true, 6), Ok(Vec::new()), "another port of it");
    }

    #[test]
    fn a_port_is_set_aside_for_each_device_whose_call_misbehaves_there() {
        let version = Version1::default();
        for device in 1..=6 {
            version.call(caller(device, 5), false, 0).unwrap();
        }
        let port = caller(1, 5).scopes()[1];
        assert_eq!(version.scopes(), [port]);
        for device in 1..=6 {
            assert_eq!(version.call(caller(device, 5), true, 1), Err(port), "one call was enough");
            assert_eq!(version.call(caller(device, 2), true, 1), Ok(Vec::new()), "another port");
        }
        for second in 1..10 {
            assert_eq!(version.call(caller(7, 5), true, second), Ok(Vec::new()), "a good device");
        }
        assert_eq!(version.call(caller(8, 5), false, 10), Ok(Vec::new()), "of it nothing is known");
        assert_eq!(version.call(caller(8, 5), true, 11), Err(port));
        assert_eq!(version.scopes(), [port], "good calls of others were no trial");
    }

    /// Six bad devices among many good ones, and six bad calls among many good ones.
    #[test]
    fn a_small_share_of_calls_or_of_devices_sets_no_port_aside() {
        let version = Version1::default();
        version.call(caller(1, 5), false, 0).unwrap();
        for device in 100..120 {
            version.call(caller(device, 5), true, 0).unwrap();
        }
        for device in 1..=12 {
            version.call(caller(device, 5), false, 1).unwrap();
        }
        assert_eq!(version.scopes(), [], "13 of 33 calls, 12 of 32 devices");
        let version = Version1::default();
        version.call(caller(1, 5), false, 0).unwrap();
        for device in 100..104 {
            version.call(caller(device, 5), true, 0).unwrap();
        }
        for call in 0..9 {
            version.call(caller(call % 3, 5), false, 1).unwrap();
        }
        assert_eq!(version.scopes(), [], "10 of 14 calls, but 3 of 7 devices");
    }

    #[test]
    fn one_call_is_let_through_now_and_then_and_lifts_it() {
        let version = Version1::default();
        let bad = caller(1, 5);
        let device = bad.scopes()[2];
        for second in 0..6 {
            version.call(bad, false, second).unwrap();
        }
        assert_eq!(version.call(bad, true, 64), Err(device), "too early");
        assert_eq!(version.call(bad, false, 65), Ok(Vec::new()), "a trial, which misbehaves");
        assert_eq!(version.call(bad, true, 66), Err(device));
        assert_eq!(version.call(bad, true, 184), Err(device), "the time has doubled");
        let lifted = version.call(bad, true, 185).unwrap();
        assert!(matches!(&lifted[..], [Verdict::Lifted(it)] if it.scope == device), "{lifted:?}");
        assert_eq!(version.call(bad, false, 186), Ok(Vec::new()), "its account begins anew");
        assert_eq!(version.scopes(), []);
    }

    #[test]
    fn while_a_trial_runs_no_other_call_is_let_through() {
        let version = Version1::default();
        for device in 1..=6 {
            version.call(caller(device, 5), false, 0).unwrap();
        }
        assert_eq!(version.0.admit(caller(1, 5), at(60)), Ok(()));
        assert!(version.0.admit(caller(2, 5), at(60)).is_err());
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_no_trial_waiting() {
        let version = Version1::default();
        for second in 0..6 {
            version.call(caller(1, 5), false, 1_000_000 + second).unwrap();
        }
        assert!(version.call(caller(1, 5), true, 0).is_ok());
        assert_eq!(version.scopes(), []);
    }

    #[test]
    fn failures_that_are_far_apart_do_not_add_up() {
        let version = Version1::default();
        for call in 0..100 {
            version.call(caller(1, 5), false, call * 13).unwrap();
        }
        assert_eq!(version.scopes(), [], "five within a minute");
        version.call(caller(1, 5), false, 99 * 13 + 1).unwrap();
        assert_eq!(version.scopes().len(), 1);
    }

    #[test]
    fn a_person_sets_all_aside_and_alone_lifts_it() {
        let version = Version1::default();
        version.call(caller(1, 5), true, 0).unwrap();
        let by_hand = Quarantined {
            id: "acme/meter".parse().unwrap(),
            version: Version::new(1, 0, 0),
            scope: Scope::VERSION,
            since: at(0),
            failures: 0,
            calls: 0,
            code: Quarantined::BY_HAND.to_owned(),
            message: "it is off by ten".to_owned(),
            by: Some("root".to_owned()),
        };
        version.0.set_aside(by_hand, &RULE, at(0));
        for second in [0, 60, 100_000] {
            assert_eq!(version.call(caller(1, 5), true, second), Err(Scope::VERSION));
        }
        version.0.lift();
        assert_eq!(version.call(caller(1, 5), true, 100_001), Ok(Vec::new()));
    }
}
