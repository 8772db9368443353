//! Writes index and audit: whatever changes the registry becomes durable in one batch with the line of
//! each, so that neither can be missing.

use std::sync::Arc;

use champollion_store::{Batch, Blobs, Sequence, Store, StoreError, Table, tables};
use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    archive::{Archive, Checkpoint},
    audit::{AUDIT, Actor, AuditEntry, Room},
    chain::{BrokenChain, Head, Link},
    counted::Counted,
    error::{DamagedIndex, LedgerError},
    event::IndexEvent,
    heads::{AUDIT_CHAIN, Chain, Heads, INDEX_CHAIN, StoredHead, is_behind},
    history::History,
    rivals::Rivals,
    space::{AuditLimits, AuditSpace},
};
use crate::keys::SecretKey;

/// The table of the audit's archives, by the place of their last line in digits.
const ARCHIVES: Table<String, Archive> = Table::new(tables::REGISTRY_AUDIT_ARCHIVES);

/// The most lines of one archive, and the most bytes of them: both are held in memory once, and leave the
/// store in one step.
const ARCHIVE_LINES: u64 = 10_000;
const ARCHIVE_BYTES: u64 = 16 << 20;

/// Lines that are read at once.
const PAGE: usize = 1_000;

/// Index and audit. Who writes takes turns: what is checked before a change is still so when it is
/// written.
pub(crate) struct Journal {
    store: Arc<dyn Store>,
    /// A tokio lock: it is held while a change becomes durable.
    heads: Mutex<Heads>,
    space: AuditSpace,
    /// The last archive of the audit; held while another is written.
    archived: Mutex<Option<Archive>>,
}

/// The turn of whoever changes something.
pub(crate) struct Turn<'journal> {
    journal: &'journal Journal,
    heads: MutexGuard<'journal, Heads>,
}

impl Journal {
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        limits: AuditLimits,
    ) -> Result<Self, LedgerError> {
        let heads = Heads::read(&*store, Counted::default()).await?;
        let (space, archived) = (AuditSpace::new(limits), Mutex::new(None));
        space.set_live(heads.counted.bytes());
        let mut journal = Self { store, heads: Mutex::new(heads), space, archived };
        *journal.archived.get_mut() = journal.last_archive().await?;
        Ok(journal)
    }

    /// Reads again where index and audit end, and what of the audit is archived, since another node has archived it until
    /// now.
    pub(crate) async fn reread(&self) -> Result<(), LedgerError> {
        let mut archived = self.archived.lock().await;
        self.catch_up().await?;
        *archived = self.last_archive().await?;
        Ok(())
    }

    /// Reads where index and audit end, and counts what other nodes have written and archived since.
    pub(crate) async fn catch_up(&self) -> Result<(), LedgerError> {
        self.turn().await.catch_up().await
    }

    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn { journal: self, heads: self.heads.lock().await }
    }

    /// The space of the audit.
    pub(crate) fn space(&self) -> &AuditSpace {
        &self.space
    }

    /// Returns where the audit ends now, whichever node wrote its last line.
    pub(crate) async fn audit_head(&self) -> Result<Head, LedgerError> {
        self.end_of(AUDIT_CHAIN).await
    }

    /// Reads where a chain ends. The heads in memory are those of this node's last line: another node may have written
    /// since, and so may this one, where the answer to a commit was lost.
    async fn end_of(&self, chain: Chain) -> Result<Head, LedgerError> {
        Ok(StoredHead::read(&*self.store, chain).await?.head)
    }

    /// The archives of the audit, the oldest first.
    pub(crate) async fn archives(&self) -> Result<Vec<Archive>, LedgerError> {
        let all = ARCHIVES.pages(&*self.store).all().await?;
        Ok(all.into_iter().map(|(_, archive)| archive).collect())
    }

    /// Counts the archives that are there: those that were moved away take no space.
    pub(crate) async fn look_at_archives(&self, files: &dyn Blobs) -> Result<(), LedgerError> {
        let there = files.list("audit-").await?;
        let archives = self.archives().await?;
        let there = archives.iter().filter(|archive| there.binary_search(&archive.file).is_ok());
        self.space.set_archived(there.map(|archive| archive.bytes).sum());
        Ok(())
    }

    /// Moves the oldest lines of the audit into the file of an archive, as many as one takes, so that `keep`
    /// bytes stay. `None` where no more than that is there.
    pub(crate) async fn archive(
        &self,
        files: &dyn Blobs,
        key: &SecretKey,
        keep: u64,
        now: Timestamp,
    ) -> Result<Option<Archive>, LedgerError> {
        let mut last = self.archived.lock().await;
        self.catch_up().await?;
        let live = self.space.usage().live_bytes;
        let (lines, bytes) = self.oldest(live.saturating_sub(keep)).await?;
        if lines.is_empty() {
            return Ok(None);
        }
        let mut head = match &*last {
            Some(archive) => archive.checkpoint.head.clone(),
            None => Head::empty(AUDIT),
        };
        let first = head.sequence + 1;
        for line in &lines {
            let followed = head.follow::<AuditEntry>(AUDIT, line);
            followed.map_err(|broken| DamagedIndex {
                key: AUDIT.to_owned(),
                reason: broken.to_string(),
            })?;
        }
        let through = head.sequence;
        let file = Archive::name(first, through);
        let checkpoint = Checkpoint::of(head, key, now);
        let content = Archive::file(&lines, &checkpoint)
            .map_err(|error| DamagedIndex { key: file.clone(), reason: error.to_string() })?;
        // The file is durable before its lines leave the store; written twice it is the same lines.
        files.put(&file, &content).await?;
        let archive = Archive { file, bytes: content.len() as u64, first, checkpoint };
        let mut batch = Batch::new();
        ARCHIVES.insert(&mut batch, &format!("{through:020}"), &archive)?;
        batch.truncate(AUDIT_CHAIN.log.as_str(), Sequence::new(through));
        let entry = AuditEntry::new(&Actor::named("the registry"), "audit-archive", &archive.file)
            .with(serde_json::json!({ "bytes": archive.bytes, "last": through }))
            .essential();
        if !self.write_archive(&last, batch, (now, entry), (through, bytes)).await? {
            // Another node, which leads now, has archived the same lines.
            *last = self.last_archive().await?;
            return Ok(None);
        }
        self.look_at_archives(files).await?;
        *last = Some(archive.clone());
        Ok(Some(archive))
    }

    /// Makes durable that lines up to a place, of so many bytes, were archived behind the last archive that is known here;
    /// says whether that is the last one still. Archiving makes room, so it needs none.
    async fn write_archive(
        &self,
        last: &Option<Archive>,
        batch: Batch,
        (now, entry): (Timestamp, AuditEntry),
        (through, bytes): (u64, u64),
    ) -> Result<bool, LedgerError> {
        let mut turn = self.turn().await;
        let mut rivals = Rivals::default();
        loop {
            // Asked once the heads are known: what another node archives from here on moves them, and is a conflict.
            if self.last_archive().await? != *last {
                return Ok(false);
            }
            match turn.write(batch.clone(), now, None, entry.clone()).await {
                Ok(()) => {
                    turn.heads.counted.leave(through, bytes);
                    self.space.set_live(turn.heads.counted.bytes());
                    return Ok(true);
                }
                Err(LedgerError::Store(error)) if rivals.let_try_again(is_behind(&error)) => {}
                Err(error) => return Err(error),
            }
            rivals.let_pass().await;
        }
    }

    /// The oldest lines of the audit up to some bytes, at most as many as one archive takes, and their bytes.
    async fn oldest(&self, bytes: u64) -> Result<(Vec<Vec<u8>>, u64), LedgerError> {
        let extent = self.store.extent(AUDIT_CHAIN.log.as_str()).await?;
        let (mut after, mut lines, mut counted) = (extent.truncated, Vec::new(), 0);
        loop {
            let entries = self.store.read(AUDIT_CHAIN.log.as_str(), after, PAGE).await?;
            let Some(last) = entries.last() else { return Ok((lines, counted)) };
            after = last.sequence;
            for entry in entries {
                if counted >= bytes.min(ARCHIVE_BYTES) || lines.len() as u64 >= ARCHIVE_LINES {
                    return Ok((lines, counted));
                }
                counted += entry.value.len() as u64;
                lines.push(entry.value);
            }
        }
    }

    /// Returns where the index ends now, whichever node wrote its last line.
    pub(crate) async fn index_head(&self) -> Result<Head, LedgerError> {
        self.end_of(INDEX_CHAIN).await
    }

    /// Adds to the audit what was done elsewhere.
    pub(crate) async fn record(&self, entry: AuditEntry, at: Timestamp) -> Result<(), LedgerError> {
        self.record_with(Batch::new(), entry, at).await
    }

    /// Makes a change elsewhere durable together with its line of the audit.
    pub(crate) async fn record_with(
        &self,
        change: Batch,
        entry: AuditEntry,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut turn = self.turn().await;
        match turn.write_past_rivals(&change, at, &entry).await {
            Err(LedgerError::AuditFull(full)) if entry.room == Room::Any => {
                let AuditEntry { action, subject, .. } = entry;
                tracing::error!(%full, action, subject, "an act is not in the audit");
                drop(turn);
                self.store.commit(change).await?;
                Ok(())
            }
            written => written,
        }
    }

    /// Lines of the index after a place, as they are written.
    pub(crate) async fn index(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(INDEX_CHAIN, after, limit).await
    }

    /// Lines of the audit after a place, as they are written.
    pub(crate) async fn audit(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(AUDIT_CHAIN, after, limit).await
    }

    async fn lines(
        &self,
        chain: Chain,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (log, after) = (chain.log.as_str(), Sequence::new(after));
        let entries = self.store.read(log, after, limit.min(PAGE)).await?;
        Ok(entries.into_iter().map(|entry| entry.value).collect())
    }

    /// Reads the index on from where a history ends, and shows each event; what is wrong with it is told, and what is
    /// before that is in the history.
    pub(crate) async fn follow_index(
        &self,
        history: &mut History,
        mut show: impl FnMut(&IndexEvent) + Send,
    ) -> Result<Option<BrokenChain>, LedgerError> {
        let head = history.head().clone();
        let followed = self.walk(INDEX_CHAIN, head, |line| {
            let link: Link<IndexEvent> = history.follow(line)?;
            show(&link.content);
            Ok(history.head().clone())
        });
        followed.await
    }

    /// Reads all of the audit that is not archived: where it ends, and what is wrong with it.
    pub(crate) async fn audited(&self) -> Result<(Head, Option<BrokenChain>), LedgerError> {
        // In the order in which an archive is written, and none of this node's while it is read.
        let _archiving = self.archived.lock().await;
        let mut rivals = Rivals::default();
        loop {
            let archived = self.last_archive().await?;
            let mut head = match &archived {
                Some(archive) => archive.checkpoint.head.clone(),
                None => Head::empty(AUDIT),
            };
            let broken = self.walk(AUDIT_CHAIN, head.clone(), |line| {
                head.follow::<AuditEntry>(AUDIT, line).map(|_| head.clone())
            });
            let broken = broken.await?;
            // Lines that another node archived meanwhile are missing for no other reason.
            let is_moved = broken.is_some() && self.last_archive().await? != archived;
            if !rivals.let_try_again(is_moved) {
                return Ok((head, broken));
            }
        }
    }

    async fn last_archive(&self) -> Result<Option<Archive>, LedgerError> {
        Ok(ARCHIVES.pages(&*self.store).all().await?.pop().map(|(_, archive)| archive))
    }

    /// Follows a chain from a head to its end, while other nodes may write on. Lines and head are written in one batch,
    /// so a head that is read after the last line is never behind it, and the lines up to it are all there.
    async fn walk(
        &self,
        chain: Chain,
        mut head: Head,
        mut follow: impl FnMut(&[u8]) -> Result<Head, BrokenChain> + Send,
    ) -> Result<Option<BrokenChain>, LedgerError> {
        // First to the last line that is there, then to the end that the head says.
        let mut end: Option<Head> = None;
        loop {
            let limit =
                end.as_ref().map_or(u64::MAX, |end| end.sequence.saturating_sub(head.sequence));
            let page = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
            let lines = match page {
                0 => Vec::new(),
                page => self.lines(chain, head.sequence, page).await?,
            };
            for line in &lines {
                match follow(line) {
                    Ok(next) => head = next,
                    Err(broken) => return Ok(Some(broken)),
                }
            }
            match &end {
                _ if !lines.is_empty() => {}
                None => end = Some(self.end_of(chain).await?),
                Some(end) => {
                    let reason =
                        format!("it ends with {}, and should with {}", head.hash, end.hash);
                    let (chain, place) = (chain.name, head.sequence);
                    return Ok((head != *end).then_some(BrokenChain { chain, place, reason }));
                }
            }
        }
    }
}

impl Turn<'_> {
    /// The place of the next line of the index.
    pub(crate) fn next_index(&self) -> u64 {
        self.heads.index.head.sequence + 1
    }

    /// Makes a batch durable together with what is said of it.
    pub(crate) async fn commit(
        &mut self,
        batch: Batch,
        at: Timestamp,
        event: Option<&IndexEvent>,
        entry: AuditEntry,
    ) -> Result<(), LedgerError> {
        if self.journal.space.admit(&entry).is_err() {
            // Another node may have archived some of it.
            self.catch_up().await?;
            self.journal.space.admit(&entry)?;
        }
        self.write(batch, at, event, entry).await
    }

    /// Reads where the audit ends, and counts what other nodes have written and archived since. Where the index ends stays
    /// as this node has read its lines: a change that is decided by older ones must not fit behind newer ones.
    async fn catch_up(&mut self) -> Result<(), LedgerError> {
        let Journal { store, space, .. } = self.journal;
        let before = self.heads.counted.truncated();
        let index = self.heads.index.clone();
        *self.heads = Heads { index, ..Heads::read(&**store, self.heads.counted).await? };
        space.set_live(self.heads.counted.bytes());
        if self.heads.counted.truncated() != before {
            // They are there, since they were written a moment ago.
            let archives = self.journal.archives().await?.into_iter();
            // Of those that are made meanwhile the next look is told.
            let upto = self.heads.counted.truncated();
            let new = archives
                .filter(|archive| (before + 1..=upto).contains(&archive.checkpoint.head.sequence));
            space.add_archived(new.map(|archive| archive.bytes).sum());
        }
        Ok(())
    }

    /// Makes a change outside the index durable with its line of the audit, again where another node was faster with
    /// one. Each time there must be room for the line, behind those of the others.
    async fn write_past_rivals(
        &mut self,
        batch: &Batch,
        at: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), LedgerError> {
        let mut rivals = Rivals::default();
        loop {
            match self.commit(batch.clone(), at, None, entry.clone()).await {
                Err(LedgerError::Store(error)) if rivals.let_try_again(is_behind(&error)) => {}
                other => return other,
            }
            rivals.let_pass().await;
        }
    }

    async fn write(
        &mut self,
        mut batch: Batch,
        at: Timestamp,
        event: Option<&IndexEvent>,
        entry: AuditEntry,
    ) -> Result<(), LedgerError> {
        let Journal { store, space, .. } = self.journal;
        let mut entry = entry.bounded();
        let mut heads = self.heads.clone();
        if let Some(event) = event {
            entry.index = Some(self.next_index());
            (heads.index, _) = self.heads.index.append(&mut batch, INDEX_CHAIN, at, event)?;
        }
        let bytes;
        (heads.audit, bytes) = self.heads.audit.append(&mut batch, AUDIT_CHAIN, at, entry)?;
        match store.commit(batch).await {
            Ok(_) => {
                heads.counted.add(heads.audit.head.sequence, bytes);
                space.added(heads.counted.bytes());
                *self.heads = heads;
                Ok(())
            }
            Err(error) => {
                if is_behind(&error) {
                    // A writer went away between its commit and its answer; or somebody else
                    // writes to the same store.
                    self.catch_up().await?;
                    if event.is_some() {
                        // It is not kept, and whoever tries it again reads the lines before.
                        self.heads.index = StoredHead::read(&**store, INDEX_CHAIN).await?;
                    }
                }
                Err(error.into())
            }
        }
    }
}
