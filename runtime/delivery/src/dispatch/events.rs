//! Events of routes: a partner is told when one of its routes stops, fails or falls behind.
//!
//! They are kept for each group in a log of its own, the latest of them, and read after a place.

use champollion_store::{Batch, Sequence, Store, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dispatcher::Dispatcher;
use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteName},
    records::Cursor,
};

/// Events that are kept for each group.
const KEPT: u64 = 1_000;

/// An event of a group: what became of one of its routes, or of its inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteEvent)]
pub struct Event {
    /// The moment of the event.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The route; absent where records wait in the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RouteName>)]
    pub route: Option<RouteName>,
    /// The event for people.
    pub message: String,
    /// The number of records that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The moment at which the first of them is removed undelivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_expiry: Option<Timestamp>,
}

/// The types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RouteEventKind)]
pub enum EventKind {
    /// The recipient wants nothing any more: the route waits until it is resumed.
    RouteStopped,
    /// The recipient failed again and again, and is asked now and then.
    RouteFailing,
    /// The recipient takes records again.
    RouteRecovered,
    /// Records have waited for so long that they will be removed undelivered.
    RouteBehind,
    /// Records were removed undelivered, since their time was over.
    RecordsExpired,
}

/// An event with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = PlacedRouteEvent)]
pub struct PlacedEvent {
    /// The place of the event, to go on after.
    pub cursor: Cursor,
    /// The event at this place.
    #[serde(flatten)]
    pub event: Event,
}

impl Event {
    /// An event of now.
    pub(crate) fn now(kind: EventKind, route: Option<&RouteName>, message: String) -> Self {
        let (at, route) = (Timestamp::now(), route.cloned());
        Self { at, kind, route, message, records: None, next_expiry: None }
    }

    /// The same about so many records.
    pub(crate) fn about(self, records: u64, next_expiry: Option<Timestamp>) -> Self {
        Self { records: Some(records), next_expiry, ..self }
    }

    /// Puts events of a group into a batch, and removes the oldest.
    pub(crate) async fn put(
        events: &[Self],
        store: &dyn Store,
        batch: &mut Batch,
        group: &GroupId,
    ) -> Result<(), DeliveryError> {
        if events.is_empty() {
            return Ok(());
        }
        let log = tables::EVENTS.log_of(group);
        let last = store.extent(&log).await?.last.get() + events.len() as u64;
        for event in events {
            let damaged = |error: serde_json::Error| DeliveryError::Damaged {
                group: group.clone(),
                reason: error.to_string(),
            };
            batch.append(log.clone(), serde_json::to_vec(event).map_err(damaged)?);
        }
        if let Some(old) = last.checked_sub(KEPT).filter(|old| *old > 0) {
            batch.truncate(log, Sequence::new(old));
        }
        Ok(())
    }
}

impl Dispatcher {
    /// Returns the events of a group after a place, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// The store does not give them.
    pub async fn events(
        &self,
        group: &GroupId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<PlacedEvent>, DeliveryError> {
        let log = tables::EVENTS.log_of(group);
        let entries = self.mailbox.store().read(&log, after.sequence(), limit).await?;
        let placed = entries.into_iter().filter_map(|entry| {
            // One that cannot be read keeps no other back.
            let event = serde_json::from_slice(&entry.value).ok()?;
            Some(PlacedEvent { cursor: Cursor::new(entry.sequence), event })
        });
        Ok(placed.collect())
    }

    /// Keeps an event of a group at once.
    pub(super) async fn tell(&self, group: &GroupId, event: Event) -> Result<(), DeliveryError> {
        let store = self.mailbox.store();
        let mut batch = Batch::new();
        Event::put(&[event], &**store, &mut batch, group).await?;
        store.commit(batch).await?;
        Ok(())
    }
}
