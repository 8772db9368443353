//! The one place where a session's FCnt moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{mic::Mic, session::SessionState};

/// A session's counter, shared by the table and by a claim that is pending.
///
/// At most one claim of a session is pending at a time. Were two allowed, a newer one could be
/// confirmed while an older one is dropped: the older frame, never stored, would then be below
/// the last FCnt and its retry refused for ever.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: SessionState,
    /// The FCnt of an uplink that was verified and is not durable yet.
    pending: Option<u32>,
}

/// The FCnt of one uplink, held until it is kept or dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    counter: Counter,
    next_state: SessionState,
    kept: bool,
}

impl Counter {
    pub(crate) fn new(state: SessionState) -> Self {
        Self(Arc::new(Mutex::new(Progress { state, pending: None })))
    }

    pub(crate) fn state(&self) -> SessionState {
        self.lock().state
    }

    /// Moves on to `state` if that is ahead. A counter never goes back: that would let every
    /// frame since then be played again.
    pub(crate) fn advance(&self, state: SessionState) {
        self.lock().advance(state);
    }

    /// Nothing can come between what is read from the guard and
    /// [`reserve`](Self::reserve) with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Progress> {
        // No code that can panic runs between two changes that belong together, so the values are
        // whole even when a thread panicked with the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds `f_cnt`, which the caller found to be fresh and of the right MIC under this guard.
    ///
    /// # Errors
    /// The FCnt that is pending already.
    pub(crate) fn reserve(
        &self,
        mut progress: MutexGuard<'_, Progress>,
        f_cnt: u32,
        mic: Mic,
    ) -> Result<Reservation, u32> {
        if let Some(pending) = progress.pending {
            return Err(pending);
        }
        progress.pending = Some(f_cnt);
        Ok(Reservation {
            counter: self.clone(),
            next_state: SessionState { last_f_cnt: Some(f_cnt), last_mic: Some(mic) },
            kept: false,
        })
    }
}

impl Progress {
    pub(crate) fn state(&self) -> SessionState {
        self.state
    }

    fn advance(&mut self, state: SessionState) {
        // None, no frame yet, orders below every FCnt.
        if state.last_f_cnt > self.state.last_f_cnt {
            self.state = state;
        }
    }
}

impl Reservation {
    pub(crate) fn next_state(&self) -> SessionState {
        self.next_state
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut progress = self.counter.lock();
        if self.kept {
            progress.advance(self.next_state);
        }
        progress.pending = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(f_cnt: u32) -> SessionState {
        SessionState { last_f_cnt: Some(f_cnt), last_mic: Some(Mic::from_bytes([f_cnt as u8; 4])) }
    }

    fn reserve(counter: &Counter, f_cnt: u32) -> Result<Reservation, u32> {
        counter.reserve(counter.lock(), f_cnt, Mic::from_bytes([f_cnt as u8; 4]))
    }

    #[test]
    fn one_reservation_at_a_time() {
        let counter = Counter::new(at(1));
        let two = reserve(&counter, 2).unwrap();
        assert_eq!(reserve(&counter, 2).unwrap_err(), 2);
        assert_eq!(reserve(&counter, 3).unwrap_err(), 2);
        assert_eq!(counter.state(), at(1));

        drop(two);
        assert_eq!(counter.state(), at(1));

        reserve(&counter, 3).unwrap().keep();
        assert_eq!(counter.state(), at(3));
        assert!(reserve(&counter, 4).is_ok());
    }

    #[test]
    fn a_counter_never_goes_back() {
        let counter = Counter::new(SessionState::default());
        counter.advance(at(0));
        assert_eq!(counter.state(), at(0));
        counter.advance(at(7));
        counter.advance(at(6));
        counter.advance(SessionState::default());
        assert_eq!(counter.state(), at(7));

        let eight = reserve(&counter, 8).unwrap();
        counter.advance(at(100));
        eight.keep();
        assert_eq!(counter.state(), at(100));
    }

    #[test]
    fn a_panic_with_the_lock_held_stops_no_later_uplink() {
        let counter = Counter::new(at(1));
        let panicking = std::thread::spawn({
            let counter = counter.clone();
            move || {
                let _guard = counter.lock();
                panic!("while holding the counter, as the test wants it");
            }
        });
        assert!(panicking.join().is_err());
        reserve(&counter, 2).unwrap().keep();
        assert_eq!(counter.state(), at(2));
    }
}
