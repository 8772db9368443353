//! The view of readers: the durable state, also while a group of batches is being written.
//!
//! sled shows a change as soon as it is applied, which is before it is durable. So the committer
//! first puts the old values of all keys that its group touches into a *veil*, through which readers
//! look, and takes it away when the group is on the disk. If the disk fails the veil stays.
//!
//! The lock is a std one: it is held without awaiting, by readers for one bounded read, by the
//! committer only to swap the veil. sled's own lock is never waited for while this one is held for
//! writing, so the two cannot block each other.

use std::collections::BTreeMap;
use std::ops::Bound;

use parking_lot::{RwLock, RwLockReadGuard};
use sled::{Db, IVec};

use super::{keys, sled_error};
use crate::error::StoreError;

/// The durable values of keys that are being changed; `None` where there is none.
pub(crate) type Veil = BTreeMap<Vec<u8>, Option<IVec>>;

/// A key and its stored value.
pub(crate) type Pair = (IVec, IVec);

pub(crate) struct View {
    state: RwLock<State>,
}

/// The durable state. The committer waits while it is looked at.
pub(crate) struct State {
    /// The database; `None` once closed.
    db: Option<Db>,
    veil: Veil,
}

impl View {
    pub(crate) fn new(db: Db) -> Self {
        Self { state: RwLock::new(State { db: Some(db), veil: Veil::new() }) }
    }

    pub(crate) fn set_veil(&self, veil: Veil) {
        let mut state = self.state.write();
        let old = std::mem::replace(&mut state.veil, veil);
        drop(state);
        // Thousands of keys: dropped where no reader waits.
        drop(old);
    }

    /// Lets go of the database, so that the folder can be opened again.
    pub(crate) fn close(&self) {
        let mut state = self.state.write();
        let db = state.db.take();
        drop(state);
        drop(db);
    }

    /// The state as it is now, for several questions to the same one.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read().get(key)
    }

    /// The pairs from `start` on and before `end`, in order, at most `limit`.
    pub(crate) fn range(
        &self,
        start: Bound<Vec<u8>>,
        end: Bound<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.read().range(start, end, limit, |_| Ok(1))
    }
}

impl State {
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db.as_ref().ok_or(StoreError::Closed)?;
        let stored = match self.veil.get(key) {
            Some(durable) => durable.clone(),
            None => db.get(key).map_err(sled_error)?,
        };
        stored.map(|stored| keys::unwrap(key, &stored).map(<[u8]>::to_vec)).transpose()
    }

    /// The pairs from `start` on and before `end`, in order, until they hold `limit` things by the count of
    /// `things`, which takes a key.
    pub(crate) fn range(
        &self,
        start: Bound<Vec<u8>>,
        end: Bound<Vec<u8>>,
        mut limit: usize,
        things: impl Fn(&[u8]) -> Result<usize, StoreError>,
    ) -> Result<Vec<Pair>, StoreError> {
        let db = self.db.as_ref().ok_or(StoreError::Closed)?;
        if is_empty(&start, &end) {
            return Ok(Vec::new());
        }
        let bounds = (start, end);
        let mut veiled = self.veil.range(bounds.clone()).peekable();
        let mut stored = db.range(bounds);
        let mut next_stored = stored.next().transpose().map_err(sled_error)?;
        let mut pairs = Vec::new();
        while limit > 0 {
            let next_is_veiled = match (veiled.peek(), &next_stored) {
                (None, None) => break,
                (Some((key, _)), Some((stored_key, _))) => key.as_slice() <= stored_key.as_ref(),
                (veiled_key, _) => veiled_key.is_some(),
            };
            if !next_is_veiled {
                if let Some((key, value)) = next_stored.take() {
                    limit = limit.saturating_sub(things(&key)?);
                    pairs.push((key, value));
                }
                next_stored = stored.next().transpose().map_err(sled_error)?;
                continue;
            }
            if let Some((key, durable)) = veiled.next() {
                if next_stored.as_ref().is_some_and(|(stored_key, _)| stored_key == key) {
                    next_stored = stored.next().transpose().map_err(sled_error)?;
                }
                if let Some(value) = durable {
                    limit = limit.saturating_sub(things(key)?);
                    pairs.push((IVec::from(key.as_slice()), value.clone()));
                }
            }
        }
        Ok(pairs)
    }
}

/// Whether no key lies between the bounds: `BTreeMap::range` panics on some of these.
fn is_empty(start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (
            Bound::Included(start) | Bound::Excluded(start),
            Bound::Included(end) | Bound::Excluded(end),
        ) => start >= end,
    }
}
