//! An entry of the log of changes: the rows that one node has changed, and that others may have in memory.

use std::collections::{BTreeMap, BTreeSet};

use champollion_store::{Batch, TableName, tables};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of entries that this software writes. Those of a later one it cannot follow.
const VERSION: u32 = 1;

/// Bytes of keys that one entry names at most, twice as many in digits: an entry fits into a value of the store.
const KEY_BYTES: usize = 16 << 10;

/// The tables whose rows nodes have in memory. What changes with every frame is not among them: the batch of a frame
/// names the rows that it is computed from.
const FOLLOWED: [TableName; 20] = [
    tables::TOKENS,
    tables::PARTNERS,
    tables::GROUP_OWNERS,
    tables::PEOPLE,
    tables::GRANTS,
    tables::DEVICES,
    tables::JOINED,
    tables::JOINS,
    tables::POINTS,
    tables::WHEREABOUTS,
    tables::DECODER_REQUESTS,
    tables::DERIVED_OF_DEVICES,
    tables::DERIVED_OF_GROUPS,
    tables::ALERT_RULES,
    tables::NOTICES,
    tables::REGISTRY_VERSIONS,
    tables::REGISTRY_CHANNELS,
    tables::REGISTRY_QUARANTINE,
    tables::REGISTRY_MAPPINGS,
    tables::REGISTRY_KEYS,
];

/// The rows that changed, by their tables.
pub(crate) type Rows = BTreeMap<String, BTreeSet<Vec<u8>>>;

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    /// The node that made the change, for people.
    node: Uuid,
    /// The keys of each table, in hexadecimal digits.
    rows: BTreeMap<String, Vec<String>>,
}

/// The reason why an entry cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeFault {
    /// A later version of the software has written it.
    #[error(
        "another node writes changes of version {0}, and this one reads those up to {VERSION}: install the newer software"
    )]
    Newer(u32),
    /// It is no such entry.
    #[error("an entry of the log of changes cannot be read: {0}")]
    Damaged(String),
}

/// Adds to a batch the entries that tell of the followed rows which it changes.
pub(super) fn append_changes(batch: &mut Batch, node: Uuid) {
    let is_followed = |table: &str| FOLLOWED.iter().any(|followed| followed.as_str() == table);
    let rows: Vec<(String, String)> = batch
        .changed_rows()
        .filter(|(table, _)| is_followed(table))
        .map(|(table, key)| (table.to_owned(), HEXLOWER.encode(key)))
        .collect();
    let (mut part, mut bytes) = (BTreeMap::<String, Vec<String>>::new(), 0);
    for (table, key) in rows {
        bytes += key.len() / 2;
        part.entry(table).or_default().push(key);
        if bytes >= KEY_BYTES {
            append(batch, node, std::mem::take(&mut part));
            bytes = 0;
        }
    }
    if !part.is_empty() {
        append(batch, node, part);
    }
}

fn append(batch: &mut Batch, node: Uuid, rows: BTreeMap<String, Vec<String>>) {
    let written = Written { version: VERSION, node, rows };
    // Texts and numbers alone, so that nothing of it can fail.
    let entry = serde_json::to_vec(&written).unwrap_or_default();
    batch.append(tables::CHANGES.as_str(), entry);
}

/// Adds the rows of an entry to those that changed. The changes of this node are among them: where the answer to a
/// COMMIT was lost, the change is durable, and its memory does not know.
pub(super) fn read_into(rows: &mut Rows, entry: &[u8]) -> Result<(), ChangeFault> {
    let damaged = |error: &dyn std::fmt::Display| ChangeFault::Damaged(error.to_string());
    let written: Written = serde_json::from_slice(entry).map_err(|error| damaged(&error))?;
    if written.version > VERSION {
        return Err(ChangeFault::Newer(written.version));
    }
    for (table, keys) in written.rows {
        let keys = keys.iter().map(|key| HEXLOWER.decode(key.as_bytes()));
        let keys: Vec<Vec<u8>> = keys.collect::<Result<_, _>>().map_err(|error| damaged(&error))?;
        rows.entry(table).or_default().extend(keys);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use champollion_store::{Sequence, SledOptions, SledStore, Store};

    use super::*;

    async fn entries(batch: Batch) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        store.commit(batch).await.unwrap();
        let read = store.read("changes", Sequence::BEGINNING, 1_000).await.unwrap();
        read.into_iter().map(|entry| entry.value).collect()
    }

    #[tokio::test]
    async fn followed_rows_are_told_to_all_nodes_and_to_the_own_one() {
        let mut batch = Batch::new();
        batch.put("tokens", "a", "{}").delete("devices", "b").put("sessions", "c", "{}");
        append_changes(&mut batch, Uuid::from_u128(1));
        let entries = entries(batch).await;
        assert_eq!(entries.len(), 1);
        let mut rows = Rows::new();
        read_into(&mut rows, &entries[0]).unwrap();
        let told: Vec<(&str, usize)> =
            rows.iter().map(|(table, keys)| (table.as_str(), keys.len())).collect();
        assert_eq!(told, [("devices", 1), ("tokens", 1)]);
        assert!(rows["tokens"].contains(b"a".as_slice()));
    }

    #[tokio::test]
    async fn what_changes_with_frames_is_told_to_nobody() {
        let mut batch = Batch::new();
        batch.put("sessions", "a", "{}").append("records/water", "x");
        append_changes(&mut batch, Uuid::nil());
        assert_eq!(entries(batch).await, Vec::<Vec<u8>>::new());
    }

    #[tokio::test]
    async fn a_change_of_many_rows_is_several_entries_that_fit() {
        let mut batch = Batch::new();
        for number in 0..5_000 {
            batch.put("devices", format!("{number:016}"), "{}");
        }
        append_changes(&mut batch, Uuid::nil());
        let entries = entries(batch).await;
        assert!(entries.len() > 1 && entries.iter().all(|entry| entry.len() < 60_000));
        let mut rows = Rows::new();
        for entry in &entries {
            read_into(&mut rows, entry).unwrap();
        }
        assert_eq!(rows["devices"].len(), 5_000);
    }

    #[test]
    fn entries_of_later_software_are_not_guessed_at() {
        let mut rows = Rows::new();
        let later = br#"{"version":2,"node":"00000000-0000-0000-0000-000000000000","rows":{}}"#;
        assert_eq!(read_into(&mut rows, later), Err(ChangeFault::Newer(2)));
        let damaged = read_into(&mut rows, b"{");
        assert!(matches!(damaged, Err(ChangeFault::Damaged(_))));
    }
}
