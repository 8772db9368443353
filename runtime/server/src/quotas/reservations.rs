//! Places that are reserved for what is about to be kept.

use std::{hash::Hash, sync::Arc};

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Counts;

/// The reservations of each owner, of one quota: those of groups, or those of partners.
pub(crate) struct Reservations<Owner = GroupId>(Arc<Inner<Owner>>);

struct Inner<Owner> {
    /// Held for a look or a change, never across an await.
    held: Mutex<Counts<Owner>>,
    released: Notify,
}

/// Places of an owner that are reserved. What they were reserved for is either kept when this is dropped, and
/// counted by whoever keeps it, or it is not.
pub(crate) struct Reservation<Owner: Hash + Eq = GroupId> {
    of: Arc<Inner<Owner>>,
    owner: Owner,
    count: usize,
}

impl<Owner> Clone for Reservations<Owner> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Owner: Hash + Eq> Default for Reservations<Owner> {
    fn default() -> Self {
        Self(Arc::new(Inner { held: Mutex::default(), released: Notify::new() }))
    }
}

impl<Owner: Hash + Eq + Clone> Reservations<Owner> {
    /// Reserves some places of an owner, which has `used` of `limit`. Where the last places are reserved, and
    /// nobody knows yet whether they will be used, that is waited for.
    ///
    /// # Errors
    /// The owner has not so many places: how many it uses.
    pub(crate) async fn reserve(
        &self,
        owner: &Owner,
        count: usize,
        limit: usize,
        used: impl Fn() -> usize,
    ) -> Result<Reservation<Owner>, usize> {
        loop {
            let released = self.0.released.notified();
            tokio::pin!(released);
            // Heard from here on: what is released before the wait is not missed.
            released.as_mut().enable();
            if let Some(reserved) = self.try_reserve(owner, count, limit, &used)? {
                return Ok(reserved);
            }
            released.await;
        }
    }

    /// The same without waiting; nothing where it depends on what others have reserved.
    fn try_reserve(
        &self,
        owner: &Owner,
        count: usize,
        limit: usize,
        used: impl Fn() -> usize,
    ) -> Result<Option<Reservation<Owner>>, usize> {
        let mut held = self.0.held.lock();
        // Counted under the lock: nothing that is counted as kept is released before.
        let used = used();
        if used.saturating_add(count) > limit {
            return Err(used);
        }
        let reserved = held.of(owner);
        if used.saturating_add(reserved).saturating_add(count) > limit {
            return Ok(None);
        }
        held.add(owner.clone(), count);
        Ok(Some(Reservation { of: Arc::clone(&self.0), owner: owner.clone(), count }))
    }
}

impl<Owner: Hash + Eq> Reservation<Owner> {
    /// Some of what the places were reserved for is kept.
    pub(crate) fn kept(&mut self, count: usize) {
        self.give_back(count.min(self.count));
    }

    fn give_back(&mut self, count: usize) {
        self.count -= count;
        self.of.held.lock().take(&self.owner, count);
        self.of.released.notify_waiters();
    }
}

impl<Owner: Hash + Eq> Drop for Reservation<Owner> {
    fn drop(&mut self) {
        self.give_back(self.count);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Keeps something after a while, or not, as a request does.
    async fn request(all: Reservations, kept: Arc<AtomicUsize>, works: bool) -> bool {
        let group: GroupId = "water".parse().unwrap();
        let used = || kept.load(Ordering::SeqCst);
        let Ok(mut place) = all.reserve(&group, 1, 10, used).await else { return false };
        tokio::task::yield_now().await;
        if works {
            kept.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            place.kept(1);
        }
        works
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_many_requests_at_once_exactly_so_many_are_taken() {
        let (all, kept) = (Reservations::<GroupId>::default(), Arc::new(AtomicUsize::new(0)));
        let mut requests = tokio::task::JoinSet::new();
        for number in 0..200 {
            requests.spawn(request(all.clone(), Arc::clone(&kept), number % 2 == 0));
        }
        let taken = requests.join_all().await.into_iter().filter(|taken| *taken).count();
        assert_eq!((taken, kept.load(Ordering::SeqCst)), (10, 10));
        assert!(all.0.held.lock().is_empty());
    }

    #[tokio::test]
    async fn a_reservation_that_comes_to_nothing_makes_room() {
        let all = Reservations::<GroupId>::default();
        let (water, street) = ("water".parse().unwrap(), "street".parse().unwrap());
        let first = all.reserve(&water, 2, 2, || 0).await.ok().unwrap();
        // Another group's are its own.
        assert!(all.reserve(&street, 2, 2, || 0).await.is_ok());
        let second = tokio::spawn({
            let (all, water) = (all.clone(), water.clone());
            async move { all.reserve(&water, 1, 2, || 0).await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.unwrap());
        assert_eq!(all.reserve(&water, 1, 2, || 2).await.err(), Some(2));
    }
}
