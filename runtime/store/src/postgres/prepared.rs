//! Transactions that are prepared: durable, with all their locks, until it is said what becomes of them.
//!
//! A batch that touches several databases is prepared in each but one, and that one decides. What was prepared outlives
//! the connection, the process and the server; it is ended by its name, over any connection of the same role. It is
//! prepared on a connection of its own, so that frames never wait behind a batch that waits for a lock.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresStore;
use super::address::Address;
use super::fault::Fault;
use super::flush::{Ending, Flushed, Unfinished, flush};
use super::session::Session;
use super::sweeper::Sweeper;
use crate::batch::{Batch, Committed};
use crate::error::StoreError;

/// The time for which a transaction is tried again that could not be begun.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The time that an attempt to connect takes at most.
const CONNECT_TIME: Duration = Duration::from_millis(1_200);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks how many transactions the server keeps prepared at most.
const MOST: &str = "SELECT current_setting('max_prepared_transactions')::integer";

/// Lists the names of prepared transactions of this database that have waited for some time.
const WAITING: &str = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()
    AND starts_with(gid, $1) AND prepared <= clock_timestamp() - $2 * interval '1 second' ORDER BY prepared, gid";

/// The one connection of a node on which it prepares transactions in a database.
pub(super) struct Preparer {
    address: Address,
    tls: MakeRustlsConnect,
    sweeper: Arc<Sweeper>,
    session: Mutex<Option<Session>>,
}

/// A batch that is prepared.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The receipt of the batch, once it is committed.
    pub(crate) committed: Committed,
    /// The logs of which it truncates entries.
    truncated: Vec<i64>,
}

/// The outcome of ending what was prepared under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was there, and is ended.
    Now,
    /// Nothing is prepared under the name: it was ended before.
    Before,
    /// Somebody else ends it at this moment.
    Elsewhere,
}

/// The fate of a prepared transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is seen from now on.
    Commit,
    /// Nothing of it is left.
    Undo,
}

impl Preparer {
    pub(super) fn new(address: Address, tls: MakeRustlsConnect, sweeper: Arc<Sweeper>) -> Self {
        Self { address, tls, sweeper, session: Mutex::default() }
    }

    async fn prepare(&self, batch: &[Batch], name: &str) -> Result<Flushed, Fault> {
        let mut kept = self.session.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fault = match self.attempt(&mut kept, batch, name).await {
                Ok(flushed) => return Ok(flushed),
                // It may be there or not: whoever decides does so against it.
                Err(Unfinished::Unknown(_, fault)) => return Err(fault),
                Err(Unfinished::Not(fault)) => fault,
            };
            let is_passing = matches!(fault, Fault::Lost(_) | Fault::Again);
            if !is_passing || Instant::now() + PAUSE >= deadline {
                return Err(fault);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Prepares a transaction once. The connection is kept where it is of use for the next one.
    async fn attempt(
        &self,
        kept: &mut Option<Session>,
        batch: &[Batch],
        name: &str,
    ) -> Result<Flushed, Unfinished> {
        let mut session = match kept.take().filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => self.connect().await?,
        };
        let flushed = flush(&mut session, batch, Ending::Prepare { name }).await;
        let is_open = match &flushed {
            // The connection is of no use any more.
            Err(Unfinished::Unknown(..) | Unfinished::Not(Fault::Lost(_))) => return flushed,
            Err(Unfinished::Not(_)) => true,
            Ok(flushed) => flushed.answers.iter().any(Result::is_err),
        };
        if !is_open || session.client.batch_execute("ROLLBACK").await.is_ok() {
            *kept = Some(session);
        }
        flushed
    }

    async fn connect(&self) -> Result<Session, Fault> {
        let opening = Session::open_to_prepare(&self.address, self.tls.clone());
        match timeout(CONNECT_TIME, opening).await {
            Ok(session) => session,
            Err(_) => Err(Fault::Lost("no answer".to_owned())),
        }
    }
}

impl PostgresStore {
    /// Returns how many transactions the server keeps prepared at most.
    pub(crate) async fn most_prepared(&self) -> Result<i32, StoreError> {
        Ok(self.query_row(MOST).await?.get(0))
    }

    /// Prepares a batch under a name. It is durable then, and its rows and logs are locked, and nobody sees it. Where the
    /// database cannot be reached, it may be prepared or not.
    pub(crate) async fn prepare(&self, batch: Batch, name: &str) -> Result<Prepared, StoreError> {
        self.inner.status.check_open()?;
        if self.inner.status.has_failed() {
            return Err(self.refusal(&Fault::SetBack));
        }
        let preparer = &self.inner.preparer;
        let flushed = preparer.prepare(&[batch], name).await.map_err(|fault| {
            if matches!(fault, Fault::Full(_)) {
                self.inner.status.set_full();
            }
            self.refusal(&fault)
        })?;
        let Flushed { answers, truncated } = flushed;
        let no_answer = || self.refusal(&Fault::Refused("a batch got no answer".to_owned()));
        let committed = answers.into_iter().next().ok_or_else(no_answer)??;
        Ok(Prepared { committed, truncated })
    }

    /// Gives the space back of what a batch truncated that was prepared, and is committed now.
    pub(crate) fn sweep(&self, prepared: &Prepared) {
        self.inner.preparer.sweeper.sweep(prepared.truncated.clone());
    }

    /// Ends what was prepared under a name. Tried once: callers know whether and for how long to try again.
    pub(crate) async fn end(&self, name: &str, fate: Fate) -> Result<Ended, StoreError> {
        let words = match fate {
            Fate::Commit => "COMMIT PREPARED",
            Fate::Undo => "ROLLBACK PREPARED",
        };
        // Such a statement takes no parameters. Names are made here, of letters, digits, slashes and hyphens.
        let statement = format!("{words} '{name}'");
        let Err(error) = self.connection().await?.batch_execute(&statement).await else {
            return Ok(Ended::Now);
        };
        match error.code() {
            Some(&SqlState::UNDEFINED_OBJECT) => Ok(Ended::Before),
            Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) => Ok(Ended::Elsewhere),
            _ => Err(self.refusal(&Fault::from(error))),
        }
    }

    /// Returns the names that begin with `prefix` of what has been prepared for some time.
    pub(crate) async fn prepared(
        &self,
        prefix: &str,
        waiting: Duration,
    ) -> Result<Vec<String>, StoreError> {
        // Asked again and again, so that those who commit know whether the database answers.
        let rows = self.heard(self.query(WAITING, &[&prefix, &waiting.as_secs_f64()]).await)?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
