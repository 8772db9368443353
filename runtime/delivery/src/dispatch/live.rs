//! A route that is in use: what it says, how far it has come, and what was tried.

use std::sync::Arc;

use champollion_store::{Batch, Sequence};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;

use super::attempts::{Attempt, Attempts};
use crate::{
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
    records::Head,
    routes::{Authors, Route, RouteBook, RouteStanding, Stopped},
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
    /// Held while the standing is made durable, so that no older one is written over a newer.
    saving: tokio::sync::Mutex<()>,
    /// Held by whoever makes its files: where the route is changed, one goes on after the other.
    pub(crate) turn: tokio::sync::Mutex<()>,
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
    /// When the next file is made.
    pub(crate) next_file: Option<Timestamp>,
    /// The file that is made and not in its place yet.
    pub(crate) pending_file: Option<String>,
}

/// Whether a route hands records over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteState {
    /// The route hands its records over.
    Running,
    /// Its recipient failed and is left alone for a while.
    BackingOff,
    /// The route was paused.
    Paused,
    /// Its recipient wants nothing any more.
    Stopped,
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
        let standing = self.standing(|standing| standing.clone());
        let mut batch = Batch::new();
        RouteBook::put_standing(&mut batch, &self.key, &standing)?;
        mailbox.put_removal(&mut batch, &self.key, standing.progress.through());
        mailbox.store().commit(batch).await?;
        Ok(())
    }

    /// Returns the state of the route.
    pub(crate) async fn status(&self, mailbox: &Mailbox) -> Result<RouteStatus, DeliveryError> {
        let extent = mailbox.extent(&self.key.group).await?;
        let (progress, delivered, expired, stopped) = self.standing(|standing| {
            let RouteStanding { progress, delivered, expired, stopped } = &*standing;
            (progress.clone(), *delivered, *expired, stopped.clone())
        });
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
        Ok(RouteStatus {
            state: match () {
                () if stopped.is_some() => RouteState::Stopped,
                () if self.route().paused => RouteState::Paused,
                () if until.is_some() => RouteState::BackingOff,
                () => RouteState::Running,
            },
            until,
            stopped,
            waiting,
            oldest_waiting,
            delivered,
            expired,
            failures_in_a_row: outlook.failures,
            next_file: outlook.next_file,
            pending_file: outlook.pending_file,
            last_success,
            last_failure,
        })
    }
}
