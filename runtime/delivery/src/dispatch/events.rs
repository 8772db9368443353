//! Events of routes: a partner is told when one of its routes stops, fails or falls behind.
//!
//! They are kept for each group in a log of its own, the latest of them, and read after a place.

use champollion_store::{Batch, Sequence, Store, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteName},
    records::Cursor,
};

/// Events that are kept for each group.
const KEPT: u64 = 1_000;

/// An event of a group: what became of one of its routes, of its inbox, or of one of its schedules.
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
    /// The route; absent where records wait in the inbox, and of schedules.
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
    /// Moments of a schedule of commands were missed while the server was down.
    ScheduleMissed,
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
