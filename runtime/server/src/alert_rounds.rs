//! Rounds: what no frame tells is seen every few seconds: devices that are silent, and routes that do not deliver.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{
    dispatch::{RouteState, ShownRoute},
    names::GroupId,
};
use champollion_frames::DevEui;
use champollion_service::alerts::{
    AlertsError, Condition, NamedRule, Place, RouteFailure, RouteName, Sight, Silence, Subject,
    Verdict,
};
use champollion_store::Batch;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::MissedTickBehavior};
use uuid::Uuid;

use crate::{alerts::Alerts, clock::ClockWatch, devices::Device, service::Service};

/// The time between two rounds.
const PERIOD: Duration = Duration::from_secs(5);

/// The time after the start in which no silence is seen: network servers hand over what they have kept meanwhile.
const GRACE: Duration = Duration::from_secs(600);

/// Devices that are looked at in one go.
const DEVICES: usize = 500;

/// Devices whose alerts become durable in one batch: with twenty mails each they stay within one.
const AT_ONCE: usize = 50;

/// Most routes of a group that are looked at.
const ROUTES: usize = 1_000;

/// Rounds between two in which what was raised is compared with the rules whatever has changed: devices move too.
const SWEEP_EVERY: u32 = 720;

/// The rounds of a server.
pub(crate) struct Rounds {
    service: Arc<Service>,
    started: Instant,
    clock: ClockWatch,
    /// The silences that were judged, by rule and device, with the moment at which each was due.
    silences: HashMap<(Uuid, DevEui), Timestamp>,
    /// Whether routes delivered when they were last judged, by rule and route.
    delivering: HashMap<(Uuid, Subject), bool>,
    count: u32,
}

/// A device that is silent for too long.
struct Silent {
    device: Arc<Device>,
    due: Timestamp,
}

impl Rounds {
    /// Makes the rounds of a server that starts now.
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            started: Instant::now(),
            clock: ClockWatch::default(),
            silences: HashMap::new(),
            delivering: HashMap::new(),
            count: 0,
        }
    }

    /// Makes round after round until the server stops.
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            if let Err(error) = self.round().await {
                tracing::error!(%error, "alerts cannot be judged now");
            }
        }
    }

    async fn round(&mut self) -> Result<(), AlertsError> {
        let alerts = Arc::clone(&self.service.alerts);
        alerts.reload().await?;
        let now = Timestamp::now();
        // After a jump all devices would be silent at once, or none.
        let is_trusted = self.clock.look(Instant::now(), now);
        for (group, rules) in alerts.armed.all() {
            for rule in rules.iter() {
                match &rule.1.definition.when {
                    Condition::Silent(silence) if is_trusted && self.is_past_grace(silence) => {
                        self.silence(&alerts, (&group, rule), silence, now).await?;
                    }
                    Condition::Route(failure) => {
                        self.routes(&alerts, (&group, rule), failure, now).await?;
                    }
                    _ => {}
                }
            }
        }
        self.count = self.count.wrapping_add(1);
        if alerts.armed.take_change() || self.count.is_multiple_of(SWEEP_EVERY) {
            self.sweep(&alerts, now).await.inspect_err(|_| alerts.armed.note_change())?;
        }
        Ok(())
    }

    fn is_past_grace(&self, silence: &Silence) -> bool {
        self.started.elapsed() >= GRACE.min(Duration::from_secs(silence.seconds))
    }

    /// Raises what a rule on silence says of the devices of its group, some at a time.
    async fn silence(
        &mut self,
        alerts: &Alerts,
        (group, rule): (&GroupId, &NamedRule),
        silence: &Silence,
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        let (groups, mut after) = (BTreeSet::from([group.clone()]), None);
        loop {
            let page = alerts.devices.page_of(&groups, |_| true, after, DEVICES);
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.dev_eui);
            let silent: Vec<Silent> = page
                .into_iter()
                .filter_map(|device| self.silent(alerts, rule, device, (silence, now)))
                .collect();
            for some in silent.chunks(AT_ONCE) {
                self.raise(alerts, rule, some).await?;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The device where it is silent for too long, and that was not judged before.
    fn silent(
        &mut self,
        alerts: &Alerts,
        (_, rule): &NamedRule,
        device: Arc<Device>,
        (silence, now): (&Silence, Timestamp),
    ) -> Option<Silent> {
        let heard = alerts.devices.last_heard(device.dev_eui)?;
        let after = SignedDuration::from_secs(i64::try_from(silence.seconds).ok()?);
        let due = heard.checked_add(after).ok()?;
        let key = (rule.id, device.dev_eui);
        if due > now {
            self.silences.remove(&key);
            return None;
        }
        let is_new = self.silences.get(&key) != Some(&due);
        let is_meant =
            is_new && !alerts.is_muted(&device, now) && rule.watches(&alerts.place(&device, now));
        is_meant.then_some(Silent { device, due })
    }

    async fn raise(
        &mut self,
        alerts: &Alerts,
        rule: &NamedRule,
        silent: &[Silent],
    ) -> Result<(), AlertsError> {
        let mut batch = Batch::new();
        for Silent { device, due } in silent {
            let sight = Sight { at: *due, value: None, verdict: Verdict::Broken };
            let place = alerts.place(device, *due);
            alerts.judge.see(rule, (&place, false), sight, &mut batch).await?;
        }
        if alerts.commit(batch).await? {
            let judged = silent.iter().map(|one| ((rule.1.id, one.device.dev_eui), one.due));
            self.silences.extend(judged);
        }
        Ok(())
    }

    /// Judges a rule on routes.
    async fn routes(
        &mut self,
        alerts: &Alerts,
        (group, rule): (&GroupId, &NamedRule),
        failure: &RouteFailure,
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        let groups = BTreeSet::from([group.clone()]);
        let listed = self.service.dispatcher.list(Some(&groups), None, ROUTES).await;
        let Ok(routes) = listed.inspect_err(|error| tracing::error!(%error, "no routes are seen"))
        else {
            return Ok(());
        };
        for route in routes {
            let Ok(name) = route.name.as_str().parse::<RouteName>() else { continue };
            let is_meant = failure.route.as_ref().is_none_or(|wanted| *wanted == name);
            if let (true, Some(delivers)) = (is_meant, delivers(&route)) {
                let place = Place::of_route(group.clone(), name);
                self.route(alerts, rule, &place, (delivers, now)).await?;
            }
        }
        Ok(())
    }

    async fn route(
        &mut self,
        alerts: &Alerts,
        rule: &NamedRule,
        place: &Place,
        (delivers, at): (bool, Timestamp),
    ) -> Result<(), AlertsError> {
        let Some(subject) = place.subject().filter(|_| rule.1.watches(place)) else {
            return Ok(());
        };
        let key = (rule.1.id, subject);
        if delivers && self.delivering.get(&key) == Some(&true) {
            return Ok(());
        }
        let verdict = if delivers { Verdict::Normal } else { Verdict::Broken };
        let mut batch = Batch::new();
        let sight = Sight { at, value: None, verdict };
        alerts.judge.see(rule, (place, false), sight, &mut batch).await?;
        if alerts.commit(batch).await? {
            self.delivering.insert(key, delivers);
        }
        Ok(())
    }

    /// Ends what was raised by rules that are no more, or that watch a device no more.
    async fn sweep(&self, alerts: &Alerts, now: Timestamp) -> Result<(), AlertsError> {
        let mut pages = alerts.book.subjects();
        while let Some(page) = pages.next().await? {
            for (subject, states) in page {
                let watching = alerts.watching(&subject, now);
                if states.keys().all(|rule| watching.contains(rule)) {
                    continue;
                }
                let mut batch = Batch::new();
                let watches = |rule: Uuid| watching.contains(&rule);
                alerts.judge.drop_others(&subject, watches, now, &mut batch).await?;
                alerts.commit(batch).await?;
            }
        }
        alerts.book.tidy(now).await.map(drop)
    }
}

/// Whether a route delivers; nothing of one that somebody has paused.
fn delivers(route: &ShownRoute) -> Option<bool> {
    match route.status.state {
        RouteState::Paused => None,
        RouteState::Stopped | RouteState::BackingOff => Some(false),
        RouteState::Running => {
            Some(route.status.failures_in_a_row == 0 && route.status.refused.is_empty())
        }
    }
}
