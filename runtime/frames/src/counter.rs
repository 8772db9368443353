//! The one place where a session's FCnt moves.
//!
//! A device that joined has two sessions for a while: the one it had, and the one it was offered,
//! which takes over with its first uplink. Both together have one pending claim at most, and the
//! moment at which the newer one is confirmed is the last of the older.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

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
    /// The FCnt of an uplink that was verified and is not durable yet, of this session or of the one
    /// that is to take over.
    pending: Option<u32>,
    /// Another session took over.
    retired: bool,
}

/// The FCnt of one uplink, held until it is kept or dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    counter: Counter,
    /// The session that ends with this uplink.
    predecessor: Option<Counter>,
    next_state: SessionState,
    /// The device's counter started over: the state goes back.
    starts_over: bool,
    kept: bool,
}

/// An uplink that is about to be reserved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fresh {
    pub(crate) f_cnt: u32,
    pub(crate) mic: Mic,
    /// Whether the session's device may start its counter over.
    pub(crate) allows_counter_reset: bool,
    /// Whether it did with this uplink.
    pub(crate) starts_over: bool,
}

impl Counter {
    pub(crate) fn new(state: SessionState) -> Self {
        Self(Arc::new(Mutex::new(Progress { state, pending: None, retired: false })))
    }

    pub(crate) fn state(&self) -> SessionState {
        self.lock().state
    }

    /// Moves on to `state` if that is ahead. A counter never goes back: that would let every
    /// frame since then be played again.
    pub(crate) fn advance(&self, state: SessionState) {
        self.lock().advance(state);
    }

    /// Whether another session took over.
    pub(crate) fn is_retired(&self) -> bool {
        self.lock().retired
    }

    /// Nothing can come between what is read from the guard and
    /// [`reserve`](Self::reserve) with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Progress> {
        // No code that can panic runs between two changes that belong together, so the values are
        // whole even when a thread panicked with the lock.
        self.0.lock()
    }

    /// Holds the FCnt of an uplink that the caller found to be fresh and of the right MIC under this
    /// guard. `predecessor` is the session that this one takes over from with its first uplink.
    ///
    /// # Errors
    /// The FCnt that is pending already.
    pub(crate) fn reserve(
        &self,
        mut progress: MutexGuard<'_, Progress>,
        fresh: Fresh,
        predecessor: Option<&Self>,
    ) -> Result<Reservation, u32> {
        if let Some(pending) = progress.pending {
            return Err(pending);
        }
        let predecessor = match predecessor.map(|older| (older, older.lock())) {
            // Locked in this order alone, newer before older, so that nobody waits in a circle.
            Some((older, mut progress)) if !progress.retired => {
                if let Some(pending) = progress.pending {
                    return Err(pending);
                }
                progress.pending = Some(fresh.f_cnt);
                Some(older.clone())
            }
            _ => None,
        };
        let Fresh { f_cnt, mic, allows_counter_reset, starts_over } = fresh;
        progress.pending = Some(f_cnt);
        Ok(Reservation {
            counter: self.clone(),
            predecessor,
            next_state: progress.state.after(f_cnt, mic, allows_counter_reset),
            starts_over,
            kept: false,
        })
    }
}

impl Progress {
    pub(crate) fn state(&self) -> SessionState {
        self.state
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired
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

    pub(crate) fn is_of(&self, counter: &Counter) -> bool {
        Arc::ptr_eq(&self.counter.0, &counter.0)
    }

    /// Whether a session ends with this uplink, since this is the first of the next.
    pub(crate) fn takes_over(&self) -> bool {
        self.predecessor.is_some()
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut progress = self.counter.lock();
        if self.kept {
            if self.starts_over {
                progress.state = self.next_state;
            } else {
                progress.advance(self.next_state);
            }
        }
        progress.pending = None;
        if let Some(predecessor) = &self.predecessor {
            let mut progress = predecessor.lock();
            progress.pending = None;
            progress.retired |= self.kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(f_cnt: u32) -> SessionState {
        SessionState::default().after(f_cnt, Mic::from_bytes([f_cnt as u8; 4]), false)
    }

    fn fresh(f_cnt: u32) -> Fresh {
        let mic = Mic::from_bytes([f_cnt as u8; 4]);
        Fresh { f_cnt, mic, allows_counter_reset: false, starts_over: false }
    }

    fn reserve(counter: &Counter, f_cnt: u32) -> Result<Reservation, u32> {
        counter.reserve(counter.lock(), fresh(f_cnt), None)
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
    fn a_counter_goes_back_only_when_it_starts_over() {
        let counter = Counter::new(at(100));
        let starts_over = Fresh { starts_over: true, ..fresh(3) };
        counter.reserve(counter.lock(), starts_over, None).unwrap().keep();
        assert_eq!(counter.state(), at(3));
    }

    #[test]
    fn of_two_sessions_of_a_device_one_claim_is_pending_and_the_older_ends() {
        let (older, newer) = (Counter::new(at(100)), Counter::new(SessionState::default()));
        let take_over = || newer.reserve(newer.lock(), fresh(0), Some(&older));

        let pending = reserve(&older, 101).unwrap();
        assert_eq!(take_over().unwrap_err(), 101);
        drop(pending);

        let first = take_over().unwrap();
        assert!(first.takes_over());
        assert_eq!(reserve(&older, 101).unwrap_err(), 0);
        drop(first);
        assert!(!older.is_retired());
        reserve(&older, 101).unwrap().keep();

        take_over().unwrap().keep();
        assert!(older.is_retired());
        assert_eq!((older.state(), newer.state()), (at(101), at(0)));
        let second = newer.reserve(newer.lock(), fresh(1), Some(&older)).unwrap();
        assert!(!second.takes_over(), "once is enough");
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
