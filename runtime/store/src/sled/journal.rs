//! The journal that a backup asks for: the changes of each group, handed on once the group is durable.
//!
//! The committer never waits for a backup. Where a backup falls behind by more than is kept in memory, its journal ends
//! without its last word, and the backup is of no use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::change::Change;

/// Most bytes of changes that wait for the backup's disk: some seconds of a busy server.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// Bytes that a change takes in memory beside its key and value, about.
const CHANGE_BYTES: usize = 64;

/// A word of the committer to a backup.
pub(crate) enum Told {
    /// The changes of a group, in the order of groups.
    Changes(Vec<Change>),
    /// All that was asked for is told.
    End,
}

/// A request for a journal, or for its end.
pub(crate) enum JournalRequest {
    Begin(Journal, oneshot::Sender<()>),
    End,
}

/// The end of a journal that the committer has.
pub(crate) struct Journal {
    told: mpsc::UnboundedSender<Told>,
    waiting: Arc<AtomicUsize>,
}

/// The end of a journal that a backup has.
pub(crate) struct JournalReader {
    told: mpsc::UnboundedReceiver<Told>,
    waiting: Arc<AtomicUsize>,
}

/// A journal that nothing is told in yet.
pub(crate) fn journal() -> (Journal, JournalReader) {
    let (tell, told) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Journal { told: tell, waiting: Arc::clone(&waiting) }, JournalReader { told, waiting })
}

/// The journal of the committer, where a backup is under way.
#[derive(Default)]
pub(crate) struct JournalKeeper(Option<Journal>);

impl JournalKeeper {
    pub(crate) fn hear(&mut self, request: JournalRequest) {
        match request {
            JournalRequest::Begin(journal, reply) => {
                self.0 = Some(journal);
                // A backup that has gone is found out with the next group.
                let _ = reply.send(());
            }
            JournalRequest::End => {
                if let Some(journal) = self.0.take() {
                    let _ = journal.told.send(Told::End);
                }
            }
        }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Hands on the changes of a durable group, or gives the journal up.
    pub(crate) fn tell(&mut self, changes: Vec<Change>) {
        let Some(journal) = &self.0 else { return };
        let bytes = size(&changes);
        let waiting = journal.waiting.fetch_add(bytes, Ordering::Relaxed);
        let keeps_up = waiting + bytes <= MAX_WAITING_BYTES;
        if !keeps_up {
            tracing::warn!("a backup ends: its disk is slower than the changes of the store");
        }
        if !keeps_up || journal.told.send(Told::Changes(changes)).is_err() {
            self.0 = None;
        }
    }
}

impl JournalReader {
    /// The next word; `None` where the journal was given up. Blocks until there is one.
    pub(crate) fn next(&mut self) -> Option<Told> {
        let told = self.told.blocking_recv();
        if let Some(Told::Changes(changes)) = &told {
            self.waiting.fetch_sub(size(changes), Ordering::Relaxed);
        }
        told
    }
}

fn size(changes: &[Change]) -> usize {
    let one = |(key, value): &Change| {
        CHANGE_BYTES + key.len() + value.as_ref().map_or(0, |value| value.len())
    };
    changes.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use sled::IVec;

    use super::*;

    fn begun() -> (JournalKeeper, JournalReader) {
        let (journal, reader) = journal();
        let mut keeper = JournalKeeper::default();
        keeper.hear(JournalRequest::Begin(journal, oneshot::channel().0));
        (keeper, reader)
    }

    fn change(bytes: usize) -> Vec<Change> {
        vec![(IVec::from(b"key"), Some(IVec::from(vec![7; bytes])))]
    }

    #[test]
    fn groups_are_told_in_order_and_then_the_end() {
        let (mut keeper, mut reader) = begun();
        for bytes in [1, 2] {
            keeper.tell(change(bytes));
        }
        keeper.hear(JournalRequest::End);
        assert!(!keeper.is_kept());
        for bytes in [1, 2] {
            let Some(Told::Changes(changes)) = reader.next() else { panic!("a group is missing") };
            assert_eq!(changes, change(bytes));
        }
        assert!(matches!(reader.next(), Some(Told::End)));
        assert_eq!(reader.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_backup_that_falls_behind_is_given_up_without_a_last_word() {
        let (mut keeper, mut reader) = begun();
        for _ in 0..3 {
            keeper.tell(change(MAX_WAITING_BYTES / 2 - 1_000));
        }
        assert!(!keeper.is_kept());
        keeper.hear(JournalRequest::End);
        assert!(matches!(reader.next(), Some(Told::Changes(_))));
        assert!(matches!(reader.next(), Some(Told::Changes(_))));
        assert!(reader.next().is_none());
    }

    #[test]
    fn a_backup_that_has_gone_is_forgotten() {
        let (mut keeper, reader) = begun();
        drop(reader);
        keeper.tell(change(1));
        assert!(!keeper.is_kept());
    }
}
