//! The history of what was in service: each change is a row, written in the batch of the change.

use std::{collections::BTreeMap, sync::Arc};

use champollion_fleet::{
    history::History,
    names::{GroupId, UseCase},
};
use champollion_frames::DevEui;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const CHANGES: History<DevEui, ServiceState> = History::new(tables::SERVICE_CHANGES);

const SINCE: Table<String, Timestamp> = Table::new(tables::SERVICE_CHANGES_SINCE);

/// The one key of the table of the begin.
const SINCE_KEY: &str = "since";

/// The part of a registration that statements count by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceState {
    /// The group that owns the device.
    pub group: GroupId,
    /// The purpose of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// Whether the device is in service: neither delivered nor stored.
    pub in_service: bool,
}

/// Puts a change of a device into the batch that makes it; nothing where statements would not count it otherwise.
///
/// # Errors
/// The row cannot be written.
pub fn note_change(
    batch: &mut Batch,
    dev_eui: DevEui,
    states: (Option<ServiceState>, Option<ServiceState>),
    now: Timestamp,
) -> Result<(), TableError> {
    CHANGES.note(batch, dev_eui, states, now)
}

/// The history of what was in service.
pub struct ServiceHistory {
    store: Arc<dyn Store>,
    since: Timestamp,
}

impl ServiceHistory {
    /// Opens the history, which begins now where there is none yet.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open(store: Arc<dyn Store>, now: Timestamp) -> Result<Self, TableError> {
        let key = SINCE_KEY.to_owned();
        if let Some(since) = SINCE.get(&*store, &key).await? {
            return Ok(Self { store, since });
        }
        let mut batch = Batch::new();
        SINCE.insert(&mut batch, &key, &now)?;
        // Where another process was faster, its moment is the one.
        let committed = store.commit(batch).await;
        match SINCE.get(&*store, &key).await? {
            Some(since) => Ok(Self { store, since }),
            None => Err(committed.err().map_or_else(
                || SINCE.damaged(&key, "it is gone right after it was written"),
                TableError::from,
            )),
        }
    }

    /// The moment from which on the history is exact. Before, what is not known to have changed was as it is.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Returns the states of all devices at a moment of the past, out of those of now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn states_at(
        &self,
        moment: Timestamp,
        states: BTreeMap<DevEui, ServiceState>,
    ) -> Result<BTreeMap<DevEui, ServiceState>, TableError> {
        CHANGES.states_at(&*self.store, moment, states).await
    }
}
