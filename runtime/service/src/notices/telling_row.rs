//! Rows of notices of which somebody is still to be told: messages are made some at a time, each batch with the place that
//! they have come to. The row is as it was seen in each of them, so that whatever is killed when, none comes twice.

use champollion_store::{Batch, Seen, Store, StoreError, Table, TableError};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::outbox::{Message, Outbox, OutboxError};

/// A row as it was seen.
pub(super) struct TellingRow<T: 'static> {
    table: &'static Table<Uuid, T>,
    pub(super) telling: T,
    seen: Seen,
}

/// The end of a batch of messages.
pub(super) enum Told<T: 'static> {
    /// The messages are in the outbox, so many. The row is there where more are to come.
    Messages(usize, Option<TellingRow<T>>),
    /// Somebody else was faster.
    Overtaken,
}

impl<T: Serialize + DeserializeOwned + 'static> TellingRow<T> {
    /// Reads the oldest row of a table.
    pub(super) async fn oldest(
        table: &'static Table<Uuid, T>,
        store: &dyn Store,
    ) -> Result<Option<Self>, TableError> {
        let Some((id, _)) = table.page(store, b"", None, 1).await?.pop() else { return Ok(None) };
        let (telling, seen) = table.get_seen(store, &id).await?;
        Ok(telling.map(|telling| Self { table, telling, seen }))
    }

    /// Puts messages into the outbox, and moves the row on; it goes with the last ones.
    pub(super) async fn tell(
        self,
        store: &dyn Store,
        messages: impl IntoIterator<Item = Message>,
        are_last: bool,
    ) -> Result<Told<T>, OutboxError> {
        let (mut batch, mut count) = (Batch::new(), 0);
        for message in messages {
            match Outbox::enqueue(&mut batch, &message) {
                Ok(()) => count += 1,
                // No try would ever tell this recipient, and the others are not to wait for it.
                Err(OutboxError::TooLarge { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let Self { table, telling, seen } = self;
        let seen = match are_last {
            true => table.remove(&mut batch, &seen),
            false => table.replace(&mut batch, &seen, &telling)?,
        };
        match store.commit(batch).await {
            Ok(_) => {
                let rest = (!are_last).then_some(Self { table, telling, seen });
                Ok(Told::Messages(count, rest))
            }
            Err(StoreError::Conflict { .. }) => Ok(Told::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
