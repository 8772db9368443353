//! The places up to which records are kept back for somebody who reads them beside all recipients.

use std::collections::HashMap;

use champollion_store::Sequence;
use parking_lot::Mutex;

use crate::names::GroupId;

/// The records that are kept back, where any are.
#[derive(Default)]
pub(super) struct KeptBack(Mutex<Option<HashMap<GroupId, Places>>>);

/// The places in the log of a group.
#[derive(Clone, Copy)]
struct Places {
    /// The place up to which it was read.
    read: Sequence,
    /// The place up to which all recipients are done with it.
    done: Sequence,
}

impl Default for Places {
    fn default() -> Self {
        Self { read: Sequence::BEGINNING, done: Sequence::BEGINNING }
    }
}

impl Places {
    /// The place up to which records can be removed.
    fn bound(self) -> Sequence {
        self.read.min(self.done)
    }
}

impl KeptBack {
    /// Keeps records back from now on.
    pub(super) fn begin(&self) {
        self.0.lock().get_or_insert_default();
    }

    /// The place up to which records can be removed now that all recipients are done with them up to `done`.
    pub(super) fn bound(&self, group: &GroupId, done: Sequence) -> Sequence {
        let mut groups = self.0.lock();
        let Some(groups) = &mut *groups else { return done };
        let places = groups.entry(group.clone()).or_default();
        places.done = done.max(places.done);
        places.bound()
    }

    /// Notes the place up to which a group was read; returns the one up to which records can be removed, where that is a
    /// later one than before.
    pub(super) fn note(&self, group: &GroupId, read: Sequence) -> Option<Sequence> {
        let mut groups = self.0.lock();
        let places = groups.as_mut()?.entry(group.clone()).or_default();
        let before = places.bound();
        places.read = read;
        Some(places.bound()).filter(|bound| *bound > before)
    }
}
