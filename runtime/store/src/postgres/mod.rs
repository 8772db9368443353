//! The backend for many nodes: one PostgreSQL, on any number of machines.
//!
//! `schema.rs` says how tables and logs lie in the database, `flush.rs` how batches become durable and why that is
//! enough, `committer.rs` what happens when the connection breaks meanwhile, `reading.rs` what readers ask,
//! `sweeper.rs` how space is given back, `leases.rs` what only one node may do, `standing.rs` whether standbys are
//! there, and `prepared.rs` how a transaction waits for those of other databases.

mod address;
mod blobs;
mod chunk;
mod committer;
mod fault;
mod flush;
mod group;
mod leases;
mod options;
mod pool;
mod prepared;
mod reading;
mod schema;
mod session;
mod standing;
mod status;
mod sweeper;
#[cfg(test)]
mod tests;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use deadpool_postgres::{Object, Pool};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::batch::{Batch, Committed};
use crate::error::StoreError;
use crate::limits;
use crate::port::{Entry, Health, KeyValue, LogExtent, Store, Usage};
use crate::sequence::Sequence;

use address::Address;
use committer::{Committer, QUEUE_BATCHES, Request};
use fault::Fault;
use prepared::Preparer;
use status::Status;
use sweeper::Sweeper;

pub use blobs::PostgresBlobs;
pub use options::PostgresOptions;
pub(crate) use prepared::{Ended, Fate, Prepared};
pub use standing::Standing;

/// The time for which the size of the database is not asked for again: it is a look at each of its files.
const USAGE_AGE: Duration = Duration::from_secs(10);

/// Bytes that are told to be free, since a database does not tell. No JSON number loses a digit of it.
const UNKNOWN_FREE_BYTES: u64 = 1 << 53;

/// A store in a PostgreSQL that any number of nodes share. Clones are the same store.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// The database, for people.
    server: String,
    pool: Pool,
    status: Arc<Status>,
    requests: mpsc::Sender<Request>,
    usage: Mutex<Option<(Instant, Usage)>>,
    preparer: Preparer,
}

impl PostgresStore {
    /// Opens a store, making or migrating its tables.
    pub async fn open(options: &PostgresOptions) -> Result<Self, StoreError> {
        let address = Address::parse(options)?;
        let tls = tls::connector(&address)?;
        let server = address.to_string();
        let refused = |fault: Fault| fault.error(&server);
        let mut client = session::connect(&address, tls.clone()).await.map_err(refused)?;
        schema::migrate(&mut client, &server, options.schema).await?;
        warn_of_settings(&client, &server).await?;
        let pool = pool::open(&address, tls.clone(), options.readers)?;
        let (status, sweeper) = (Arc::<Status>::default(), Arc::<Sweeper>::default());
        let (requests, received) = mpsc::channel(QUEUE_BATCHES);
        let sweeping = tokio::spawn(Arc::clone(&sweeper).run(pool.clone())).abort_handle();
        let preparer = Preparer::new(address.clone(), tls.clone(), Arc::clone(&sweeper));
        let committer = Committer {
            address,
            tls,
            node: Uuid::now_v7(),
            status: Arc::clone(&status),
            requests: received,
            sweeper,
            session: None,
            number: 0,
            acknowledged: 0,
            renewal: options.renewal,
            sweeping,
        };
        tokio::spawn(committer.run());
        let usage = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { server, pool, status, requests, usage, preparer }) })
    }

    /// The hosts and the database, without user and password.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.inner.server
    }

    /// The error of a caller whose statement met a fault.
    fn refusal(&self, fault: &Fault) -> StoreError {
        fault.error(&self.inner.server)
    }

    /// Commits a batch that was checked, and may have had something small added since.
    pub(crate) async fn submit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Commit(batch, reply);
        self.inner.requests.send(request).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Fails where the database did not answer when it was asked last, so that nothing waits for it in vain.
    pub(crate) fn check_reachable(&self) -> Result<(), StoreError> {
        if !self.inner.status.is_unreachable() {
            return Ok(());
        }
        let reason = "it did not answer when it was asked last".to_owned();
        Err(StoreError::Unreachable { server: self.inner.server.clone(), reason })
    }

    /// A connection for reading, and for what is no frame.
    async fn connection(&self) -> Result<Object, StoreError> {
        self.inner.status.check_open()?;
        pool::connection(&self.inner.pool).await.map_err(|fault| self.refusal(&fault))
    }

    /// Runs a statement that may be run twice.
    async fn query(
        &self,
        statement: &str,
        parameters: &[pool::Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.inner.status.check_open()?;
        let rows = pool::query(&self.inner.pool, statement, parameters).await;
        rows.map_err(|fault| self.refusal(&fault))
    }

    /// Runs a statement that asks nothing but the server, and gives one row.
    async fn query_row(&self, statement: &str) -> Result<Row, StoreError> {
        let row = self.query(statement, &[]).await?.into_iter().next();
        row.ok_or_else(|| self.refusal(&Fault::Refused("a question gave no row".to_owned())))
    }

    async fn ask_usage(&self) -> Result<Usage, StoreError> {
        let row = self.query_row("SELECT pg_database_size(current_database())").await?;
        let bytes = row.get::<_, i64>(0).unsigned_abs();
        Ok(Usage { used_bytes: bytes, file_bytes: bytes, free_bytes: UNKNOWN_FREE_BYTES })
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostgresStore")
            .field("server", &self.inner.server)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        batch.validate()?;
        self.submit(batch).await
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        limits::check_table(table)?;
        limits::check_key(key)?;
        let rows = self.query(reading::GET, &[&table, &key]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        limits::check_table(table)?;
        let (start, limit) = (reading::start(prefix, after), reading::limit(limit));
        let rows = match reading::end(prefix) {
            Some(end) if end <= start => Vec::new(),
            Some(end) => self.query(reading::SCAN_BEFORE, &[&table, &start, &limit, &end]).await?,
            None => self.query(reading::SCAN, &[&table, &start, &limit]).await?,
        };
        Ok(rows.iter().map(|row| KeyValue { key: row.get(0), value: row.get(1) }).collect())
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        limits::check_log(log)?;
        let (cursor, most) = (reading::cursor(after), reading::limit(limit));
        let rows = self.query(reading::READ, &[&log, &cursor, &most, &reading::BEYOND]).await?;
        reading::entries(&rows, after, limit)
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        limits::check_log(log)?;
        let rows = self.query(reading::EXTENT, &[&log]).await?;
        Ok(rows.first().map(reading::extent).unwrap_or_default())
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (after, limit) = (after.unwrap_or_default(), reading::limit(limit));
        let rows = self.query(reading::LOGS, &[&prefix, &after, &limit]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn health(&self) -> Health {
        self.inner.status.health()
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        let usage = self.known_usage().await?;
        // A database tells that it is full when it is, and not before.
        let free_bytes = if self.is_full() { 0 } else { usage.free_bytes };
        Ok(Usage { free_bytes, ..usage })
    }

    async fn close(&self) -> Result<(), StoreError> {
        let (reply, closed) = oneshot::channel();
        if self.inner.requests.send(Request::Close(reply)).await.is_ok() {
            // No answer means that the committer ended on its own, which is as good.
            let _ = closed.await;
        }
        self.inner.pool.close();
        Ok(())
    }
}

impl PostgresStore {
    /// Whether the database had no room for a change a moment ago.
    pub(crate) fn is_full(&self) -> bool {
        self.inner.status.is_full()
    }

    /// Returns the space as it was asked for last, if the database answers still.
    async fn known_usage(&self) -> Result<Usage, StoreError> {
        let known = *self.inner.usage.lock();
        if let Some((at, usage)) = known
            && at.elapsed() < USAGE_AGE
            && !self.inner.status.is_unreachable()
        {
            let answered = self.query("SELECT 1", &[]).await;
            return self.heard(answered.map(|_| usage));
        }
        let usage = self.heard(self.ask_usage().await)?;
        *self.inner.usage.lock() = Some((Instant::now(), usage));
        Ok(usage)
    }

    /// Notes whether the database answered, for those who ask for the health.
    fn heard<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) => self.inner.status.set_reachable(&self.inner.server, Ok(())),
            Err(StoreError::Unreachable { reason, .. }) => {
                self.inner.status.set_reachable(&self.inner.server, Err(reason));
            }
            Err(_) => {}
        }
        outcome
    }
}

/// Warns where the server is set so that what was acknowledged can be lost.
async fn warn_of_settings(client: &tokio_postgres::Client, server: &str) -> Result<(), StoreError> {
    for setting in ["fsync", "full_page_writes"] {
        let row = client.query_one("SELECT current_setting($1)", &[&setting]).await;
        let row = row.map_err(|error| Fault::from(error).error(server))?;
        if row.get::<_, &str>(0) == "off" {
            tracing::warn!(server, setting, "the database is set to lose what was acknowledged");
        }
    }
    Ok(())
}
