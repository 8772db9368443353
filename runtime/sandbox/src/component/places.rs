//! The places of the pool: who may make an instance now, and who may keep one.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{
    engine::{FRESH_INSTANCES, KEPT_INSTANCES},
    slots::{Slot, Slots},
};

/// Shared by all decoders of a sandbox.
pub(crate) struct Places {
    fresh: Slots,
    kept: AtomicU32,
}

impl Places {
    pub(crate) fn new() -> Self {
        Self { fresh: Slots::new(FRESH_INSTANCES), kept: AtomicU32::new(0) }
    }

    /// Waits until an instance may be made. The place is given back when it is dropped, which must
    /// be after the instance.
    pub(crate) fn make(&self) -> Slot<'_> {
        self.fresh.take()
    }

    /// Takes a place for an instance that is kept; `false` where there are as many as may be.
    pub(crate) fn keep(&self) -> bool {
        let add = |kept| (kept < KEPT_INSTANCES).then_some(kept + 1);
        self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    /// Gives back so many places of instances that were kept and are dropped.
    pub(crate) fn give_back(&self, count: u32) {
        self.kept.fetch_sub(count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_kept_than_there_are_places() {
        let places = Places::new();
        assert!((0..KEPT_INSTANCES).all(|_| places.keep()));
        assert!(!places.keep());
        places.give_back(2);
        assert!(places.keep() && places.keep() && !places.keep());
    }
}
