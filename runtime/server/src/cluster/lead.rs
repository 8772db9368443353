//! The lead: the one node that does what only one may do. It hands records over, offers commands, holds the connections
//! to brokers, removes what is old, and answers everything but frames.
//!
//! A node that was the lead and is it no longer ends: whatever it had begun belongs to another by then, and a start is
//! the one way in which nothing of it is left.

use std::sync::Arc;

use champollion_store::{
    Batch, LEASE_TIME, Lease, Leases, RENEWAL_PERIOD, Store, StoreError, tables,
};
use tokio::sync::watch;
use uuid::Uuid;

use super::prepared_store::{Preparation, PreparedStore};

/// The name of the lease.
pub(crate) const LEAD: &str = "lead";

/// The lease of the lead, as this node has it or waits for it.
pub(crate) struct Lead {
    leases: Arc<dyn Leases>,
    node: Uuid,
    standing: watch::Sender<Standing>,
}

/// The standing of this node.
#[derive(Clone, Debug)]
enum Standing {
    /// Another node leads, or none yet.
    Follows,
    /// The lease is this node's, and what another has done is being read.
    TakesOver(Lease),
    /// This node leads, and has read all that it needs for that.
    Leads(Lease),
    /// The lease passed on.
    Lost,
}

impl Standing {
    /// Has the lease for its whole time again.
    fn go_on_with(&mut self, renewed: &Lease) {
        if let Self::TakesOver(lease) | Self::Leads(lease) = self {
            *lease = renewed.clone();
        }
    }
}

impl Lead {
    pub(super) fn new(leases: Arc<dyn Leases>, node: Uuid) -> Self {
        Self { leases, node, standing: watch::channel(Standing::Follows).0 }
    }

    /// Whether this node leads, and has read what it must know for that.
    pub(crate) fn leads(&self) -> bool {
        matches!(&*self.standing.borrow(), Standing::Leads(lease) if lease.is_current())
    }

    /// Whether the lease is this node's.
    pub(crate) fn has_lease(&self) -> bool {
        let standing = self.standing.borrow();
        matches!(&*standing, Standing::TakesOver(_) | Standing::Leads(_))
    }

    /// Whether the lease was this node's, and its time is over by this node's own clock.
    pub(super) fn is_overdue(&self) -> bool {
        let standing = self.standing.borrow();
        let (Standing::TakesOver(lease) | Standing::Leads(lease)) = &*standing else {
            return false;
        };
        !lease.is_current()
    }

    /// Takes the lease where it is free.
    pub(super) async fn try_to_take(&self) -> Result<(), StoreError> {
        if let Some(lease) = self.leases.take(LEAD, self.node, LEASE_TIME).await? {
            if self.leases.is_shared() {
                tracing::info!(epoch = lease.epoch(), "this node takes the lead");
            }
            self.standing.send_replace(Standing::TakesOver(lease));
        }
        Ok(())
    }

    /// Says that all is read that the lead must know.
    pub(crate) fn begin(&self) {
        self.standing.send_modify(|standing| {
            if let Standing::TakesOver(lease) = standing {
                *standing = Standing::Leads(lease.clone());
            }
        });
    }

    /// Waits until the lease is this node's.
    pub(crate) async fn taken(&self) {
        let is_taken = |standing: &Standing| !matches!(standing, Standing::Follows);
        // The sender is this one.
        drop(self.standing.subscribe().wait_for(is_taken).await);
    }

    /// Takes the lease, or renews it, until it passed on.
    pub(super) async fn keep(&self) {
        loop {
            tokio::time::sleep(RENEWAL_PERIOD).await;
            let standing = self.standing.borrow().clone();
            let outcome = match standing {
                Standing::Follows => in_time(self.try_to_take()).await.map(drop),
                Standing::TakesOver(lease) | Standing::Leads(lease) => self.renew(&lease).await,
                Standing::Lost => return,
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "the lease of the lead cannot be asked for");
            }
        }
    }

    async fn renew(&self, lease: &Lease) -> Result<(), StoreError> {
        let renewed = in_time(self.leases.renew(lease)).await;
        let is_over = match &renewed {
            Ok(Some(renewed)) => renewed.is_none(),
            // Without an answer nobody knows. Nothing is committed any more once its time is over.
            Ok(None) | Err(_) => false,
        };
        self.standing.send_modify(|standing| match &renewed {
            _ if is_over => *standing = Standing::Lost,
            Ok(Some(Some(lease))) => standing.go_on_with(lease),
            _ => {}
        });
        renewed.map(drop)
    }

    /// Waits until the lease passed on.
    pub(super) async fn lost(&self) {
        let is_lost = |standing: &Standing| matches!(standing, Standing::Lost);
        drop(self.standing.subscribe().wait_for(is_lost).await);
    }

    /// Gives the lease back, so that another node takes it at once.
    pub(super) async fn release(&self) {
        let standing = self.standing.send_replace(Standing::Lost);
        let (Standing::TakesOver(lease) | Standing::Leads(lease)) = standing else { return };
        if let Err(error) = self.leases.release(&lease).await {
            tracing::warn!(%error, "the lease of the lead is not given back: it ends by itself");
        }
    }

    /// Has a batch refused where another node leads by then.
    fn expect_led(&self, batch: &mut Batch) -> Result<(), StoreError> {
        match &*self.standing.borrow() {
            Standing::TakesOver(lease) | Standing::Leads(lease) if lease.is_current() => {
                lease.expect_held(batch);
                Ok(())
            }
            _ => Err(StoreError::Conflict {
                table: tables::LEASES.as_str().to_owned(),
                key: LEAD.as_bytes().to_vec(),
            }),
        }
    }
}

/// Returns an answer that comes in time, or nothing: a database that is silent must not keep the lead from ending.
async fn in_time<T>(
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<Option<T>, StoreError> {
    match tokio::time::timeout(RENEWAL_PERIOD, asked).await {
        Ok(answer) => answer.map(Some),
        Err(_) => Ok(None),
    }
}

/// Has each batch refused where another node leads.
struct OfLead(Arc<Lead>);

impl Preparation for OfLead {
    fn prepare(&self, batch: &mut Batch) -> Result<(), StoreError> {
        self.0.expect_led(batch)
    }
}

/// The same store for what the lead alone does.
pub(super) fn led(store: Arc<dyn Store>, lead: &Arc<Lead>) -> Arc<dyn Store> {
    Arc::new(PreparedStore::new(store, OfLead(Arc::clone(lead))))
}

#[cfg(test)]
mod tests {
    use champollion_store::{OwnLeases, SledOptions, SledStore};

    use super::*;

    #[tokio::test]
    async fn only_the_lead_commits_what_is_the_leads() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let lead = Arc::new(Lead::new(Arc::new(OwnLeases), Uuid::now_v7()));
        let led = led(Arc::new(store), &lead);
        let batch = || {
            let mut batch = Batch::new();
            batch.put("tokens", "a", "b");
            batch
        };
        let refused = led.commit(batch()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
        lead.try_to_take().await.unwrap();
        assert!(!lead.leads(), "what another has done is not read yet");
        led.commit(batch()).await.unwrap();
        lead.begin();
        assert!(lead.leads());
        lead.release().await;
        assert!(!lead.leads());
        led.commit(batch()).await.unwrap_err();
        lead.lost().await;
    }
}
