//! Leases by the clock of the database.
//!
//! The row of `leases` says until when; the row of `kv` proves owner and epoch, and changes only when the lease passes
//! on, so that renewals are in the way of no batch.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use uuid::Uuid;

use super::PostgresStore;
use super::fault::Fault;
use crate::bugs::{self, Bug};
use crate::error::StoreError;
use crate::leases::{HeldLease, Lease, Leases, proof};
use crate::tables;

/// With the bug that the epoch is not compared, a renewal comes later by this: what a lead that was paused does until it
/// learns that another one leads is more then.
const LATE: Duration = Duration::from_millis(1_500);

/// Takes a lease that is free, over, or the owner's.
const TAKE: &str = "INSERT INTO leases AS l (name, owner, epoch, ends)
    VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 second')
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = l.epoch + 1, ends = excluded.ends
    WHERE l.owner = excluded.owner OR l.ends <= clock_timestamp() RETURNING epoch";

/// Writes the row that proves a lease.
const PROVE: &str = "INSERT INTO kv (tab, key, value) VALUES ($1, $2, $3)
    ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value";

/// Has a lease last for its whole time again, if it is still the holder's, over or not.
const RENEW: &str = "UPDATE leases SET ends = clock_timestamp() + $4 * interval '1 second'
    WHERE name = $1 AND owner = $2 AND epoch = $3";

/// Ends a lease at once. The row stays, so that epochs only grow.
const RELEASE: &str =
    "UPDATE leases SET ends = clock_timestamp() WHERE name = $1 AND owner = $2 AND epoch = $3";

/// Lists the leases that are not over.
const HELD: &str = "SELECT name, owner, epoch, extract(epoch FROM ends - clock_timestamp())::float8
    FROM leases WHERE ends > clock_timestamp() ORDER BY name COLLATE \"C\"";

/// Asks for the clock by which leases last, which goes on within a transaction.
const CLOCK: &str = "SELECT clock_timestamp()";

impl PostgresStore {
    /// Runs a statement about a lease that this node has; false where it has it no more.
    async fn change(
        &self,
        statement: &str,
        lease: &Lease,
        lasts: Option<f64>,
    ) -> Result<bool, StoreError> {
        let Some(owner) = lease.proof().and_then(|proof| proof.first_chunk::<16>()) else {
            return Ok(true);
        };
        let (name, owner) = (lease.name(), Uuid::from_bytes(*owner));
        let epoch = i64::try_from(lease.epoch()).unwrap_or(i64::MAX);
        let client = self.connection().await?;
        let changed = match &lasts {
            Some(lasts) => client.execute(statement, &[&name, &owner, &epoch, lasts]).await,
            None => client.execute(statement, &[&name, &owner, &epoch]).await,
        };
        changed.map(|rows| rows == 1).map_err(|error| self.refusal(&Fault::from(error)))
    }

    async fn take_once(
        &self,
        name: &str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<Option<i64>, StoreError> {
        let refused = |error: tokio_postgres::Error| self.refusal(&Fault::from(error));
        let mut client = self.connection().await?;
        let transaction = client.transaction().await.map_err(refused)?;
        let row = transaction
            .query_opt(TAKE, &[&name, &owner, &lasts.as_secs_f64()])
            .await
            .map_err(refused)?;
        let Some(row) = row else { return Ok(None) };
        let epoch: i64 = row.get(0);
        let (table, value) = (tables::LEASES.as_str(), proof(owner, epoch.unsigned_abs()));
        transaction.execute(PROVE, &[&table, &name.as_bytes(), &value]).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(Some(epoch))
    }
}

#[async_trait]
impl Leases for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn take(
        &self,
        name: &str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let asked = Instant::now();
        let epoch = self.take_once(name, owner, lasts).await?;
        Ok(epoch.map(|epoch| Lease::shared(name, epoch.unsigned_abs(), owner, asked, lasts)))
    }

    async fn renew(&self, lease: &Lease) -> Result<Option<Lease>, StoreError> {
        if bugs::has(Bug::LeaseEpoch) {
            tokio::time::sleep(LATE).await;
        }
        let asked = Instant::now();
        let is_held = self.change(RENEW, lease, Some(lease.lasts().as_secs_f64())).await?;
        Ok(is_held.then(|| lease.renewed(asked)))
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.change(RELEASE, lease, None).await.map(drop)
    }

    async fn held(&self) -> Result<Vec<HeldLease>, StoreError> {
        let rows = self.query(HELD, &[]).await?;
        let lease = |row: &tokio_postgres::Row| HeldLease {
            name: row.get(0),
            owner: row.get(1),
            epoch: row.get::<_, i64>(2).unsigned_abs(),
            left: Duration::try_from_secs_f64(row.get(3)).unwrap_or_default(),
        };
        Ok(rows.iter().map(lease).collect())
    }

    async fn clock(&self) -> Result<SystemTime, StoreError> {
        Ok(self.query_row(CLOCK).await?.get(0))
    }
}
