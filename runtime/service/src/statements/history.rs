//! The history of what was in service: each change is a row, written in the batch of the change.

use std::{collections::BTreeMap, fmt, num::ParseIntError, str::FromStr, sync::Arc};

use champollion_fleet::names::{GroupId, UseCase};
use champollion_frames::DevEui;
use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Json, Pair},
    tables,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const CHANGES: Table<(DevEui, At), ServiceChange, Pair, Json> = Table::new(tables::SERVICE_CHANGES);

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

/// A change of what is in service; a device that is not registered has no state.
#[derive(Serialize, Deserialize)]
struct ServiceChange {
    before: Option<ServiceState>,
    after: Option<ServiceState>,
}

/// A moment in a key, in milliseconds with all digits, so that keys lie in the order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At(i64);

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016}", self.0)
    }
}

impl FromStr for At {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Puts a change of a device into the batch that makes it; nothing where statements would not count it otherwise.
///
/// # Errors
/// The row cannot be written.
pub fn note_change(
    batch: &mut Batch,
    dev_eui: DevEui,
    (before, after): (Option<ServiceState>, Option<ServiceState>),
    now: Timestamp,
) -> Result<(), TableError> {
    if before == after {
        return Ok(());
    }
    let at = At(now.as_millisecond().max(0));
    CHANGES.put(batch, &(dev_eui, at), &ServiceChange { before, after })
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
        mut states: BTreeMap<DevEui, ServiceState>,
    ) -> Result<BTreeMap<DevEui, ServiceState>, TableError> {
        let moment = moment.as_millisecond();
        let mut found: Option<DevEui> = None;
        let mut pages = CHANGES.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for ((dev_eui, At(at)), change) in page {
                // Rows of a device come in the order of time: of those after the moment the first one tells the state
                // where none is before.
                let is_first = found.replace(dev_eui) != Some(dev_eui);
                let state = match at <= moment {
                    true => change.after,
                    false if is_first => change.before,
                    false => continue,
                };
                match state {
                    Some(state) => states.insert(dev_eui, state),
                    None => states.remove(&dev_eui),
                };
            }
        }
        Ok(states)
    }
}
