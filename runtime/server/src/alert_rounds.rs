//! Rounds: what no frame tells is seen every few seconds: devices that are silent, and routes that do not deliver.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{
    dispatch::{DispatchError, RouteState, ShownRoute},
    names::{GroupId, RouteKey},
};
use champollion_service::alerts::{
    AlertsError, Condition, NamedRule, Place, RouteFailure, RouteName, Sight, Silence,
    StoredStates, Subject, Unheard, Verdict,
};
use champollion_store::Batch;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::MissedTickBehavior};
use uuid::Uuid;

use crate::{
    alerts::{Alerts, Judged},
    clock::ClockWatch,
    devices::Device,
    service::Service,
};

/// The time between two rounds.
const PERIOD: Duration = Duration::from_secs(5);

/// The time after the start in which no silence is seen: network servers hand over what they have kept meanwhile.
const GRACE: Duration = Duration::from_secs(600);

/// Devices that are looked at in one go.
const DEVICES: usize = 500;

/// Devices whose alerts become durable in one batch: with twenty mails each they stay within one.
const AT_ONCE: usize = 50;

/// Devices and routes whose alerts end in one batch, since no rule watches them any more: with all rules that may watch one
/// they stay within half of it.
const DROPPED_AT_ONCE: usize = 20;

/// Most routes of a group that are looked at.
const ROUTES: usize = 1_000;

/// Rounds between two in which all rules are read, whatever has told of a change of them: a minute.
const READ_EVERY: u32 = 12;

/// Rounds between two in which what was raised is compared with the rules whatever has changed: devices move too.
const SWEEP_EVERY: u32 = 720;

/// The rounds of a server.
pub(crate) struct Rounds {
    service: Arc<Service>,
    started: Instant,
    clock: ClockWatch,
    judged: Judged,
    count: u32,
}

/// A device that is silent for too long.
struct Silent {
    device: Arc<Device>,
    unheard: Unheard,
}

impl Rounds {
    /// Makes the rounds of a server that starts now.
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            started: Instant::now(),
            clock: ClockWatch::default(),
            judged: Judged::default(),
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
        if self.count.is_multiple_of(READ_EVERY) {
            alerts.reload().await?;
        }
        let now = Timestamp::now();
        // After a jump all devices would be silent at once, or none, and so it is with the times of routes.
        if self.clock.look(Instant::now(), now) {
            self.judge_all(&alerts, now).await;
        }
        self.count = self.count.wrapping_add(1);
        if alerts.armed.take_change() || self.count.is_multiple_of(SWEEP_EVERY) {
            self.sweep(&alerts, now).await.inspect_err(|_| alerts.armed.note_change())?;
        }
        Ok(())
    }

    /// Judges all rules. One that cannot be judged does not hold up those of others.
    async fn judge_all(&mut self, alerts: &Alerts, now: Timestamp) {
        for (group, rules) in alerts.armed.all() {
            for rule in rules.iter() {
                if let Err(error) = self.judge(alerts, (&group, rule), now).await {
                    let name = &rule.0;
                    tracing::error!(%group, rule = %name, %error, "the rule cannot be judged now");
                }
            }
        }
    }

    async fn judge(
        &mut self,
        alerts: &Alerts,
        (group, rule): (&GroupId, &NamedRule),
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        match &rule.1.definition.when {
            Condition::Silent(silence) if self.is_past_grace(silence) => {
                self.silence(alerts, (group, rule), silence, now).await
            }
            Condition::Route(failure) => self.routes(alerts, (group, rule), failure, now).await,
            _ => Ok(()),
        }
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
        // A rule on one device looks at that one alone: a group may have a rule for each of its devices.
        if let Some(only) = rule.1.definition.scope.device {
            let device = alerts.devices.get(only).filter(|device| device.group == *group);
            return self.silences(alerts, rule, device, (silence, now)).await;
        }
        let (groups, mut after) = (BTreeSet::from([group.clone()]), None);
        loop {
            let page = alerts.devices.page_of(&groups, |_| true, after, DEVICES);
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.dev_eui);
            self.silences(alerts, rule, page, (silence, now)).await?;
            tokio::task::yield_now().await;
        }
    }

    /// Raises what a rule on silence says of some devices.
    async fn silences(
        &mut self,
        alerts: &Alerts,
        rule: &NamedRule,
        devices: impl IntoIterator<Item = Arc<Device>>,
        (silence, now): (&Silence, Timestamp),
    ) -> Result<(), AlertsError> {
        let silent: Vec<Silent> = devices
            .into_iter()
            .filter_map(|device| self.silent(alerts, rule, device, (silence, now)))
            .collect();
        for some in silent.chunks(AT_ONCE) {
            self.raise(alerts, rule, some).await?;
        }
        Ok(())
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
        let allowed = SignedDuration::from_secs(i64::try_from(silence.seconds).ok()?);
        let unheard = Unheard { heard, allowed, now };
        let due = unheard.due();
        if due > now {
            self.judged.forget(rule.id, &Subject::Device(device.dev_eui));
            return None;
        }
        let is_meant = !self.judged.has_silence((rule.id, device.dev_eui), due)
            && !alerts.is_muted(&device, now)
            && rule.watches(&alerts.place(&device, now));
        is_meant.then_some(Silent { device, unheard })
    }

    async fn raise(
        &mut self,
        alerts: &Alerts,
        rule: &NamedRule,
        silent: &[Silent],
    ) -> Result<(), AlertsError> {
        let (mut batch, mut raised) = (Batch::new(), Vec::new());
        for Silent { device, unheard } in silent {
            let place = alerts.place(device, unheard.now);
            // A device of which another node has heard something is looked at again until it is silent, or that is known.
            if alerts.judge.silent(rule, &place, *unheard, &mut batch).await? {
                raised.push((device.dev_eui, unheard.due()));
            }
        }
        if alerts.commit(batch).await? {
            for (device, due) in raised {
                alerts.forget_states(device);
                self.judged.note_silence((rule.1.id, device), due);
            }
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
        self.note_gone(alerts, self.unlisted(rule.1.id, &routes)).await;
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
        if delivers && self.judged.delivers(&key) {
            return Ok(());
        }
        let verdict = if delivers { Verdict::Normal } else { Verdict::Broken };
        let mut batch = Batch::new();
        let sight = Sight { at, value: None, verdict };
        alerts.judge.see(rule, (place, false), sight, &mut batch).await?;
        if alerts.commit(batch).await? {
            self.judged.note_route(key, delivers);
        }
        Ok(())
    }

    /// Ends what was raised by rules that are no more, that watch a device no more, or whose route is gone.
    async fn sweep(&mut self, alerts: &Alerts, now: Timestamp) -> Result<(), AlertsError> {
        let mut pages = alerts.book.subjects();
        while let Some(page) = pages.next().await? {
            let known = alerts.armed.ids();
            let are_known = page
                .iter()
                .flat_map(|(_, states)| states.rules())
                .all(|rule| known.contains(&rule));
            if !are_known {
                // Another node may have made the rule since, and what it has raised is not over: its row is older.
                alerts.reload().await?;
            }
            let page = self.unwatched(alerts, page, now).await;
            if page.is_empty() {
                continue;
            }
            // Another node may have registered a device since, or put it elsewhere. From here on that is known, and the page
            // is older: a state that was judged since is another one.
            if let Err(error) = self.service.cluster.catch_up_with_devices().await {
                tracing::warn!(%error, "alerts that no rule watches any more end once changes of other nodes are known");
                alerts.armed.note_change();
                break;
            }
            let dropped = self.unwatched(alerts, page, now).await;
            self.drop_all(alerts, dropped, now).await?;
        }
        let known = alerts.armed.ids();
        self.judged.retain(|rule| known.contains(&rule));
        let quotas = &self.service.config.quotas;
        alerts.book.tidy(now, |group| quotas.of(group).kept_alerts).await.map(drop)
    }

    /// The states of rules that do not watch their device or route, by what is known here.
    async fn unwatched(
        &self,
        alerts: &Alerts,
        page: Vec<(Subject, StoredStates)>,
        now: Timestamp,
    ) -> Vec<(Subject, StoredStates)> {
        let mut unwatched = Vec::new();
        for (subject, states) in page {
            let watching = match self.is_gone(&subject).await {
                true => BTreeSet::new(),
                false => alerts.watching(&subject, now),
            };
            let states = states.that(|rule| !watching.contains(&rule));
            if !states.is_empty() {
                unwatched.push((subject, states));
            }
        }
        unwatched
    }

    /// Ends what rules have raised of devices and routes, some in one batch; and one by one where a frame was faster. A rule
    /// may have watched a hundred thousand devices.
    async fn drop_all(
        &mut self,
        alerts: &Alerts,
        dropped: Vec<(Subject, StoredStates)>,
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        for some in dropped.chunks(DROPPED_AT_ONCE) {
            if alerts.drop_seen(some, now).await? {
                continue;
            }
            for one in some {
                if !alerts.drop_seen(std::slice::from_ref(one), now).await? {
                    // It is compared once more in the next round.
                    alerts.armed.note_change();
                }
            }
        }
        for (subject, states) in dropped {
            // A device that comes back is judged anew.
            states.rules().for_each(|rule| self.judged.forget(rule, &subject));
        }
        Ok(())
    }

    /// The routes that a rule was judged with, and that are not listed.
    fn unlisted(&self, rule: Uuid, routes: &[ShownRoute]) -> Vec<Subject> {
        let listed: BTreeSet<&str> = routes.iter().map(|route| route.name.as_str()).collect();
        self.judged.other_routes(rule, |name| listed.contains(name.as_str()))
    }

    /// Has what was raised be compared with the rules where a route is gone.
    async fn note_gone(&self, alerts: &Alerts, routes: Vec<Subject>) {
        for route in routes {
            if self.is_gone(&route).await {
                alerts.armed.note_change();
            }
        }
    }

    /// Whether something is a route that is not there any more.
    async fn is_gone(&self, subject: &Subject) -> bool {
        let Subject::Route(group, name) = subject else { return false };
        let Ok(name) = name.as_str().parse() else { return true };
        let key = RouteKey { group: group.clone(), name };
        let shown = self.service.dispatcher.show(&key).await;
        matches!(shown, Err(DispatchError::Unknown(_)))
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
