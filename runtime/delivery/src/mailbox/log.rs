//! The logs of records, one for each group, and how far its routes have come in it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use champollion_store::{Batch, Entry, LogExtent, MAX_VALUE_BYTES, Sequence, Store, tables};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;

use super::{error::DeliveryError, filtering::Filtering, kept_back::KeptBack};
use crate::{
    names::{GroupId, RouteKey, RouteName},
    records::{Record, StoredRecord},
};

/// Names of logs that are read at once.
const LOGS: usize = 1_000;

/// Each entry starts with the moment at which it was stored, in milliseconds since the epoch.
pub(crate) const STAMP_BYTES: usize = 8;

/// Bytes that an entry has room for when it is begun: those of most records, so that it seldom moves as it grows.
const ENTRY_BYTES: usize = 4 << 10;

/// The records of all groups.
pub struct Mailbox {
    pub(super) store: Arc<dyn Store>,
    pub(super) retention: Duration,
    /// The senders that wake those who wait for records of a group. Locked for a look-up, as the next map is.
    arrivals: Mutex<HashMap<GroupId, watch::Sender<()>>>,
    /// The places up to which the routes of a group have come.
    places: Mutex<HashMap<GroupId, HashMap<RouteName, Sequence>>>,
    /// The turns of filters.
    filtering: Filtering,
    /// The records that are kept back until they were read elsewhere too.
    pub(super) kept_back: KeptBack,
}

impl Mailbox {
    /// The mailbox of a store. Records older than `retention` are removed, delivered or not.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, retention: Duration) -> Self {
        Self {
            store,
            retention,
            arrivals: Mutex::default(),
            places: Mutex::default(),
            filtering: Filtering::default(),
            kept_back: KeptBack::default(),
        }
    }

    /// Where it is kept.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The turns of filters.
    pub(crate) fn filtering(&self) -> &Filtering {
        &self.filtering
    }

    /// The longest time that a record is kept.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.retention
    }

    /// Tells whoever waits for records of a group that there are new ones: called once the batch that
    /// they were added to is committed.
    pub fn announce(&self, group: &GroupId) {
        let arrivals = self.arrivals.lock();
        if let Some(arrivals) = arrivals.get(group) {
            arrivals.send_replace(());
        }
    }

    /// Changes whenever a group has new records.
    #[must_use]
    pub fn arrivals(&self, group: &GroupId) -> watch::Receiver<()> {
        let mut arrivals = self.arrivals.lock();
        arrivals.entry(group.clone()).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// Tells those who wait for records of the ones that other nodes have added. `seen` has the ends of the logs at the
    /// last look.
    ///
    /// # Errors
    /// The store does not say where a log ends.
    pub async fn look_for_arrivals(
        &self,
        seen: &mut HashMap<GroupId, Sequence>,
    ) -> Result<(), DeliveryError> {
        let awaited: Vec<GroupId> = {
            let arrivals = self.arrivals.lock();
            let awaited = arrivals.iter().filter(|(_, arrivals)| arrivals.receiver_count() > 0);
            awaited.map(|(group, _)| group.clone()).collect()
        };
        for group in awaited {
            let last = self.extent(&group).await?.last;
            if seen.insert(group.clone(), last) != Some(last) {
                self.announce(&group);
            }
        }
        Ok(())
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
        let mut entry = Vec::with_capacity(ENTRY_BYTES);
        entry.extend_from_slice(&now.as_millisecond().to_be_bytes());
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

    /// Returns the number of records of a group that were removed since there are any.
    pub async fn removed(&self, group: &GroupId) -> Result<u64, DeliveryError> {
        Ok(self.extent(group).await?.truncated.get())
    }

    /// All groups that ever had a record.
    pub async fn groups(&self) -> Result<Vec<GroupId>, DeliveryError> {
        let mut groups = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let logs = self.store.logs(tables::RECORDS.as_str(), after.as_deref(), LOGS).await?;
            let Some(last) = logs.last() else { return Ok(groups) };
            after = Some(last.clone());
            groups.extend(
                logs.iter()
                    .filter_map(|log| tables::RECORDS.owner_of(log)?.parse::<GroupId>().ok()),
            );
        }
    }

    /// A route has come so far. What all routes of its group are done with can be removed.
    pub(crate) fn route_is_at(&self, route: &RouteKey, place: Sequence) {
        let mut places = self.places.lock();
        places.entry(route.group.clone()).or_default().insert(route.name.clone(), place);
    }

    /// All routes are to be read again: until then nothing is known of their places.
    pub(crate) fn routes_are_gone(&self) {
        self.places.lock().clear();
    }

    /// A route is no more: it holds nothing back.
    pub(crate) fn route_is_gone(&self, route: &RouteKey) {
        let mut places = self.places.lock();
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
            self.put_truncation(batch, &route.group, passed);
        }
    }

    /// The place that all routes of a group have passed, where it has routes.
    pub(super) fn passed_by_routes(&self, group: &GroupId) -> Option<Sequence> {
        let places = self.places.lock();
        places.get(group)?.values().min().copied()
    }
}

pub(super) fn log(group: &GroupId) -> String {
    tables::RECORDS.log_of(group)
}

/// An entry too short for a stamp is damaged, and as old as can be.
pub(super) fn stamp(entry: &[u8]) -> i64 {
    entry.first_chunk::<STAMP_BYTES>().map_or(i64::MIN, |stamp| i64::from_be_bytes(*stamp))
}

pub(super) fn stored_record(group: &GroupId, entry: Entry) -> Result<StoredRecord, DeliveryError> {
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
