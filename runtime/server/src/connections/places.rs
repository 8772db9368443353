//! Places of connections: a bound in total and by address. Where a bound is reached, the connection that waits
//! for its client and has done so for longest makes room, so that idle ones cannot keep others out.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    client_address::network_of,
    phase::{Phase, Progress},
    settings::ConnectionLimits,
};

/// The places of all connections.
#[derive(Clone)]
pub(super) struct Places(Arc<Shared>);

struct Shared {
    most: usize,
    most_by_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// The number of the next connection: those with lower numbers are older.
    next: u64,
    total: usize,
    /// Those that were told to go, and are not gone.
    leaving: usize,
    by_address: HashMap<IpAddr, Holders>,
}

/// The connections of one address, by their numbers.
#[derive(Default)]
struct Holders {
    all: BTreeMap<u64, Holder>,
    leaving: usize,
}

/// A connection, as its place knows it.
struct Holder {
    progress: Arc<Progress>,
    evicted: Arc<Notify>,
    /// Whether it was told to go; it still counts until it is gone.
    leaves: bool,
}

/// A place; given back when it is dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    address: IpAddr,
    number: u64,
    progress: Arc<Progress>,
    evicted: Arc<Notify>,
}

impl Places {
    pub(super) fn new(limits: &ConnectionLimits) -> Self {
        let (most, most_by_address) = (limits.most, limits.most_by_address);
        Self(Arc::new(Shared { most, most_by_address, taken: Mutex::default() }))
    }

    /// Takes a place, for which another connection may have to go. `None` where all are in the middle of an
    /// answer. For trusted proxies the bound by address does not count: they speak for many.
    pub(super) fn take(&self, address: IpAddr, trusted: bool) -> Option<Place> {
        let address = network_of(address);
        let mut taken = self.0.taken.lock();
        let own = taken.by_address.get(&address).map_or(0, Holders::staying);
        if !trusted && own >= self.0.most_by_address && !taken.evict_of(address) {
            return None;
        }
        if taken.total - taken.leaving >= self.0.most && !taken.evict_any() {
            return None;
        }
        let number = taken.next;
        taken.next += 1;
        taken.total += 1;
        metrics::gauge!("champollion_connections").set(taken.total as f64);
        let (progress, evicted) = (Arc::new(Progress::new()), Arc::new(Notify::new()));
        let holder = Holder {
            progress: Arc::clone(&progress),
            evicted: Arc::clone(&evicted),
            leaves: false,
        };
        taken.by_address.entry(address).or_default().all.insert(number, holder);
        Some(Place { shared: Arc::clone(&self.0), address, number, progress, evicted })
    }

    /// Has a connection go that waits for its client, where there is one.
    pub(super) fn make_room(&self) {
        self.0.taken.lock().evict_any();
    }
}

impl Holders {
    fn staying(&self) -> usize {
        self.all.len() - self.leaving
    }

    /// Tells the oldest connection to go that waits for its client.
    fn evict(&mut self) -> bool {
        // Those that have not said what they want go before those that send a body.
        for waiting in [&[Phase::Idle, Phase::Header][..], &[Phase::Body]] {
            let oldest = self
                .all
                .values_mut()
                .find(|holder| !holder.leaves && waiting.contains(&holder.progress.phase()));
            if let Some(holder) = oldest {
                holder.leaves = true;
                holder.evicted.notify_one();
                self.leaving += 1;
                return true;
            }
        }
        false
    }
}

impl Taken {
    /// Tells the oldest connection of an address to go that waits for its client.
    fn evict_of(&mut self, address: IpAddr) -> bool {
        let evicted = self.by_address.get_mut(&address).is_some_and(Holders::evict);
        self.leaving += usize::from(evicted);
        evicted
    }

    /// The same of the address that has most connections, or else of any.
    fn evict_any(&mut self) -> bool {
        let mut addresses: Vec<(usize, IpAddr)> = self
            .by_address
            .iter()
            .map(|(address, holders)| (holders.staying(), *address))
            .collect();
        addresses.sort_unstable();
        addresses.into_iter().rev().any(|(_, address)| self.evict_of(address))
    }
}

impl Place {
    pub(super) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Waits until the connection has to make room.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.taken.lock();
        taken.total -= 1;
        metrics::gauge!("champollion_connections").set(taken.total as f64);
        let Some(holders) = taken.by_address.get_mut(&self.address) else { return };
        let left = holders.all.remove(&self.number).is_some_and(|holder| holder.leaves);
        holders.leaving -= usize::from(left);
        let is_last = holders.all.is_empty();
        taken.leaving -= usize::from(left);
        if is_last {
            taken.by_address.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn places(most: usize, most_by_address: usize) -> Places {
        Places(Arc::new(Shared { most, most_by_address, taken: Mutex::default() }))
    }

    async fn has_to_go(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(10), place.evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_that_waits_makes_room() {
        let places = places(10, 2);
        let address = "192.0.2.1".parse().unwrap();
        let answering = places.take(address, false).unwrap();
        let answered = answering.progress().request_began();
        answered.body_ended();
        let waiting = places.take(address, false).unwrap();
        let third = places.take(address, false).unwrap();
        assert!(has_to_go(&waiting).await);
        assert!(!has_to_go(&answering).await);
        drop(waiting);
        let also_answered = third.progress().request_began();
        also_answered.body_ended();
        assert!(places.take(address, false).is_none(), "both are answered");
        assert!(places.take(address, true).is_some(), "a proxy speaks for many");
        assert!(places.take("192.0.2.2".parse().unwrap(), false).is_some());
        drop(answering);
        assert!(places.take(address, false).is_some());
    }

    #[tokio::test]
    async fn in_total_the_address_with_most_makes_room() {
        let places = places(3, 10);
        let (many, few) = ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let other = places.take(few, false).unwrap();
        // Another of the same network.
        let first = places.take("2001:db8::2".parse().unwrap(), false).unwrap();
        let second = places.take(many, false).unwrap();
        let third = places.take("192.0.2.2".parse().unwrap(), false).unwrap();
        assert!(has_to_go(&first).await);
        for place in [&other, &second, &third] {
            assert!(!has_to_go(place).await);
        }
    }
}
