//! Events of a group as the dispatcher keeps and reads them.

use champollion_store::{Batch, Store, tables};

use super::{
    dispatcher::Dispatcher,
    events::{Event, EventKind, PlacedEvent},
};
use crate::{mailbox::DeliveryError, names::GroupId, records::Cursor};

/// Puts into a batch the event that a group's schedule of commands missed moments.
///
/// # Errors
/// The store does not say how many events there are.
pub async fn put_missed_schedule(
    store: &dyn Store,
    batch: &mut Batch,
    group: &GroupId,
    message: String,
) -> Result<(), DeliveryError> {
    let event = Event::now(EventKind::ScheduleMissed, None, message);
    Event::put(&[event], store, batch, group).await
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
