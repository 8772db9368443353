//! The copy of a store into another one, of whatever backends they are.
//!
//! All is copied as it lies in the store, what is sealed sealed. Sequences of logs stay, so that cursors of recipients
//! go on. Afterwards the copy is read again, and must have the digest of what was read from the original.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::port::{Blobs, LogExtent, Store};
use crate::sequence::Sequence;
use crate::tables;

/// Lines that are read at once.
const LINES: usize = 500;

/// Bytes after which a batch is committed.
const BATCH_BYTES: usize = 512 * 1024;

/// A store and the blobs beside it.
pub struct StoreParts {
    /// The tables and logs, as they are on the disk.
    pub store: Arc<dyn Store>,
    /// The blobs of each kind, by its name.
    pub blobs: Vec<(&'static str, Arc<dyn Blobs>)>,
}

/// The contents of a store, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Lines of all tables.
    pub rows: u64,
    /// Entries of all logs.
    pub entries: u64,
    /// Blobs of all kinds.
    pub blobs: u64,
    /// The SHA-256 of all of it, in one order; zeros while it is being read.
    pub digest: [u8; 32],
}

/// Why a store was not copied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// One of the two cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The original holds nothing, as a database whose name was mistyped.
    #[error("the store that is to be copied holds nothing: name the one that the server has")]
    Nothing,
    /// The other store holds something already.
    #[error("the store that is copied to is not empty: it has {found}. Name an empty one")]
    NotEmpty {
        /// Something that it has.
        found: String,
    },
    /// The original was written by a version before the vault, and its keys lie open.
    #[error(
        "the keys in the store are not sealed yet: start the server on it once, and copy it then"
    )]
    Unsealed,
    /// The copy is not what was copied.
    #[error(
        "the copy differs from the original: {copied} of {original} lines, entries and blobs. Copy again"
    )]
    Differs {
        /// The number of lines, entries and blobs of the copy.
        copied: u64,
        /// The number of those of the original.
        original: u64,
    },
}

/// Copies all of a store into an empty one, and reads the copy again. `watch` hears how far it has come, twice: while
/// it is copied, and while it is read again.
pub async fn copy(
    from: &StoreParts,
    to: &StoreParts,
    mut watch: impl FnMut(&Contents) + Send,
) -> Result<Contents, CopyError> {
    if find(from).await?.is_none() {
        return Err(CopyError::Nothing);
    }
    check_sealed(&*from.store).await?;
    if let Some(found) = find(to).await? {
        return Err(CopyError::NotEmpty { found });
    }
    let mut writer = Writer { store: Arc::clone(&to.store), batch: Batch::new() };
    let original = walk(from, Some((&mut writer, &to.blobs)), &mut watch).await?;
    let copied = contents(to, &mut watch).await?;
    if copied == original {
        return Ok(original);
    }
    Err(CopyError::Differs { copied: copied.count(), original: original.count() })
}

impl Contents {
    /// The number of lines, entries and blobs.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.rows + self.entries + self.blobs
    }
}

/// A batch that is committed when it is large.
struct Writer {
    store: Arc<dyn Store>,
    batch: Batch,
}

impl Writer {
    async fn flush_at(&mut self, bytes: usize) -> Result<(), StoreError> {
        if self.batch.is_empty() || self.batch.size() < bytes {
            return Ok(());
        }
        self.store.commit(std::mem::take(&mut self.batch)).await.map(drop)
    }
}

/// The place that things are copied to while they are read.
type Target<'a> = (&'a mut Writer, &'a [(&'static str, Arc<dyn Blobs>)]);

/// A walk over all that a store holds.
struct Walk<'a> {
    contents: Contents,
    digest: Sha256,
    target: Option<Target<'a>>,
}

/// Reads all that a store holds.
pub(crate) async fn contents(
    parts: &StoreParts,
    watch: &mut (impl FnMut(&Contents) + Send),
) -> Result<Contents, StoreError> {
    walk(parts, None, watch).await
}

/// Reads all that a store holds, and hands it on where there is a target.
async fn walk(
    parts: &StoreParts,
    target: Option<Target<'_>>,
    watch: &mut (impl FnMut(&Contents) + Send),
) -> Result<Contents, StoreError> {
    let mut walk = Walk { contents: Contents::default(), digest: Sha256::new(), target };
    for table in names_of_tables() {
        walk.table(&*parts.store, table, watch).await?;
    }
    for log in parts.store.logs("", None, usize::MAX).await? {
        walk.log(&*parts.store, &log, watch).await?;
    }
    walk.flush(0).await?;
    for (kind, blobs) in &parts.blobs {
        walk.blobs(kind, &**blobs, watch).await?;
    }
    Ok(Contents { digest: walk.digest.finalize().into(), ..walk.contents })
}

impl Walk<'_> {
    /// Takes a piece into the digest, with its length, so that no two contents look alike.
    fn digest(&mut self, piece: &[u8]) {
        self.digest.update((piece.len() as u64).to_be_bytes());
        self.digest.update(piece);
    }

    async fn flush(&mut self, bytes: usize) -> Result<(), StoreError> {
        match &mut self.target {
            Some((writer, _)) => writer.flush_at(bytes).await,
            None => Ok(()),
        }
    }

    async fn table(
        &mut self,
        store: &dyn Store,
        table: &str,
        watch: &mut (impl FnMut(&Contents) + Send),
    ) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        self.digest(table.as_bytes());
        loop {
            let lines = store.scan(table, b"", after.as_deref(), LINES).await?;
            let Some(last) = lines.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for line in lines {
                self.digest(&line.key);
                self.digest(&line.value);
                self.contents.rows += 1;
                if let Some((writer, _)) = &mut self.target {
                    writer.batch.put(table, line.key, line.value);
                }
                self.flush(BATCH_BYTES).await?;
            }
            watch(&self.contents);
        }
    }

    async fn log(
        &mut self,
        store: &dyn Store,
        log: &str,
        watch: &mut (impl FnMut(&Contents) + Send),
    ) -> Result<(), StoreError> {
        let LogExtent { truncated, last } = store.extent(log).await?;
        self.digest(log.as_bytes());
        self.digest(&truncated.get().to_be_bytes());
        self.digest(&last.get().to_be_bytes());
        if let Some((writer, _)) = &mut self.target
            && truncated > Sequence::BEGINNING
        {
            writer.batch.skip(log, truncated);
        }
        let mut cursor = truncated;
        loop {
            let entries = store.read(log, cursor, LINES).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            cursor = last.sequence;
            for entry in entries {
                self.digest(&entry.value);
                self.contents.entries += 1;
                if let Some((writer, _)) = &mut self.target {
                    writer.batch.append(log, entry.value);
                }
                self.flush(BATCH_BYTES).await?;
            }
            watch(&self.contents);
        }
    }

    async fn blobs(
        &mut self,
        kind: &str,
        blobs: &dyn Blobs,
        watch: &mut (impl FnMut(&Contents) + Send),
    ) -> Result<(), StoreError> {
        self.digest(kind.as_bytes());
        for name in blobs.list("").await? {
            // One that goes away meanwhile is none: nobody but the copy has the store.
            let Some(bytes) = blobs.get(&name).await? else { continue };
            self.digest(name.as_bytes());
            self.digest(&bytes);
            self.contents.blobs += 1;
            if let Some((_, places)) = &self.target
                && let Some((_, place)) = places.iter().find(|(other, _)| *other == kind)
            {
                place.put(&name, &bytes).await?;
            }
            watch(&self.contents);
        }
        Ok(())
    }
}

/// All tables but that of leases, which are of nodes that run.
fn names_of_tables() -> impl Iterator<Item = &'static str> {
    let all = tables::ALL_TABLES.iter().filter(|table| **table != tables::LEASES);
    all.map(|table| table.as_str())
}

/// Nothing is copied that would be in clear in the copy.
pub(crate) async fn check_sealed(store: &dyn Store) -> Result<(), CopyError> {
    for table in tables::ALL_TABLES.iter().filter(|table| table.is_secret()) {
        let key = store.get(tables::VAULT.as_str(), table.as_str().as_bytes()).await?;
        let has_rows = !store.scan(table.as_str(), b"", None, 1).await?.is_empty();
        if key.is_none() && has_rows {
            return Err(CopyError::Unsealed);
        }
    }
    Ok(())
}

/// Something that a store holds, in words; `None` of one that holds nothing.
async fn find(parts: &StoreParts) -> Result<Option<String>, StoreError> {
    for table in names_of_tables() {
        if !parts.store.scan(table, b"", None, 1).await?.is_empty() {
            return Ok(Some(format!("lines in the table {table}")));
        }
    }
    if let Some(log) = parts.store.logs("", None, 1).await?.first() {
        return Ok(Some(format!("the log {log}")));
    }
    for (kind, blobs) in &parts.blobs {
        if let Some(name) = blobs.list("").await?.first() {
            return Ok(Some(format!("{name} in {kind}")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::conformance::block_on;
    use crate::{FileBlobs, SledOptions, SledStore};

    fn parts(folder: &Path) -> StoreParts {
        let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
        let blobs = FileBlobs::open(folder.join("packages")).unwrap();
        StoreParts { store: Arc::new(store), blobs: vec![("packages", Arc::new(blobs))] }
    }

    async fn fill(parts: &StoreParts) {
        let mut batch = Batch::new();
        for number in 0..1_200_u32 {
            batch.put("sessions", number.to_be_bytes(), number.to_be_bytes());
            batch.append("records/water", number.to_be_bytes());
        }
        batch.put("vault", "devices", "wrapped").put("devices", "d", "sealed");
        batch.truncate("records/water", Sequence::new(700)).put("leases", "expiry", "of a node");
        batch.append("events/water", "over").truncate("events/water", Sequence::new(1));
        parts.store.commit(batch).await.unwrap();
        parts.blobs[0].1.put("sha256-a", b"a package").await.unwrap();
    }

    #[test]
    fn a_copy_has_all_rows_entries_sequences_and_blobs() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        block_on(async {
            let (from, to) = (parts(one.path()), parts(other.path()));
            let nothing = copy(&from, &to, |_| {}).await.unwrap_err();
            assert!(matches!(nothing, CopyError::Nothing), "{nothing}");
            fill(&from).await;
            let mut heard = 0;
            let contents = copy(&from, &to, |_| heard += 1).await.unwrap();
            assert_eq!((contents.rows, contents.entries, contents.blobs), (1_202, 500, 1));
            assert!(heard > 4);
            let extent = to.store.extent("records/water").await.unwrap();
            assert_eq!(extent, from.store.extent("records/water").await.unwrap());
            assert_eq!(
                to.store.logs("", None, 9).await.unwrap(),
                ["events/water", "records/water"]
            );
            assert_eq!(to.store.get("leases", b"expiry").await.unwrap(), None);
            let again = copy(&from, &to, |_| {}).await.unwrap_err();
            assert!(matches!(again, CopyError::NotEmpty { .. }), "{again}");
        });
    }

    #[test]
    fn keys_that_are_not_sealed_are_not_copied() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        block_on(async {
            let (from, to) = (parts(one.path()), parts(other.path()));
            let mut batch = Batch::new();
            batch.put("devices", "d", "in clear");
            from.store.commit(batch).await.unwrap();
            let refused = copy(&from, &to, |_| {}).await.unwrap_err();
            assert!(matches!(refused, CopyError::Unsealed), "{refused}");
        });
    }
}
