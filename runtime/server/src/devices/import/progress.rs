//! The progress of sheets that are imported: counted row by row, and told to the sender alone.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use serde::Serialize;

/// The progress of a sheet.
#[derive(Debug, Default)]
pub struct ImportProgress {
    rows: AtomicUsize,
    judged: AtomicUsize,
    taken: AtomicUsize,
}

/// The progress of a sheet at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportUnderWay {
    /// Whether a sheet of the token is imported, or waits for its turn.
    pub under_way: bool,
    /// The rows of the sheet; 0 until it was read.
    pub rows: usize,
    /// The rows that have a verdict.
    pub judged: usize,
    /// The rows whose verdict was carried out.
    pub taken: usize,
}

/// The sheets that are under way, by the tokens of their senders: the last one of each.
#[derive(Clone, Debug, Default)]
pub struct ImportsUnderWay(Arc<Mutex<HashMap<String, Arc<ImportProgress>>>>);

/// A sheet under way; it is told no longer once this is dropped.
#[derive(Debug)]
pub struct Told {
    of: ImportsUnderWay,
    token: String,
    progress: Arc<ImportProgress>,
}

impl ImportProgress {
    pub(super) fn has_rows(&self, rows: usize) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    pub(super) fn has_judged(&self) {
        self.judged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn has_taken(&self, rows: usize) {
        self.taken.fetch_add(rows, Ordering::Relaxed);
    }
}

impl ImportsUnderWay {
    /// Tells of a sheet of a token from now on.
    #[must_use]
    pub fn begin(&self, token: &str) -> Told {
        let progress = Arc::<ImportProgress>::default();
        self.0.lock().insert(token.to_owned(), Arc::clone(&progress));
        Told { of: self.clone(), token: token.to_owned(), progress }
    }

    /// Returns the progress of the sheet of a token.
    #[must_use]
    pub fn of(&self, token: &str) -> ImportUnderWay {
        let all = self.0.lock();
        let Some(progress) = all.get(token) else { return ImportUnderWay::default() };
        ImportUnderWay {
            under_way: true,
            rows: progress.rows.load(Ordering::Relaxed),
            judged: progress.judged.load(Ordering::Relaxed),
            taken: progress.taken.load(Ordering::Relaxed),
        }
    }
}

impl Told {
    /// The progress that is told.
    #[must_use]
    pub fn progress(&self) -> Arc<ImportProgress> {
        Arc::clone(&self.progress)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let mut all = self.of.0.lock();
        // A later sheet of the same token is told instead.
        if all.get(&self.token).is_some_and(|told| Arc::ptr_eq(told, &self.progress)) {
            all.remove(&self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_told_to_its_token_while_it_is_under_way() {
        let all = ImportsUnderWay::default();
        let first = all.begin("a");
        first.progress().has_rows(3);
        first.progress().has_judged();
        let told = all.of("a");
        assert_eq!((told.under_way, told.rows, told.judged, told.taken), (true, 3, 1, 0));
        assert_eq!(all.of("b"), ImportUnderWay::default());
        let second = all.begin("a");
        drop(first);
        assert!(all.of("a").under_way, "the second one is under way");
        second.progress().has_taken(2);
        assert_eq!(all.of("a").taken, 2);
        drop(second);
        assert_eq!(all.of("a"), ImportUnderWay::default());
    }
}
