//! The progress of a route with its files, as it is stored.

use champollion_store::{Batch, Sequence, Table, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
};

const STANDINGS: Table<RouteKey, FileStanding> = Table::new(tables::ROUTE_FILES);

/// The progress of a route with its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileStanding {
    /// The number of the last file.
    pub(crate) sequence: u64,
    /// Up to when files have been made.
    pub(crate) since: Timestamp,
    /// The time of which files are being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<Period>,
    /// A file that is made and not in its place yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<PendingFile>,
}

/// A time of which files are made: of all records that were there at its end and are in no file before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Period {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// The last record that was there.
    pub(crate) last: u64,
    /// The number of files made so far.
    pub(crate) files: u64,
}

/// A file that is made. Its bytes lie beside the store until it is in its place, so that the same ones are
/// put there however often it is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PendingFile {
    /// The name of the file.
    pub(crate) name: String,
    /// The name of the blob that holds the file's bytes.
    pub(crate) blob: String,
    /// The first record in it.
    pub(crate) first: Option<u64>,
    /// The last record that it is of.
    pub(crate) through: u64,
    /// The number of records in the file.
    pub(crate) count: u64,
    /// The names of the first ones.
    pub(crate) records: Vec<String>,
}

impl FileStanding {
    /// That of a route that begins.
    pub(crate) fn begin(now: Timestamp) -> Self {
        Self { sequence: 0, since: now, period: None, pending: None }
    }

    /// The stored one, where there is one.
    pub(crate) async fn read(
        mailbox: &Mailbox,
        key: &RouteKey,
    ) -> Result<Option<Self>, DeliveryError> {
        Ok(STANDINGS.get(&**mailbox.store(), key).await?)
    }

    /// Puts it into a batch.
    pub(crate) fn put(&self, batch: &mut Batch, key: &RouteKey) -> Result<(), DeliveryError> {
        Ok(STANDINGS.put(batch, key, self)?)
    }

    /// Its route is removed: what is not in its place yet is not put there any more.
    pub(crate) fn end(self) -> Self {
        Self { period: None, pending: None, ..self }
    }

    /// Returns the name of the next file's blob. Neither a group's nor a route's name has an underscore.
    pub(crate) fn next_blob(&self, key: &RouteKey) -> String {
        format!("{}_{}_{}", key.group, key.name, self.sequence + 1)
    }
}

impl PendingFile {
    /// Whether one of its records was removed, since its time was over.
    pub(crate) fn has_expired(&self, through: Sequence) -> bool {
        self.first.is_some_and(|first| first <= through.get())
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use champollion_store::{SledOptions, SledStore, Store};

    use super::*;

    #[tokio::test]
    async fn a_line_is_stored_as_it_always_was() {
        let folder = tempfile::tempdir().unwrap();
        let options = SledOptions::new(folder.path().join("store"));
        let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
        let mailbox = Mailbox::new(Arc::clone(&store), Duration::from_secs(1));
        let key: RouteKey = "water/daily".parse().unwrap();
        let standing = FileStanding { sequence: 7, ..FileStanding::begin(Timestamp::UNIX_EPOCH) };
        let mut batch = Batch::new();
        standing.put(&mut batch, &key).unwrap();
        store.commit(batch).await.unwrap();
        let stored = store.get("route-files", b"water/daily").await.unwrap();
        let written = br#"{"sequence":7,"since":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(stored, Some(written.to_vec()));
        assert_eq!(FileStanding::read(&mailbox, &key).await.unwrap(), Some(standing));
    }
}
