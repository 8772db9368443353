//! The places of the pool: who finds none free waits for one.
//!
//! The pool itself would refuse the instance, and a busy machine would turn a good frame into a
//! failure. A call ends by fuel, so the wait is some milliseconds at most for each call ahead.

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Counts the places of a pool.
pub(crate) struct Slots {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: u32,
    /// The number of threads that wait. To wake nobody costs a system call too.
    waiting: u32,
}

/// A place, free again when this is dropped. It must live longer than the instance.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Self { state: Mutex::new(State { free: count, waiting: 0 }), freed: Condvar::new() }
    }

    /// Takes a place, or waits for one.
    pub(crate) fn take(&self) -> Slot<'_> {
        let mut state = self.state();
        while state.free == 0 {
            state.waiting += 1;
            self.freed.wait(&mut state);
            state.waiting -= 1;
        }
        state.free -= 1;
        Slot(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing can panic while it is locked; were it so, the numbers would still be right.
        self.state.lock()
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.free += 1;
        if state.waiting > 0 {
            self.0.freed.notify_one();
        }
    }
}
