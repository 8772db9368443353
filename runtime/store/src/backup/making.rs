//! A backup of a store that is in use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::error::BackupError;
use super::file_sum::FileSum;
use super::manifest::{CHANGES, Manifest, PAIRS};
use super::pairs::PairsWriter;
use crate::blobs::FileBlobs;
use crate::copy::check_sealed;
use crate::disk::{blocking, create_private_folder, free_bytes, sync_folder};
use crate::error::StoreError;
use crate::port::Blobs;
use crate::sled::{JournalReader, SledStore, Told};

/// The end of the name of a backup that is not whole yet.
const UNFINISHED: &str = ".unfinished";

/// Bytes of the disk that a backup leaves free: the store may lie on the same one, and must not meet its end.
const SPARE_BYTES: u64 = 256 * 1024 * 1024;

/// A store that is backed up, and the blobs beside it.
#[derive(Clone)]
pub struct BackupSource {
    /// The store as it lies on the disk, what is secret in it sealed.
    pub store: Arc<SledStore>,
    /// The blobs of each kind, by its name.
    pub blobs: Vec<(&'static str, Arc<dyn Blobs>)>,
}

/// The progress of a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupCount {
    /// Bytes of keys and values that were read.
    pub bytes: u64,
    /// Bytes of keys and values that there are, about.
    pub of: u64,
    /// Blobs that were copied.
    pub blobs: u64,
}

/// A backup that was made, and read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// Keys that were read, with their values.
    pub pairs: u64,
    /// Changes that came meanwhile.
    pub changes: u64,
    /// Blobs of all kinds.
    pub blobs: u64,
    /// Bytes of all files of the backup.
    pub bytes: u64,
    /// The SHA-256 of the manifest, which has that of every file.
    pub sha256: String,
}

/// Backs up a store into a folder that is not there yet, and reads the backup again. All that was acknowledged before
/// is in it. The store may be in use: who writes never waits for the backup, and who reads no longer than for any other
/// reader. The backup has its name once it is whole. `begun_at` is the present moment, for the manifest; `watch` hears
/// how far it has come.
pub async fn back_up(
    from: &BackupSource,
    to: &Path,
    begun_at: &str,
    mut watch: impl FnMut(&BackupCount) + Send,
) -> Result<BackupSummary, BackupError> {
    check_sealed(&*from.store).await?;
    let place = Unfinished::make(to)?;
    let making = Making {
        from,
        folder: place.folder.clone(),
        count: BackupCount { of: from.store.live_bytes(), ..BackupCount::default() },
        files: Vec::new(),
        copied: BTreeSet::new(),
    };
    let summary = making.make(begun_at, &mut watch).await?;
    place.finish(to)?;
    Ok(summary)
}

/// The folder of a backup under way, which is removed where the backup comes to nothing.
struct Unfinished {
    folder: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    fn make(to: &Path) -> Result<Self, BackupError> {
        if to.exists() {
            return Err(BackupError::Exists { folder: to.to_owned() });
        }
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(UNFINISHED);
        let folder = to.with_file_name(name);
        // One of a process that was killed.
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(StoreError::io("remove", &folder))?;
        }
        create_private_folder(&folder)?;
        Ok(Self { folder, is_finished: false })
    }

    fn finish(mut self, to: &Path) -> Result<(), StoreError> {
        fs::rename(&self.folder, to).map_err(StoreError::io("rename", &self.folder))?;
        self.is_finished = true;
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            // What stays is removed by the next backup of this name.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// A backup that is being made.
struct Making<'of> {
    from: &'of BackupSource,
    folder: PathBuf,
    count: BackupCount,
    files: Vec<FileSum>,
    /// The files of blobs that are in the backup.
    copied: BTreeSet<String>,
}

/// A file of changes, once the journal has ended.
type Changes = JoinHandle<Result<(u64, FileSum), BackupError>>;

impl Making<'_> {
    async fn make(
        mut self,
        begun_at: &str,
        watch: &mut (impl FnMut(&BackupCount) + Send),
    ) -> Result<BackupSummary, BackupError> {
        self.check_room(self.count.of)?;
        let journal = self.write_journal().await?;
        let copied = self.copy(watch).await;
        // Ended in any case, or its thread would wait for ever.
        let ended = self.from.store.end_journal().await;
        let written = journal.await.map_err(|_| StoreError::Closed)?;
        let pairs = copied?;
        ended?;
        let (changes, sum) = written?;
        self.files.push(sum);
        // Blobs are put before they are referred to: those of the last changes are there by now.
        self.copy_blobs(watch).await?;
        let blobs = self.count.blobs;
        let manifest = Manifest::new(begun_at, (pairs, changes), self.files);
        let folder = self.folder;
        blocking(move || Ok(sealed(&manifest, &folder).map(|sha256| (sha256, manifest.bytes()))))
            .await?
            .map(|(sha256, bytes)| BackupSummary { pairs, changes, blobs, bytes, sha256 })
    }

    /// Begins the journal, and writes it on a thread of its own.
    async fn write_journal(&self) -> Result<Changes, StoreError> {
        let writer = PairsWriter::create(&self.folder, CHANGES)?;
        let journal = self.from.store.begin_journal().await?;
        Ok(tokio::task::spawn_blocking(move || write_changes(journal, writer)))
    }

    /// Copies what is there. Returns the number of pairs.
    async fn copy(
        &mut self,
        watch: &mut (impl FnMut(&BackupCount) + Send),
    ) -> Result<u64, BackupError> {
        let mut pairs = self.from.store.all_pairs();
        let mut writer = PairsWriter::create(&self.folder, PAIRS)?;
        let mut is_more = true;
        while is_more {
            self.check_room(0)?;
            (is_more, pairs, writer) = blocking(move || {
                let is_more = pairs.page(|key, value| writer.write(key, Some(value)))?;
                Ok((is_more, pairs, writer))
            })
            .await?;
            self.count.bytes = writer.bytes;
            watch(&self.count);
        }
        let count = writer.pairs;
        self.files.push(blocking(move || writer.finish()).await?);
        self.copy_blobs(watch).await?;
        Ok(count)
    }

    /// Whether so many bytes have room on the disk, beside those that are left free.
    fn check_room(&self, bytes: u64) -> Result<(), BackupError> {
        let (needed, free) = (bytes.saturating_add(SPARE_BYTES), free_bytes(&self.folder)?);
        match free < needed {
            true => Err(BackupError::NoRoom { folder: self.folder.clone(), needed, free }),
            false => Ok(()),
        }
    }

    /// Copies the blobs that are not copied yet.
    async fn copy_blobs(
        &mut self,
        watch: &mut (impl FnMut(&BackupCount) + Send),
    ) -> Result<(), BackupError> {
        for (kind, blobs) in &self.from.blobs {
            let place = FileBlobs::open(self.folder.join(kind))?;
            for name in blobs.list("").await? {
                let file = format!("{kind}/{name}");
                if self.copied.contains(&file) {
                    continue;
                }
                // One that went away meanwhile is not needed any more.
                let Some(bytes) = blobs.get(&name).await? else { continue };
                self.check_room(bytes.len() as u64)?;
                place.put(&name, &bytes).await?;
                self.files.push(FileSum::of_bytes(file.clone(), &bytes));
                self.copied.insert(file);
                self.count.blobs += 1;
                watch(&self.count);
            }
        }
        Ok(())
    }
}

/// Writes the manifest, and reads the backup again. Returns the digest of the manifest.
fn sealed(manifest: &Manifest, folder: &Path) -> Result<String, BackupError> {
    let sha256 = manifest.write(folder)?;
    Manifest::read(folder)?.check(folder)?;
    sync_folder(folder)?;
    Ok(sha256)
}

fn write_changes(
    mut journal: JournalReader,
    mut writer: PairsWriter,
) -> Result<(u64, FileSum), BackupError> {
    loop {
        match journal.next().ok_or(BackupError::FellBehind)? {
            Told::Changes(changes) => {
                for (key, value) in &changes {
                    // The first byte of a stored value is the backend's own.
                    writer.write(key, value.as_ref().map(|stored| &stored[1..]))?;
                }
            }
            Told::End => return Ok((writer.pairs, writer.finish()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::backup::restore;
    use crate::conformance::block_on;
    use crate::{Batch, Sequence, SledOptions, Store};

    fn source(folder: &Path) -> BackupSource {
        let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
        let blobs = FileBlobs::open(folder.join("packages")).unwrap();
        BackupSource { store: Arc::new(store), blobs: vec![("packages", Arc::new(blobs))] }
    }

    async fn back_up_to(from: &BackupSource, to: &Path) -> Result<BackupSummary, BackupError> {
        back_up(from, to, "2026-01-01T00:00:00Z", |_| {}).await
    }

    /// A number as a counter, its twin at the other end of the keys, and an entry of two logs.
    fn frame(number: u64) -> Batch {
        let mut batch = Batch::new();
        let bytes = number.to_be_bytes();
        batch.put("a-counters", "n", bytes).put("z-counters", "n", bytes);
        batch.put("sessions", format!("d{}", number % 997), bytes);
        batch.append("records/a", bytes).append("records/z", bytes);
        if number.is_multiple_of(10) {
            batch.delete("sessions", format!("d{}", (number * 7) % 997));
        }
        if number.is_multiple_of(64) {
            batch.truncate("records/a", Sequence::new(number / 2));
        }
        batch
    }

    async fn number(store: &dyn Store, table: &str) -> u64 {
        let value = store.get(table, b"n").await.unwrap().unwrap();
        u64::from_be_bytes(value.try_into().unwrap())
    }

    #[test]
    fn a_backup_made_while_frames_come_is_one_state_with_all_that_was_acknowledged_before() {
        let folders = tempfile::tempdir().unwrap();
        let path = |name: &str| folders.path().join(name);
        fs::create_dir(path("data")).unwrap();
        block_on(async {
            let from = source(&path("data"));
            from.blobs[0].1.put("sha256-a", b"a package").await.unwrap();
            for number in 1..=2_000 {
                from.store.commit(frame(number)).await.unwrap();
            }
            let stop = Arc::new(AtomicBool::new(false));
            let frames = tokio::spawn({
                let (store, stop) = (Arc::clone(&from.store), Arc::clone(&stop));
                async move {
                    let mut last = 2_000;
                    while !stop.load(Ordering::Relaxed) {
                        last += 1;
                        store.commit(frame(last)).await.unwrap();
                    }
                    last
                }
            });
            let mut of_backups = Vec::new();
            for name in ["one", "two"] {
                let summary = back_up_to(&from, &path(name)).await.unwrap();
                assert_eq!(summary.blobs, 1);
                of_backups.push(summary.changes);
            }
            stop.store(true, Ordering::Relaxed);
            let last = frames.await.unwrap();
            assert!(of_backups.iter().any(|changes| *changes > 0), "frames came meanwhile");

            let mut before = 2_000;
            for name in ["one", "two"] {
                let to = path(&format!("restored-{name}"));
                restore(&path(name), &to, |_| {}).await.unwrap();
                let again = source(&to);
                let store = &*again.store;
                let (a, z) = (number(store, "a-counters").await, number(store, "z-counters").await);
                assert!(a == z && a >= before && a <= last, "{before} {a} {z} {last}");
                before = a;
                for log in ["records/a", "records/z"] {
                    let extent = store.extent(log).await.unwrap();
                    assert_eq!(extent.last, Sequence::new(a), "{log}");
                    let entries = store.read(log, Sequence::BEGINNING, usize::MAX).await.unwrap();
                    assert_eq!(entries.len() as u64, extent.len(), "{log}");
                    let whole =
                        |entry: &crate::Entry| entry.value == entry.sequence.get().to_be_bytes();
                    assert!(entries.iter().all(whole), "{log}");
                }
                let mut model = std::collections::BTreeMap::new();
                for number in 1..=a {
                    model.insert(format!("d{}", number % 997), number);
                    if number.is_multiple_of(10) {
                        model.remove(&format!("d{}", (number * 7) % 997));
                    }
                }
                let rows = store.scan("sessions", b"", None, usize::MAX).await.unwrap();
                let rows = rows.into_iter().map(|row| {
                    let number = u64::from_be_bytes(row.value.try_into().unwrap());
                    (String::from_utf8(row.key).unwrap(), number)
                });
                assert!(rows.eq(model), "{name}");
                let package = again.blobs[0].1.get("sha256-a").await.unwrap();
                assert_eq!(package.as_deref(), Some(&b"a package"[..]));
                // It goes on.
                store.commit(frame(a + 1)).await.unwrap();
                let extent = store.extent("records/z").await.unwrap();
                assert_eq!(extent.last, Sequence::new(a + 1));
            }
        });
    }

    #[test]
    fn nothing_that_is_there_is_overwritten_and_nothing_unfinished_stays() {
        let folders = tempfile::tempdir().unwrap();
        fs::create_dir(folders.path().join("data")).unwrap();
        block_on(async {
            let from = source(&folders.path().join("data"));
            from.store.commit(frame(1)).await.unwrap();
            let to = folders.path().join("backup");
            // One that a kill left.
            let leftover = folders.path().join(format!("backup{UNFINISHED}"));
            fs::create_dir(&leftover).unwrap();
            fs::write(leftover.join("pairs.zst"), "half").unwrap();
            back_up_to(&from, &to).await.unwrap();
            let again = back_up_to(&from, &to).await.unwrap_err();
            assert!(matches!(again, BackupError::Exists { .. }), "{again}");
            assert!(!leftover.exists());
            from.store.close().await.unwrap();
            let closed = back_up_to(&from, &folders.path().join("late")).await.unwrap_err();
            assert!(matches!(closed, BackupError::Store(StoreError::Closed)), "{closed}");
            let mut names: Vec<_> = fs::read_dir(folders.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort_unstable();
            assert_eq!(names, ["backup", "data"]);
        });
    }

    #[test]
    fn keys_that_are_not_sealed_are_not_backed_up() {
        let folders = tempfile::tempdir().unwrap();
        fs::create_dir(folders.path().join("data")).unwrap();
        block_on(async {
            let from = source(&folders.path().join("data"));
            let mut batch = Batch::new();
            batch.put("devices", "d", "in clear");
            from.store.commit(batch).await.unwrap();
            let refused = back_up_to(&from, &folders.path().join("backup")).await.unwrap_err();
            assert!(refused.to_string().contains("not sealed yet"), "{refused}");
        });
    }
}
