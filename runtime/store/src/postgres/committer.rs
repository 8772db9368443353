//! The one task of a node that writes.
//!
//! Batches wait in a bounded queue. The task takes those that are there, makes them durable in one transaction, and
//! only then answers: while the database is busy with one group the next one gathers. The task has a connection of
//! its own, and nothing that it does is ever cancelled by who waits for it.
//!
//! Where the connection breaks after COMMIT was sent, nobody is answered yet: the task connects again and reads the
//! number of the last transaction of this node, whose row that transaction has locked from its beginning. The number
//! says whether the batches are there; where they are not, they are done once more.
//!
//! Each transaction looks whether the number in that row is at least the last one of which this node was told. Where it
//! is less, the database was set back, and has lost what was acknowledged: nothing is written any more, since this
//! process would go on from a memory that is later than the database, and sequences that it has read would come a
//! second time. A node that leaves removes the rows of those that have written nothing for a week, so one that has nothing
//! to write, as into one of several databases, renews its row.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use super::address::Address;
use super::fault::Fault;
use super::flush::{Ending, Flushed, Unfinished, flush};
use super::session::Session;
use super::status::Status;
use super::sweeper::Sweeper;
use crate::batch::{Batch, Committed};
use crate::error::StoreError;

/// Most batches that share a transaction.
const MAX_GROUP_BATCHES: usize = 1_024;

/// Most bytes that share a transaction (a larger batch goes alone).
const MAX_GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Batches that may wait before a caller has to: one group gathers while another is written.
pub(super) const QUEUE_BATCHES: usize = 2 * MAX_GROUP_BATCHES;

/// The time for which a group waits for a database that does not answer, before its callers are told.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// … where the group before it has waited already.
const NO_PATIENCE: Duration = Duration::from_millis(300);

/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(100);

/// Attempts at a transaction that others are in the way of.
const MAX_ATTEMPTS: u32 = 20;

pub(super) type Reply = oneshot::Sender<Result<Committed, StoreError>>;

/// A request to the committer.
pub(super) enum Request {
    /// Make a batch durable.
    Commit(Batch, Reply),
    /// Finish what came before.
    Close(oneshot::Sender<()>),
}

pub(super) struct Committer {
    pub(super) address: Address,
    pub(super) tls: MakeRustlsConnect,
    pub(super) node: Uuid,
    pub(super) status: Arc<Status>,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) sweeper: Arc<Sweeper>,
    pub(super) session: Option<Session>,
    /// The number of the last transaction.
    pub(super) number: i64,
    /// The number of the last one that is known to be there.
    pub(super) acknowledged: i64,
    /// The time after which the row of this node is renewed where nothing was written.
    pub(super) renewal: Duration,
    /// The task that removes truncated entries, which ends with this one.
    pub(super) sweeping: AbortHandle,
}

/// The end of one attempt.
enum Attempt {
    Done(Flushed),
    Again(Fault),
    Failed(Fault),
}

impl Committer {
    /// Serves until asked to close, or until the store is dropped.
    pub(super) async fn run(mut self) {
        let mut closing = None;
        while closing.is_none() {
            match timeout(self.renewal, self.requests.recv()).await {
                Ok(Some(Request::Commit(batch, reply))) => {
                    let group = self.gather(batch, reply, &mut closing);
                    self.serve(group).await;
                }
                Ok(Some(Request::Close(reply))) => closing = Some(reply),
                Ok(None) => break,
                // A transaction of no batch writes the row alone. Where none was tried yet, there is no row.
                Err(_) if self.number > 0 => self.serve(Vec::new()).await,
                Err(_) => {}
            }
        }
        self.status.close();
        self.forget_node().await;
        self.sweeping.abort();
        if let Some(reply) = closing {
            // The one who asked may have stopped waiting.
            let _ = reply.send(());
        }
    }

    /// The batches that are already waiting, up to the limits of a group.
    fn gather(
        &mut self,
        batch: Batch,
        reply: Reply,
        closing: &mut Option<oneshot::Sender<()>>,
    ) -> Vec<(Batch, Reply)> {
        let mut bytes = batch.size();
        let mut batches = vec![(batch, reply)];
        while batches.len() < MAX_GROUP_BATCHES && bytes < MAX_GROUP_BYTES {
            match self.requests.try_recv() {
                Ok(Request::Commit(batch, reply)) => {
                    bytes += batch.size();
                    batches.push((batch, reply));
                }
                Ok(Request::Close(reply)) => {
                    *closing = Some(reply);
                    break;
                }
                Err(_) => break,
            }
        }
        batches
    }

    /// Makes a group durable and answers its callers.
    async fn serve(&mut self, group: Vec<(Batch, Reply)>) {
        let (batches, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        self.status.set_busy(true);
        let outcome = self.write(&batches).await;
        self.status.set_busy(false);
        match outcome {
            Ok(Flushed { answers, truncated }) => {
                self.sweeper.sweep(truncated);
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // The caller may have stopped waiting; its batch is durable all the same.
                    let _ = reply.send(answer);
                }
            }
            Err(fault) => {
                let server = self.address.to_string();
                match &fault {
                    Fault::Full(_) => self.status.set_full(),
                    Fault::SetBack => self.status.fail(&fault.error(&server)),
                    _ => {}
                }
                for reply in replies {
                    let _ = reply.send(Err(fault.error(&server)));
                }
            }
        }
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<Flushed, Fault> {
        if self.status.has_failed() {
            return Err(Fault::SetBack);
        }
        let patience = if self.status.is_unreachable() { NO_PATIENCE } else { PATIENCE };
        let deadline = Instant::now() + patience;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(batches, deadline).await {
                Attempt::Done(flushed) => {
                    self.acknowledged = self.number;
                    return Ok(flushed);
                }
                Attempt::Again(fault @ Fault::Lost(_)) if Instant::now() >= deadline => {
                    return Err(fault);
                }
                Attempt::Again(_) if attempts < MAX_ATTEMPTS => {}
                Attempt::Again(fault) | Attempt::Failed(fault) => return Err(fault),
            }
        }
    }

    async fn attempt(&mut self, batches: &[Batch], deadline: Instant) -> Attempt {
        self.number += 1;
        let (node, number, after) = (self.node, self.number, self.acknowledged);
        let session = match self.session(deadline).await {
            Ok(session) => session,
            Err(fault @ Fault::Lost(_)) => return Attempt::Again(fault),
            Err(fault) => return Attempt::Failed(fault),
        };
        match flush(session, batches, Ending::Commit { node, number, after }).await {
            Ok(flushed) => Attempt::Done(flushed),
            Err(Unfinished::Unknown(flushed, fault)) => {
                self.session = None;
                self.decide(flushed, fault, deadline).await
            }
            Err(Unfinished::Not(fault @ Fault::Lost(_))) => {
                self.session = None;
                Attempt::Again(fault)
            }
            Err(Unfinished::Not(fault)) => {
                if session.client.batch_execute("ROLLBACK").await.is_err() {
                    self.session = None;
                }
                if matches!(fault, Fault::Again) {
                    Attempt::Again(fault)
                } else {
                    Attempt::Failed(fault)
                }
            }
        }
    }

    /// Finds out whether the last transaction is there, after its connection broke.
    async fn decide(&mut self, flushed: Flushed, mut fault: Fault, deadline: Instant) -> Attempt {
        let (node, number) = (self.node, self.number);
        loop {
            let session = match self.session(deadline).await {
                Ok(session) => session,
                Err(fault) => return Attempt::Failed(fault),
            };
            match session.has_flush(node, number).await {
                Ok(true) => return Attempt::Done(flushed),
                Ok(false) => return Attempt::Again(fault),
                Err(other) => {
                    self.session = None;
                    if Instant::now() >= deadline {
                        return Attempt::Failed(other);
                    }
                    fault = other;
                }
            }
        }
    }

    /// The connection, made anew where it is lost, until the deadline.
    async fn session(&mut self, deadline: Instant) -> Result<&mut Session, Fault> {
        let kept = self.session.take().filter(|session| !session.client.is_closed());
        let session = match kept {
            Some(session) => session,
            None => self.connect(deadline).await?,
        };
        Ok(self.session.insert(session))
    }

    async fn connect(&self, deadline: Instant) -> Result<Session, Fault> {
        let server = self.address.to_string();
        loop {
            let opening = Session::open(&self.address, self.tls.clone(), self.node);
            let fault = match timeout_at(deadline, opening).await {
                Ok(Ok(session)) => {
                    self.status.set_reachable(&server, Ok(()));
                    return Ok(session);
                }
                Ok(Err(fault)) => fault,
                Err(_) => Fault::Lost("no answer".to_owned()),
            };
            let Fault::Lost(reason) = &fault else { return Err(fault) };
            if Instant::now() + PAUSE >= deadline {
                self.status.set_reachable(&server, Err(reason));
                return Err(fault);
            }
            sleep(PAUSE).await;
        }
    }

    /// Removes the row of this node, which nobody needs any more.
    async fn forget_node(&mut self) {
        if let Some(session) = &self.session {
            let node = self.node;
            let forget = "DELETE FROM flushes WHERE node = $1 OR at < now() - interval '7 days'";
            if let Err(error) = session.client.execute(forget, &[&node]).await {
                tracing::warn!(%error, "the row of this node stays in the database");
            }
        }
    }
}
