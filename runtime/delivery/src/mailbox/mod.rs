//! The mailbox: records wait in the log of their group until everybody who gets them has them, or their
//! time is over.
//!
//! A log has several readers, each with a place of its own: the routes of the group, and the inbox, from
//! which records are pulled. What all routes are done with is removed; the inbox holds records back only
//! where a group has no route.

mod inbox;
mod page;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use champollion_store::{Batch, Entry, LogExtent, MAX_VALUE_BYTES, Sequence, Store, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

pub use page::{Cursor, CursorError, Page, PulledRecord};

use crate::{GroupId, Record, RouteKey, RouteName};

/// Logs of records are named by this and the group.
const LOG_PREFIX: &str = "records/";

/// The table of how far the inbox of each group was acknowledged, by group.
const INBOXES: &str = "inboxes";

/// The table of how many records of each group's inbox were removed since their time was over, by group.
const EXPIRED: &str = "inboxes-expired";

/// Each entry starts with the moment at which it was stored, in milliseconds since the epoch.
const STAMP_BYTES: usize = 8;

/// How many entries are looked at at once when old ones are removed.
const EXPIRY_PAGE: usize = 1_000;

/// The records of all groups.
pub struct Mailbox {
    store: Arc<dyn Store>,
    retention: Duration,
    /// Who waits for records of a group. A std lock, as the other: held for a look-up.
    arrivals: Mutex<HashMap<GroupId, watch::Sender<()>>>,
    /// How far the routes of a group have come.
    places: Mutex<HashMap<GroupId, HashMap<RouteName, Sequence>>>,
}

/// A record as it lies in the log of its group.
#[derive(Clone, Debug)]
pub(crate) struct StoredRecord {
    pub(crate) sequence: Sequence,
    pub(crate) stored_at: Timestamp,
    pub(crate) json: Arc<str>,
}

/// Who hears of records that are about to be removed, since their time is over.
pub(crate) trait ExpiryWitness: Sync {
    /// May add to the batch in which they are removed.
    fn expiring(&self, group: &GroupId, records: &[StoredRecord], batch: &mut Batch);
}

/// Nobody hears of it.
struct Nobody;

impl ExpiryWitness for Nobody {
    fn expiring(&self, _: &GroupId, _: &[StoredRecord], _: &mut Batch) {}
}

/// Why the mailbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record cannot be written as JSON, or not be read.
    #[error("a record of the group {group} is not as it was written: {reason}")]
    Damaged {
        /// Whose.
        group: GroupId,
        /// What is wrong.
        reason: String,
    },
    /// A route is not as it was written.
    #[error("the route {key} is not as it was written: {reason}")]
    DamagedRoute {
        /// Which.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// Records cannot be written in the format of a file.
    #[error("records cannot be written: {reason}")]
    Unwritable {
        /// Why.
        reason: String,
    },
    /// A record is larger than the store takes.
    #[error("the record has {bytes} bytes, and {limit} are the limit")]
    RecordTooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Acknowledged was what was never given out.
    #[error("the cursor {given} is beyond the last record of the group, which is {last}")]
    BeyondEnd {
        /// What was acknowledged.
        given: Cursor,
        /// The last record.
        last: Cursor,
    },
}

impl Mailbox {
    /// The mailbox of a store. Records older than `retention` are removed, delivered or not.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, retention: Duration) -> Self {
        Self { store, retention, arrivals: Mutex::default(), places: Mutex::default() }
    }

    /// Where it is kept.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// How long a record is kept at most.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.retention
    }

    /// Tells whoever waits for records of a group that there are new ones: called once the batch that
    /// they were added to is committed.
    pub fn announce(&self, group: &GroupId) {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arrivals) = arrivals.get(group) {
            arrivals.send_replace(());
        }
    }

    /// Changes whenever a group has new records.
    #[must_use]
    pub fn arrivals(&self, group: &GroupId) -> watch::Receiver<()> {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.entry(group.clone()).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// Puts a record into a batch. It is in the mailbox once the batch is committed. One that is too
    /// large leaves the batch as it was.
    pub fn add(
        &self,
        batch: &mut Batch,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        self.put(batch, record.group(), record, now)
    }

    pub(crate) fn put(
        &self,
        batch: &mut Batch,
        group: &GroupId,
        record: &impl Serialize,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let mut entry = now.as_millisecond().to_be_bytes().to_vec();
        serde_json::to_writer(&mut entry, record).map_err(|error| DeliveryError::Damaged {
            group: group.clone(),
            reason: error.to_string(),
        })?;
        if entry.len() > MAX_VALUE_BYTES {
            let (bytes, limit) = (entry.len(), MAX_VALUE_BYTES);
            return Err(DeliveryError::RecordTooLarge { bytes, limit });
        }
        batch.append(log(group), entry);
        Ok(())
    }

    /// A number that is kept for each group; 0 where there is none.
    async fn number(&self, table: &str, group: &GroupId) -> Result<u64, DeliveryError> {
        let Some(stored) = self.store.get(table, group.as_str().as_bytes()).await? else {
            return Ok(0);
        };
        let stored = <[u8; 8]>::try_from(stored.as_slice()).map_err(|_| {
            let reason = format!("its line in the table {table} cannot be read");
            DeliveryError::Damaged { group: group.clone(), reason }
        })?;
        Ok(u64::from_be_bytes(stored))
    }

    /// The last record of a group that was stored before a moment. Records lie in the order in which
    /// they were stored, so it is found by halving.
    pub(crate) async fn last_before(
        &self,
        group: &GroupId,
        moment: Timestamp,
    ) -> Result<Sequence, DeliveryError> {
        let extent = self.extent(group).await?;
        let (mut before, mut last) = (extent.truncated.get(), extent.last.get());
        while before < last {
            let middle = before + (last - before) / 2;
            let next = self.store.read(&log(group), Sequence::new(middle), 1).await?;
            match next.first() {
                Some(next) if stamp(&next.value) < moment.as_millisecond() => before = middle + 1,
                _ => last = middle,
            }
        }
        Ok(Sequence::new(before))
    }

    /// Records as they lie in the log of a group, after a place.
    pub(crate) async fn records_after(
        &self,
        group: &GroupId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, DeliveryError> {
        let entries = self.store.read(&log(group), after, limit).await?;
        entries.into_iter().map(|entry| stored_record(group, entry)).collect()
    }

    /// Where the log of a group starts and ends.
    pub(crate) async fn extent(&self, group: &GroupId) -> Result<LogExtent, DeliveryError> {
        Ok(self.store.extent(&log(group)).await?)
    }

    /// A route has come so far. What all routes of its group are done with can be removed.
    pub(crate) fn route_is_at(&self, route: &RouteKey, place: Sequence) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(route.group.clone()).or_default().insert(route.name.clone(), place);
    }

    /// A route is no more: it holds nothing back.
    pub(crate) fn route_is_gone(&self, route: &RouteKey) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = places.get_mut(&route.group) {
            group.remove(&route.name);
            if group.is_empty() {
                places.remove(&route.group);
            }
        }
    }

    /// Removes in a batch what all routes of a group are done with, `route` among them, which has come
    /// to `place`.
    pub(crate) fn put_removal(&self, batch: &mut Batch, route: &RouteKey, place: Sequence) {
        self.route_is_at(route, place);
        if let Some(passed) = self.passed_by_routes(&route.group) {
            batch.truncate(log(&route.group), passed);
        }
    }

    /// The place that all routes of a group have passed, where it has routes.
    fn passed_by_routes(&self, group: &GroupId) -> Option<Sequence> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(group)?.values().min().copied()
    }

    /// Removes the records of all groups that are older than the retention. Says how many.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, DeliveryError> {
        self.expire_before(now, &Nobody).await
    }

    /// The same before a witness.
    pub(crate) async fn expire_before(
        &self,
        now: Timestamp,
        witness: &dyn ExpiryWitness,
    ) -> Result<u64, DeliveryError> {
        let milliseconds = i64::try_from(self.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest_kept = now.as_millisecond().saturating_sub(milliseconds);
        let mut removed = 0;
        for group in self.groups().await? {
            removed += self.expire_group(&group, oldest_kept, witness).await?;
        }
        Ok(removed)
    }

    /// All groups that ever had a record.
    pub async fn groups(&self) -> Result<Vec<GroupId>, DeliveryError> {
        let mut groups = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let logs = self.store.logs(LOG_PREFIX, after.as_deref(), EXPIRY_PAGE).await?;
            let Some(last) = logs.last() else { return Ok(groups) };
            after = Some(last.clone());
            groups.extend(
                logs.iter().filter_map(|log| log.strip_prefix(LOG_PREFIX)?.parse::<GroupId>().ok()),
            );
        }
    }

    async fn expire_group(
        &self,
        group: &GroupId,
        oldest_kept: i64,
        witness: &dyn ExpiryWitness,
    ) -> Result<u64, DeliveryError> {
        let mut removed = 0;
        loop {
            let mut page = self.store.read(&log(group), Sequence::BEGINNING, EXPIRY_PAGE).await?;
            let old = page.iter().take_while(|entry| stamp(&entry.value) < oldest_kept).count();
            page.truncate(old);
            let Some(last) = page.last().map(|entry| entry.sequence) else { return Ok(removed) };
            let mut batch = Batch::new();
            // One that cannot be read is nobody's loss that could be told.
            let readable = page.into_iter().filter_map(|entry| stored_record(group, entry).ok());
            witness.expiring(group, &readable.collect::<Vec<_>>(), &mut batch);
            if self.passed_by_routes(group).is_none() {
                let unread = last.get().saturating_sub(self.acknowledged(group).await?.get());
                let expired = self.expired_in_inbox(group).await? + unread.min(old as u64);
                batch.put(EXPIRED, group.as_str(), expired.to_be_bytes());
            }
            batch.truncate(log(group), last);
            self.store.commit(batch).await?;
            removed += old as u64;
        }
    }
}

fn log(group: &GroupId) -> String {
    format!("{LOG_PREFIX}{group}")
}

/// An entry too short for a stamp is damaged, and as old as can be.
fn stamp(entry: &[u8]) -> i64 {
    entry.first_chunk::<STAMP_BYTES>().map_or(i64::MIN, |stamp| i64::from_be_bytes(*stamp))
}

fn stored_record(group: &GroupId, entry: Entry) -> Result<StoredRecord, DeliveryError> {
    let damaged = |reason: String| DeliveryError::Damaged { group: group.clone(), reason };
    let json =
        entry.value.get(STAMP_BYTES..).ok_or_else(|| damaged("it has no stamp".to_owned()))?;
    let json = std::str::from_utf8(json).map_err(|error| damaged(error.to_string()))?;
    Ok(StoredRecord {
        sequence: entry.sequence,
        stored_at: Timestamp::from_millisecond(stamp(&entry.value)).unwrap_or_default(),
        json: json.into(),
    })
}
