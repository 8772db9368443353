//! Leases of nodes that share several databases.
//!
//! The home database says who holds a lease, by its own clock. The row that proves it lies in every database, so that
//! the batch of a holder touches no other one than its own: a lease counts as taken only when its proof is everywhere.
//! A holder before finds its own proof nowhere then, whatever database its batch is for.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use uuid::Uuid;

use super::PlacedStore;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::leases::{HeldLease, Lease, Leases};
use crate::port::Store;
use crate::postgres::PostgresStore;
use crate::tables;

const LEASES: &str = tables::LEASES.as_str();

#[async_trait]
impl Leases for PlacedStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn take(
        &self,
        name: &str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let Some(lease) = self.home().take(name, owner, lasts).await? else { return Ok(None) };
        for further in self.inner.places.databases().iter().skip(1) {
            if !prove(&further.store, &lease).await? {
                return Ok(None);
            }
        }
        Ok(Some(lease))
    }

    async fn renew(&self, lease: &Lease) -> Result<Option<Lease>, StoreError> {
        self.home().renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.home().release(lease).await
    }

    async fn held(&self) -> Result<Vec<HeldLease>, StoreError> {
        self.home().held().await
    }

    async fn clock(&self) -> Result<SystemTime, StoreError> {
        self.home().clock().await
    }
}

/// Writes the proof of a lease into a further database; says whether the lease is still the newest one there.
async fn prove(database: &PostgresStore, lease: &Lease) -> Result<bool, StoreError> {
    let Some(proof) = lease.proof() else { return Ok(true) };
    let key = lease.name().as_bytes();
    loop {
        let before = database.get(LEASES, key).await?;
        if before.as_deref().is_some_and(|before| epoch_of(before) >= lease.epoch()) {
            return Ok(before.as_deref() == Some(proof));
        }
        let mut batch = Batch::new();
        match before {
            Some(before) => batch.expect_value(LEASES, key, before),
            None => batch.expect_absent(LEASES, key),
        };
        batch.put(LEASES, key, proof);
        match database.commit(batch).await {
            Err(StoreError::Conflict { .. }) => {}
            outcome => return outcome.map(|_| true),
        }
    }
}

/// The epoch that a proof names.
fn epoch_of(proof: &[u8]) -> u64 {
    proof.last_chunk().copied().map_or(0, u64::from_be_bytes)
}
