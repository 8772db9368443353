//! Leases: the right to do what only one node may do at a time.
//!
//! A lease lasts by the clock of the backend, so the clocks of nodes need not agree. Its epoch grows with each holder,
//! and each batch of a holder names the row that proves the epoch: a node that was paused, and wakes when another holds
//! the lease, can commit nothing. A node stops by its own monotonic clock well before the lease ends.
//!
//! A store that belongs to one process needs none of this: [`OwnLeases`] gives every lease to that process, and its
//! batches name no row.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use uuid::Uuid;

use crate::batch::Batch;
use crate::bugs::{self, Bug};
use crate::error::StoreError;
use crate::tables;

/// The time that a lease lasts unless it is renewed: the longest that what only one may do stands still after its
/// node died.
pub const LEASE_TIME: Duration = Duration::from_secs(10);

/// The interval at which a holder renews its leases: four times before its own clock stops it.
pub const RENEWAL_PERIOD: Duration = Duration::from_secs(2);

/// The tenths of a lease after which its holder stops by its own clock. The rest is for an answer that was slow to
/// come and for clocks that run at different speeds.
const HOLDERS_TENTHS: u32 = 6;

/// The right to do something alone, until its time is over.
#[derive(Clone, Debug)]
pub struct Lease {
    name: String,
    epoch: u64,
    /// The value of the lease's row while this holder has it; `None` where nobody else can have it.
    proof: Option<Vec<u8>>,
    /// The moment before the backend was asked last.
    asked: Instant,
    lasts: Duration,
}

/// A lease as the backend knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// The name of the lease.
    pub name: String,
    /// The node that has it.
    pub owner: Uuid,
    /// The number of its holders so far.
    pub epoch: u64,
    /// The time that is left by the backend's clock.
    pub left: Duration,
}

/// Leases of nodes that share a store.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Whether other nodes may use the same store at the same time.
    fn is_shared(&self) -> bool;

    /// Takes a lease that is free, over, or the owner's already; `None` while another node has it.
    async fn take(
        &self,
        name: &str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Has a lease last for its whole time again; `None` where it passed on to another node.
    async fn renew(&self, lease: &Lease) -> Result<Option<Lease>, StoreError>;

    /// Gives a lease back, so that another node need not wait until it is over. Changes nothing where it passed on.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Returns all leases that are held, in the order of their names.
    async fn held(&self) -> Result<Vec<HeldLease>, StoreError>;

    /// Returns the moment by the clock by which leases last: one clock for all nodes.
    async fn clock(&self) -> Result<SystemTime, StoreError>;
}

impl Lease {
    /// A lease that others may take once it is over.
    #[cfg(any(feature = "postgres", test))]
    pub(crate) fn shared(
        name: &str,
        epoch: u64,
        owner: Uuid,
        asked: Instant,
        lasts: Duration,
    ) -> Self {
        Self { name: name.to_owned(), epoch, proof: Some(proof(owner, epoch)), asked, lasts }
    }

    /// The same lease after it was renewed.
    #[cfg(feature = "postgres")]
    pub(crate) fn renewed(&self, asked: Instant) -> Self {
        Self { asked, ..self.clone() }
    }

    /// The name of the lease.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of this holder: greater than that of each holder before.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The time for which it was taken, and is renewed.
    #[cfg(feature = "postgres")]
    pub(crate) const fn lasts(&self) -> Duration {
        self.lasts
    }

    /// The value of the row that proves the epoch, where there is one.
    #[cfg(feature = "postgres")]
    pub(crate) fn proof(&self) -> Option<&[u8]> {
        self.proof.as_deref()
    }

    /// Whether the holder may still act, by its own monotonic clock.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.proof.is_none()
            || self.asked.elapsed() < self.lasts * HOLDERS_TENTHS / 10
            || bugs::has(Bug::LeaseEpoch)
    }

    /// Has the whole batch refused with [`StoreError::Conflict`] where the lease passed on to another holder.
    pub fn expect_held(&self, batch: &mut Batch) {
        if let Some(proof) = &self.proof {
            batch.expect_value(tables::LEASES.as_str(), self.name.as_bytes(), proof.clone());
        }
    }
}

/// The value of a lease's row: the owner in 16 bytes, the epoch in 8, big-endian.
#[cfg(any(feature = "postgres", test))]
pub(crate) fn proof(owner: Uuid, epoch: u64) -> Vec<u8> {
    [owner.as_bytes().as_slice(), &epoch.to_be_bytes()].concat()
}

/// Leases of a store that belongs to one process: each is always that process's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnLeases;

#[async_trait]
impl Leases for OwnLeases {
    fn is_shared(&self) -> bool {
        false
    }

    async fn take(
        &self,
        name: &str,
        _owner: Uuid,
        lasts: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let (name, asked) = (name.to_owned(), Instant::now());
        Ok(Some(Lease { name, epoch: 1, proof: None, asked, lasts }))
    }

    async fn renew(&self, lease: &Lease) -> Result<Option<Lease>, StoreError> {
        Ok(Some(lease.clone()))
    }

    async fn release(&self, _lease: &Lease) -> Result<(), StoreError> {
        Ok(())
    }

    async fn held(&self) -> Result<Vec<HeldLease>, StoreError> {
        Ok(Vec::new())
    }

    async fn clock(&self) -> Result<SystemTime, StoreError> {
        Ok(SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::block_on;

    #[test]
    fn a_store_of_one_process_gives_every_lease_and_asks_for_no_proof() {
        block_on(async {
            let leases = OwnLeases;
            let lease = leases.take("expiry", Uuid::now_v7(), Duration::ZERO).await.unwrap();
            let lease = leases.renew(&lease.unwrap()).await.unwrap().unwrap();
            assert!(lease.is_current(), "its own clock does not stop the only holder");
            let mut batch = Batch::new();
            lease.expect_held(&mut batch);
            assert_eq!(batch, Batch::new());
        });
    }

    #[test]
    fn a_holder_stops_before_the_lease_is_over_and_proves_owner_and_epoch() {
        let (owner, lasts) = (Uuid::now_v7(), Duration::from_secs(10));
        let asked = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        assert!(Lease::shared("expiry", 7, owner, asked(5), lasts).is_current());
        let lease = Lease::shared("expiry", 7, owner, asked(6), lasts);
        assert!(!lease.is_current());
        let (mut found, mut expected) = (Batch::new(), Batch::new());
        lease.expect_held(&mut found);
        expected.expect_value("leases", "expiry", proof(owner, 7));
        assert_eq!(found, expected);
        assert_ne!(proof(owner, 7), proof(owner, 8));
    }
}
