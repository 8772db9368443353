//! A route that is in use: what it says, how far it has come, and what was tried.

use std::sync::Arc;

use champollion_frames::DevEui;
use champollion_store::{Batch, Sequence};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;

use super::{
    attempts::{Attempt, Attempts},
    change::Commit,
    events::{Event, EventKind},
    route_state::RouteState,
    trouble::Trouble,
};
use crate::{
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
    records::{Head, StoredRecord, dev_eui},
    routes::{Authors, Handed, HandedByDevice, Route, RouteBook, RouteStanding, Stopped},
};

/// A route that is in use. Whoever works on it and whoever asks about it hold the same.
pub(crate) struct LiveRoute {
    pub(crate) key: RouteKey,
    /// The route as it is now. Locked, as all here that is not locked by tokio, for a look and never across
    /// an await.
    route: RwLock<Arc<Route>>,
    authors: RwLock<Authors>,
    standing: Mutex<RouteStanding>,
    outlook: Mutex<RouteView>,
    pub(crate) attempts: Attempts,
    /// The measurements that devices were handed over and that are not durable yet.
    handed: Mutex<HandedByDevice>,
    /// Events that are not durable yet, and whether the recipient fails.
    events: Mutex<PendingEvents>,
    /// Held while the standing is made durable, so that no older one is written over a newer.
    saving: tokio::sync::Mutex<()>,
    /// Held by whoever makes its files: where the route is changed, one goes on after the other.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

/// Events of a route that are to become durable with its standing.
#[derive(Default)]
struct PendingEvents {
    waiting: Vec<Event>,
    /// The fault of the recipient that was noted last; none since it took something.
    fault: Option<EventKind>,
}

/// The state of a route as its worker sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteView {
    /// Until when the recipient is left alone.
    pub(crate) backing_off_until: Option<Timestamp>,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// When the oldest record that waits was stored.
    pub(crate) oldest_waiting: Option<Timestamp>,
    /// The first of the records that were refused, and that are tried again.
    pub(crate) refused: Vec<String>,
    /// When the next file is made.
    pub(crate) next_file: Option<Timestamp>,
    /// The file that is made and not in its place yet.
    pub(crate) pending_file: Option<String>,
}

/// The state of a route for people and programs.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteStatus {
    /// Whether it hands records over.
    pub state: RouteState,
    /// Until when its recipient is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why it hands nothing over, or not all, for people; absent where all goes well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Why its recipient wants nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Records that it is not done with yet. Those that its filter leaves out count until it has looked
    /// at them.
    pub waiting: u64,
    /// When the oldest of them was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_waiting: Option<Timestamp>,
    /// Records that were delivered.
    pub delivered: u64,
    /// Records that were removed undelivered, since their time was over.
    pub expired: u64,
    /// Records that were skipped, since the recipient never takes them.
    pub skipped: u64,
    /// The first of the records that the recipient refused, and that are tried again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// Attempts that failed since the last one that did not.
    pub failures_in_a_row: u32,
    /// When the next file is made, where records go in files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_file: Option<Timestamp>,
    /// The file that is made and not in its place yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_file: Option<String>,
    /// The last attempt that worked, since the server was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Attempt>,
    /// The last attempt that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<Attempt>,
}

impl LiveRoute {
    pub(crate) fn new(
        key: RouteKey,
        route: Route,
        standing: RouteStanding,
        authors: Authors,
    ) -> Self {
        Self {
            key,
            route: RwLock::new(Arc::new(route)),
            authors: RwLock::new(authors),
            standing: Mutex::new(standing),
            outlook: Mutex::default(),
            attempts: Attempts::default(),
            handed: Mutex::default(),
            events: Mutex::default(),
            saving: tokio::sync::Mutex::new(()),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the definition of the route.
    pub(crate) fn route(&self) -> Arc<Route> {
        Arc::clone(&self.route.read())
    }

    /// Returns the authors of the route.
    pub(crate) fn authors(&self) -> Authors {
        self.authors.read().clone()
    }

    pub(crate) fn replace(&self, route: Route, authors: Authors) {
        *self.route.write() = Arc::new(route);
        *self.authors.write() = authors;
    }

    /// Reads or changes how far it has come.
    pub(crate) fn standing<T>(&self, work: impl FnOnce(&mut RouteStanding) -> T) -> T {
        work(&mut self.standing.lock())
    }

    pub(crate) fn place(&self) -> Sequence {
        self.standing(|standing| standing.progress.through())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.standing(|standing| standing.stopped.is_some())
    }

    pub(crate) fn show(&self, outlook: RouteView) {
        *self.outlook.lock() = outlook;
    }

    /// Whether it takes a record. One that cannot be read it does not.
    pub(crate) fn takes(route: &Route, json: &str) -> bool {
        route.filter.takes_all() || Head::read(json).is_ok_and(|head| route.filter.takes(&head))
    }

    /// Makes durable how far it has come, and removes what all routes of its group are done with.
    pub(crate) async fn save(&self, mailbox: &Mailbox) -> Result<(), DeliveryError> {
        let _turn = self.saving.lock().await;
        // What a recipient has taken is known before that it has: a record that comes twice has no more in it.
        let handed = self.handed.lock().clone();
        Handed::save(&**mailbox.store(), &self.key, &handed).await?;
        self.handed.lock().retain(|dev_eui, own| handed.get(dev_eui) != Some(own));
        let events = self.events.lock().waiting.clone();
        let standing = self.standing(|standing| standing.clone());
        let mut batch = Batch::new();
        RouteBook::put_standing(&mut batch, &self.key, &standing)?;
        mailbox.put_removal(&mut batch, &self.key, standing.progress.through());
        Event::put(&events, &**mailbox.store(), &mut batch, &self.key.group).await?;
        mailbox.store().commit(batch).await?;
        self.events.lock().waiting.drain(..events.len());
        Ok(())
    }

    /// Returns the measurements that a device was handed over; `more` knows better of some. Where the store does not
    /// say, all are handed over once more.
    pub(crate) async fn handed(
        &self,
        mailbox: &Mailbox,
        dev_eui: DevEui,
        more: &HandedByDevice,
    ) -> Handed {
        let known = more.get(&dev_eui).cloned();
        if let Some(known) = known.or_else(|| self.handed.lock().get(&dev_eui).cloned()) {
            return known;
        }
        let read = Handed::read(&**mailbox.store(), &self.key, dev_eui).await;
        read.unwrap_or_else(|error| {
            tracing::error!(route = %self.key, %error, "what was handed over cannot be read");
            Handed::default()
        })
    }

    /// Remembers the measurements that devices were handed over. They are durable with the standing.
    pub(crate) fn remember(&self, handed: HandedByDevice) {
        self.handed.lock().extend(handed);
    }

    /// Loads what the devices of records were handed over, where the route hands over new measurements only.
    pub(crate) async fn load_handed(
        &self,
        mailbox: &Mailbox,
        records: &[StoredRecord],
        handed: &mut HandedByDevice,
    ) {
        if !self.route().only_new {
            return;
        }
        for record in records {
            let Some(dev_eui) = dev_eui(&record.json) else { continue };
            let own = self.handed(mailbox, dev_eui, handed).await;
            handed.insert(dev_eui, own);
        }
    }

    /// Whether there are events that are not durable yet.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.lock().waiting.is_empty()
    }

    /// Notes an event, which becomes durable when the standing is saved next.
    pub(crate) fn tell(&self, kind: EventKind, message: String) {
        self.events.lock().waiting.push(Event::now(kind, Some(&self.key.name), message));
    }

    /// The recipient wants nothing any more: noted once, though several parcels were on their way.
    pub(crate) fn stop(&self, reason: String) {
        let message = format!("the recipient wants nothing any more: {reason}");
        let is_first = self.standing(|standing| {
            let is_first = standing.stopped.is_none();
            standing.stopped.get_or_insert(Stopped { at: Timestamp::now(), reason });
            is_first
        });
        if is_first {
            // That it takes records again is told after it was resumed.
            self.events.lock().fault = Some(EventKind::RouteStopped);
            self.tell(EventKind::RouteStopped, message);
        }
    }

    /// Forgets what was handed over, durably: another recipient was handed over nothing.
    pub(crate) async fn forget_handed(&self, mailbox: &Mailbox) -> Result<(), DeliveryError> {
        let _turn = self.saving.lock().await;
        self.handed.lock().clear();
        Handed::forget(&**mailbox.store(), &self.key).await
    }

    /// Notes that the recipient fails; once until it takes something again.
    pub(crate) fn tell_failing(&self, why: &str) {
        let failing = Some(EventKind::RouteFailing);
        if std::mem::replace(&mut self.events.lock().fault, failing) == failing {
            return;
        }
        self.tell(
            EventKind::RouteFailing,
            format!("the recipient is left alone for a while: {why}"),
        );
    }

    /// Notes that the recipient takes records again, where that it failed was noted.
    pub(crate) fn tell_recovered(&self) {
        let noted = self.events.lock().fault.take();
        if noted.is_some() {
            let message = "the recipient takes records again".to_owned();
            self.tell(EventKind::RouteRecovered, message);
        }
    }

    /// The route is done with a record that its recipient never takes: durable with whatever is to be durable
    /// together with it. Says whether it was not done with it before.
    pub(crate) async fn skip(
        &self,
        sequence: Sequence,
        commit: &dyn Commit,
    ) -> Result<bool, DeliveryError> {
        // Nothing older is written over it meanwhile.
        let _turn = self.saving.lock().await;
        let mut standing = self.standing(|standing| standing.clone());
        if standing.progress.is_done(sequence) {
            return Ok(false);
        }
        standing.progress.done(sequence);
        standing.skipped += 1;
        let mut batch = Batch::new();
        RouteBook::put_standing(&mut batch, &self.key, &standing)?;
        commit.commit(batch).await?;
        // What was delivered meanwhile stays so.
        self.standing(|standing| {
            standing.progress.done(sequence);
            standing.skipped += 1;
        });
        Ok(true)
    }

    /// Returns the state of the route.
    pub(crate) async fn status(&self, mailbox: &Mailbox) -> Result<RouteStatus, DeliveryError> {
        let extent = mailbox.extent(&self.key.group).await?;
        let standing = self.standing(|standing| standing.clone());
        let RouteStanding { progress, delivered, expired, skipped, stopped } = standing;
        let passed = progress.through().max(extent.truncated);
        let waiting = extent.last.get().saturating_sub(passed.get());
        let waiting = waiting.saturating_sub(progress.done_beyond(extent.last));
        let outlook = self.outlook.lock().clone();
        let oldest_waiting = match outlook.oldest_waiting {
            Some(oldest) => Some(oldest),
            None if waiting == 0 => None,
            None => {
                let next = mailbox.records_after(&self.key.group, passed, 1).await?;
                next.first().map(|record| record.stored_at)
            }
        };
        let until = outlook.backing_off_until.filter(|&until| until > Timestamp::now());
        let (last_success, last_failure) = self.attempts.last();
        let state = match () {
            () if stopped.is_some() => RouteState::Stopped,
            () if self.route().paused => RouteState::Paused,
            () if until.is_some() => RouteState::BackingOff,
            () => RouteState::Running,
        };
        let trouble = Trouble {
            stopped: stopped.as_ref(),
            paused_by: self.authors().paused_by,
            until,
            failures: outlook.failures,
            refused: outlook.refused.len(),
            last_failure: last_failure.as_ref(),
        };
        Ok(RouteStatus {
            state,
            why: trouble.why(state),
            until,
            stopped,
            waiting,
            oldest_waiting,
            delivered,
            expired,
            skipped,
            refused: outlook.refused,
            failures_in_a_row: outlook.failures,
            next_file: outlook.next_file,
            pending_file: outlook.pending_file,
            last_success,
            last_failure,
        })
    }
}
