//! An entry of the log of changes: the rows that one node has changed, and that others may have in memory.

use std::collections::{BTreeMap, BTreeSet};

use champollion_store::{Batch, TableName, tables};
use data_encoding::{BASE64_NOPAD, DecodeError, HEXLOWER};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::protocol::FIRST;

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
    /// The version of the protocol of nodes.
    version: u32,
    /// The node that made the change, for people.
    node: Uuid,
    /// The keys of each table: in hexadecimal digits in the first version, in base64 afterwards.
    rows: BTreeMap<String, Vec<String>>,
}

/// The reason why an entry cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeFault {
    /// A later version of the software has written it.
    #[error(
        "another node writes changes of version {found}, and this one reads those up to {newest}: install the newer \
         software"
    )]
    Newer {
        /// The version of the entry.
        found: u32,
        /// The newest version that this node reads.
        newest: u32,
    },
    /// It is no such entry.
    #[error("an entry of the log of changes cannot be read: {0}")]
    Damaged(String),
}

/// Adds to a batch the entries that tell of the followed rows which it changes, in a version of the protocol.
pub(super) fn append_changes(batch: &mut Batch, node: Uuid, version: u32) {
    let is_followed = |table: &str| FOLLOWED.iter().any(|followed| followed.as_str() == table);
    let rows: Vec<(String, Vec<u8>)> = batch
        .changed_rows()
        .filter(|(table, _)| is_followed(table))
        .map(|(table, key)| (table.to_owned(), key.to_vec()))
        .collect();
    let empty = || Written { version, node, rows: BTreeMap::new() };
    let (mut part, mut bytes) = (empty(), 0);
    for (table, key) in rows {
        bytes += key.len();
        part.rows.entry(table).or_default().push(encoded(version, &key));
        if bytes >= KEY_BYTES {
            append(batch, &std::mem::replace(&mut part, empty()));
            bytes = 0;
        }
    }
    if !part.rows.is_empty() {
        append(batch, &part);
    }
}

fn append(batch: &mut Batch, written: &Written) {
    // Texts and numbers alone, so that nothing of it can fail.
    let entry = serde_json::to_vec(written).unwrap_or_default();
    batch.append(tables::CHANGES.as_str(), entry);
}

/// Adds the rows of an entry to those that changed, where its version is one that this node reads. The changes of this
/// node are among them: where the answer to a COMMIT was lost, the change is durable, and its memory does not know.
pub(super) fn read_into(rows: &mut Rows, entry: &[u8], newest: u32) -> Result<(), ChangeFault> {
    let damaged = |error: &dyn std::fmt::Display| ChangeFault::Damaged(error.to_string());
    let written: Written = serde_json::from_slice(entry).map_err(|error| damaged(&error))?;
    let found = written.version;
    if found > newest {
        return Err(ChangeFault::Newer { found, newest });
    }
    for (table, keys) in written.rows {
        let keys = keys.iter().map(|key| decoded(found, key));
        let keys: Vec<Vec<u8>> = keys.collect::<Result<_, _>>().map_err(|error| damaged(&error))?;
        rows.entry(table).or_default().extend(keys);
    }
    Ok(())
}

fn encoded(version: u32, key: &[u8]) -> String {
    if version == FIRST { HEXLOWER.encode(key) } else { BASE64_NOPAD.encode(key) }
}

fn decoded(version: u32, key: &str) -> Result<Vec<u8>, DecodeError> {
    let key = key.as_bytes();
    if version == FIRST { HEXLOWER.decode(key) } else { BASE64_NOPAD.decode(key) }
}

#[cfg(test)]
mod tests {
    use champollion_store::{Sequence, SledOptions, SledStore, Store};

    use super::{super::super::protocol::NEWEST, *};

    async fn entries(batch: Batch) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        store.commit(batch).await.unwrap();
        let read = store.read("changes", Sequence::BEGINNING, 1_000).await.unwrap();
        read.into_iter().map(|entry| entry.value).collect()
    }

    #[tokio::test]
    async fn followed_rows_are_told_to_all_nodes_and_to_the_own_one() {
        let mut lengths = Vec::new();
        for version in FIRST..=NEWEST {
            let mut batch = Batch::new();
            batch.put("tokens", "a", "{}").delete("devices", [0xb7; 8]).put("sessions", "c", "{}");
            append_changes(&mut batch, Uuid::from_u128(1), version);
            let entries = entries(batch).await;
            assert_eq!(entries.len(), 1);
            lengths.push(entries[0].len());
            let mut rows = Rows::new();
            read_into(&mut rows, &entries[0], version).unwrap();
            let told: Vec<(&str, usize)> =
                rows.iter().map(|(table, keys)| (table.as_str(), keys.len())).collect();
            assert_eq!(told, [("devices", 1), ("tokens", 1)]);
            assert!(rows["tokens"].contains(b"a".as_slice()));
            assert!(rows["devices"].contains([0xb7; 8].as_slice()));
            let before = read_into(&mut rows, &entries[0], version - 1);
            let newer = ChangeFault::Newer { found: version, newest: version - 1 };
            assert_eq!(before, Err(newer));
        }
        assert!(lengths.is_sorted_by(|one, next| one > next), "{lengths:?}");
    }

    #[tokio::test]
    async fn what_changes_with_frames_is_told_to_nobody() {
        let mut batch = Batch::new();
        batch.put("sessions", "a", "{}").append("records/water", "x");
        append_changes(&mut batch, Uuid::nil(), NEWEST);
        assert_eq!(entries(batch).await, Vec::<Vec<u8>>::new());
    }

    #[tokio::test]
    async fn a_change_of_many_rows_is_several_entries_that_fit() {
        let mut batch = Batch::new();
        for number in 0..5_000 {
            batch.put("devices", format!("{number:016}"), "{}");
        }
        append_changes(&mut batch, Uuid::nil(), NEWEST);
        let entries = entries(batch).await;
        assert!(entries.len() > 1 && entries.iter().all(|entry| entry.len() < 60_000));
        let mut rows = Rows::new();
        for entry in &entries {
            read_into(&mut rows, entry, NEWEST).unwrap();
        }
        assert_eq!(rows["devices"].len(), 5_000);
    }

    #[test]
    fn entries_of_later_software_are_not_guessed_at() {
        let mut rows = Rows::new();
        let later = br#"{"version":3,"node":"00000000-0000-0000-0000-000000000000","rows":{}}"#;
        let newer = ChangeFault::Newer { found: 3, newest: NEWEST };
        assert_eq!(read_into(&mut rows, later, NEWEST), Err(newer));
        let damaged = read_into(&mut rows, b"{", NEWEST);
        assert!(matches!(damaged, Err(ChangeFault::Damaged(_))));
    }
}
