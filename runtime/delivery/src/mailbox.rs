//! The mailbox: records wait in the log of their group until they are acknowledged, or their time is
//! over.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use champollion_store::{Batch, MAX_VALUE_BYTES, Sequence, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{GroupId, Record};

/// Logs of records are named by this and the group.
const LOG_PREFIX: &str = "records/";

/// Each entry starts with the moment at which it was stored, in milliseconds since the epoch.
const STAMP_BYTES: usize = 8;

/// How many entries are looked at at once when old ones are removed.
const EXPIRY_PAGE: usize = 1_000;

/// The records of all groups.
pub struct Mailbox {
    store: Arc<dyn Store>,
    retention: Duration,
}

/// A place in a group's records: what was pulled up to here. Opaque to partners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(Sequence);

/// What is wrong with a text that should be a cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cursor: take it from `next` or from a record's `cursor`")]
pub struct CursorError(String);

/// Some records of a group, the oldest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The records.
    pub records: Vec<PulledRecord>,
    /// Where to go on, and what to acknowledge once these are processed.
    pub next: Cursor,
    /// Whether there were more records than were asked for.
    pub more: bool,
}

/// A record as it was stored, with its place.
#[derive(Debug, Serialize)]
pub struct PulledRecord {
    /// Its place.
    pub cursor: Cursor,
    /// The record.
    pub record: Box<RawValue>,
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
        Self { store, retention }
    }

    /// Puts a record into a batch. It is in the mailbox once the batch is committed. One that is too
    /// large leaves the batch as it was.
    pub fn add(
        &self,
        batch: &mut Batch,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let mut entry = now.as_millisecond().to_be_bytes().to_vec();
        serde_json::to_writer(&mut entry, record).map_err(|error| DeliveryError::Damaged {
            group: record.group().clone(),
            reason: error.to_string(),
        })?;
        if entry.len() > MAX_VALUE_BYTES {
            let (bytes, limit) = (entry.len(), MAX_VALUE_BYTES);
            return Err(DeliveryError::RecordTooLarge { bytes, limit });
        }
        batch.append(log(record.group()), entry);
        Ok(())
    }

    /// Records of a group after a cursor, at most `limit`.
    pub async fn pull(
        &self,
        group: &GroupId,
        after: Cursor,
        limit: usize,
    ) -> Result<Page, DeliveryError> {
        let mut entries = self.store.read(&log(group), after.0, limit.saturating_add(1)).await?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().map_or(after, |entry| Cursor(entry.sequence));
        let records = entries
            .into_iter()
            .map(|entry| {
                let record = parse_record(&entry.value)
                    .map_err(|reason| DeliveryError::Damaged { group: group.clone(), reason })?;
                Ok(PulledRecord { cursor: Cursor(entry.sequence), record })
            })
            .collect::<Result<_, DeliveryError>>()?;
        Ok(Page { records, next, more })
    }

    /// Removes the records of a group up to and including a cursor. Doing it twice is fine. Says how
    /// many it removed.
    pub async fn acknowledge(
        &self,
        group: &GroupId,
        through: Cursor,
    ) -> Result<u64, DeliveryError> {
        let extent = self.store.extent(&log(group)).await?;
        if through.0 > extent.last {
            return Err(DeliveryError::BeyondEnd { given: through, last: Cursor(extent.last) });
        }
        self.remove(group, through).await?;
        Ok(through.0.get().saturating_sub(extent.truncated.get()))
    }

    /// Removes the records of all groups that are older than the retention. Says how many.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, DeliveryError> {
        let milliseconds = i64::try_from(self.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest_kept = now.as_millisecond().saturating_sub(milliseconds);
        let mut removed = 0;
        let mut after: Option<String> = None;
        loop {
            let logs = self.store.logs(LOG_PREFIX, after.as_deref(), EXPIRY_PAGE).await?;
            let Some(last) = logs.last() else { return Ok(removed) };
            after = Some(last.clone());
            for group in logs.iter().filter_map(|log| log.strip_prefix(LOG_PREFIX)?.parse().ok()) {
                removed += self.expire_group(&group, oldest_kept).await?;
            }
        }
    }

    async fn expire_group(&self, group: &GroupId, oldest_kept: i64) -> Result<u64, DeliveryError> {
        let mut removed = 0;
        loop {
            let page = self.store.read(&log(group), Sequence::BEGINNING, EXPIRY_PAGE).await?;
            let old = page.iter().take_while(|entry| stamp(&entry.value) < oldest_kept);
            let (count, last) = old.fold((0, None), |(count, _), entry| (count + 1, Some(entry)));
            let Some(last) = last else { return Ok(removed) };
            self.remove(group, Cursor(last.sequence)).await?;
            removed += count;
        }
    }

    async fn remove(&self, group: &GroupId, through: Cursor) -> Result<(), DeliveryError> {
        let mut batch = Batch::new();
        batch.truncate(log(group), through.0);
        self.store.commit(batch).await?;
        Ok(())
    }
}

fn log(group: &GroupId) -> String {
    format!("{LOG_PREFIX}{group}")
}

/// An entry too short for a stamp is damaged, and as old as can be.
fn stamp(entry: &[u8]) -> i64 {
    entry.first_chunk::<STAMP_BYTES>().map_or(i64::MIN, |stamp| i64::from_be_bytes(*stamp))
}

fn parse_record(entry: &[u8]) -> Result<Box<RawValue>, String> {
    let json = entry.get(STAMP_BYTES..).ok_or("it has no stamp")?;
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    RawValue::from_string(text.to_owned()).map_err(|error| error.to_string())
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        text.parse()
            .map(|number| Self(Sequence::new(number)))
            .map_err(|_| CursorError(text.to_owned()))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
