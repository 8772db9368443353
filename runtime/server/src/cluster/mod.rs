//! Several nodes on one store: any of them takes frames, one of them leads.
//!
//! A frame needs no owner: its batch names the rows that it is computed from, so of two nodes one gets a conflict, and
//! looks again. What nodes have in memory follows the log of changes. What only one may do is the lead's, which proves
//! with each batch that it still is. A server with a store of its own leads it always, and follows nothing.

mod agreed;
mod changes;
mod feedback;
mod gateways;
mod identity;
mod lead;
mod nodes;
mod prepared_store;
mod protocol;
mod seals;
mod settings;
mod store_clock;
mod told;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_fleet::vault::NodeKey;
use champollion_store::{Batch, Leases, Store, StoreError, TableError, tables};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Interval, MissedTickBehavior},
};
use uuid::Uuid;

pub use agreed::{AgreementError, Disagreement};
pub use identity::IdentityError;
pub use nodes::ShownNode;
pub use protocol::{ProtocolMismatch, Spoken};
pub use settings::{AddressMissing, ClusterSettings};

pub(crate) use agreed::AgreedSettings;
pub(crate) use changes::{FollowError, Follower, Rooms, noting};
pub(crate) use feedback::{FeedbackOfNodes, LeadsEar};
pub(crate) use gateways::hear_gateways;
pub(crate) use identity::is_folder_of_node;
pub(crate) use nodes::Load;
pub(crate) use protocol::Protocol;
pub(crate) use seals::{AnswerSeal, Incoming, Outgoing, Unrecognized};

use identity::Identity;
use lead::{Lead, led};
use nodes::{Nodes, WRITING_PERIOD};
use seals::{Once, Seals};

/// Entries of the log of changes that stay, so that a node which was away for a minute reads on: thousands a second for
/// a minute.
const CHANGES_KEPT: u64 = 200_000;

/// The interval at which it is looked whether a lease is over.
const LEASE_LOOK_PERIOD: Duration = Duration::from_millis(500);

/// The longest that the first node is waited for, and the interval of looks.
const FOUNDING_TIME: Duration = Duration::from_secs(30);
const FOUNDING_PERIOD: Duration = Duration::from_millis(100);

/// This node among those that share a store.
pub struct Cluster {
    id: Uuid,
    /// Absent where the store is of this process alone.
    _identity: Option<Identity>,
    lead: Arc<Lead>,
    /// Absent where the store is of this process alone.
    follower: Option<Arc<Follower>>,
    nodes: Nodes,
    /// Absent where the store is of this process alone.
    seals: Option<Seals>,
    load: Arc<Load>,
    protocol: Arc<Protocol>,
    end: watch::Sender<Option<End>>,
}

/// The reason why a node ends by itself, so that it is started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// Another node may lead by now.
    #[error(
        "this node has lost the lead, as after a pause or without the database: another one goes on. Start it again"
    )]
    LostLead,
    /// The doings of another lead cannot be read.
    #[error("this node cannot take the lead over: its log says why. Start it again")]
    NotTakenOver,
    /// The others tell in a version that this node does not read: they are told of it when it starts.
    #[error(
        "the others tell this node of changes in a version that it does not read: start it again, best with the newer software"
    )]
    LaterProtocol,
    /// Changes of other nodes were missed.
    #[error(
        "this node was away for so long that it has missed changes of the others: start it again"
    )]
    FellBehind,
    /// The database has lost what it had acknowledged, and this node has it in memory.
    #[error(
        "the database was set back, and this node knows what the database has lost: its log says how that was seen. Start \
         it again: it goes on from what the database has"
    )]
    SetBack,
}

/// A node that has joined the others, and the stores that it works with.
pub(crate) struct Joined {
    pub(crate) cluster: Cluster,
    /// The store, for all that any node may do.
    pub(crate) store: Arc<dyn Store>,
    /// The same store, for what the lead alone does.
    pub(crate) led: Arc<dyn Store>,
}

impl Cluster {
    /// Joins the nodes that share a store. A node whose store is its own leads at once.
    pub(crate) async fn join(
        store: Arc<dyn Store>,
        leases: Arc<dyn Leases>,
        (settings, data_dir): (&ClusterSettings, &Path),
        (agreed, protocol): (&AgreedSettings, Protocol),
        key: NodeKey,
    ) -> Result<Joined, AgreementError> {
        let (is_shared, load) = (leases.is_shared(), Arc::new(Load::default()));
        let identity = if is_shared { Some(Identity::open(data_dir)?) } else { None };
        let id = identity.as_ref().map_or_else(Uuid::now_v7, |identity| identity.id);
        let address = settings.address.clone();
        let lead = Arc::new(Lead::new(Arc::clone(&leases), id));
        let protocol = Arc::new(protocol);
        let parts = (Arc::clone(&load), Arc::clone(&protocol));
        let nodes = Nodes::new(Arc::clone(&store), leases, id, address, parts);
        let end = watch::channel(None).0;
        if !is_shared {
            lead.try_to_take().await.map_err(TableError::from)?;
            lead.begin();
            let (_identity, follower, seals) = (identity, None, None);
            let cluster = Self { id, _identity, lead, follower, nodes, seals, load, protocol, end };
            return Ok(Joined { cluster, led: Arc::clone(&store), store });
        }
        settings.check()?;
        agree(&*store, &nodes, agreed).await?;
        lead.try_to_take().await.map_err(TableError::from)?;
        let store = changes::noting(store, id, Arc::clone(&protocol));
        let follower = Follower::open(Arc::clone(&store), protocol.newest());
        let follower = follower.await.map_err(TableError::from)?;
        let (follower, led) = (Some(Arc::new(follower)), led(Arc::clone(&store), &lead));
        let seals = Some(Seals::new(key, id, settings.address.clone(), nodes.clock().now()));
        let _identity = identity;
        let cluster = Self { id, _identity, lead, follower, nodes, seals, load, protocol, end };
        Ok(Joined { cluster, store, led })
    }

    /// Waits until the node that leads has made what is there from the first day on, where this is another one: nodes
    /// that are started at once on an empty database would make it twice.
    pub(crate) async fn founded(&self, store: &dyn Store) -> Result<(), StoreError> {
        let own_key = tables::REGISTRY_OWN_KEY.as_str();
        let began = Instant::now();
        while !self.has_lease() && began.elapsed() < FOUNDING_TIME {
            if !store.scan(own_key, &[], None, 1).await?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(FOUNDING_PERIOD).await;
        }
        Ok(())
    }

    /// The version in which this node tells the others.
    pub(crate) fn protocol_written(&self) -> u32 {
        self.protocol.written()
    }

    /// The newest version in which this node is told by others.
    pub(crate) fn protocol_read(&self) -> u32 {
        self.protocol.newest()
    }

    /// The frames that this node took.
    pub(crate) fn load(&self) -> Arc<Load> {
        Arc::clone(&self.load)
    }

    /// The follower of what other nodes change, where there are others.
    pub(crate) fn follower(&self) -> Option<&Arc<Follower>> {
        self.follower.as_ref()
    }

    /// Whether this node leads.
    pub(crate) fn leads(&self) -> bool {
        self.lead.leads()
    }

    /// Whether the lease of the lead is this node's, though it may have to read what another has done.
    pub(crate) fn has_lease(&self) -> bool {
        self.lead.has_lease()
    }

    /// Says that this node has read all that the lead must know.
    pub(crate) fn begin_to_lead(&self) {
        self.lead.begin();
    }

    /// Waits until this node is to lead.
    pub(crate) async fn lead_taken(&self) {
        self.lead.taken().await;
    }

    /// The address of the node that leads, where one is known.
    pub(crate) fn lead_address(&self) -> Option<String> {
        self.nodes.lead()
    }

    /// Looks up again which node leads.
    pub(crate) async fn look_for_lead(&self) {
        if let Err(error) = self.nodes.look().await {
            tracing::warn!(%error, "the node that leads cannot be looked up");
        }
    }

    /// The address of the node that gathers what falls to a key; none where that is this one.
    pub(crate) fn node_of(&self, key: &[u8]) -> Option<String> {
        self.nodes.of(key)
    }

    /// Lets nothing fall to a node that does not answer, until it is looked for again.
    pub(crate) fn avoid(&self, address: &str) {
        self.nodes.avoid(address);
    }

    /// Makes the keys of a request to the node at an address, and its stamp; none where there are no other nodes.
    pub(crate) fn seal_to(&self, address: &str) -> Result<Option<Outgoing>, getrandom::Error> {
        let now = self.nodes.clock().now();
        self.seals.as_ref().map(|seals| seals.outgoing(address, now)).transpose()
    }

    /// Makes the keys of a request that came with a stamp.
    pub(crate) fn sealed_by(&self, stamp: &str) -> Result<Incoming, Unrecognized> {
        let seals = self.seals.as_ref().ok_or(Unrecognized::Alone)?;
        seals.incoming(stamp, self.nodes.clock().now())
    }

    /// Takes a request of another node of which the first piece was opened: none is taken twice.
    pub(crate) fn take_sealed(&self, once: Once) -> Result<(), Unrecognized> {
        let seals = self.seals.as_ref().ok_or(Unrecognized::Alone)?;
        seals.take(once, self.nodes.clock().now())
    }

    /// Whether what this node has in memory can be trusted.
    pub(crate) fn is_current(&self) -> bool {
        self.follower.as_ref().is_none_or(|follower| follower.is_current())
    }

    /// Makes sure that all is in memory that any node had changed when this was called. Devices of which there are many
    /// are not waited for.
    pub(crate) async fn catch_up(&self) -> Result<(), FollowError> {
        match &self.follower {
            Some(follower) => follower.catch_up().await,
            None => Ok(()),
        }
    }

    /// The same, and devices are waited for.
    pub(crate) async fn catch_up_with_devices(&self) -> Result<(), FollowError> {
        match &self.follower {
            Some(follower) => follower.catch_up_with_devices().await,
            None => Ok(()),
        }
    }

    /// All nodes, those that were started first first.
    pub(crate) async fn list(&self) -> Result<Vec<ShownNode>, TableError> {
        match self.follower {
            Some(_) => self.nodes.list().await,
            None => Ok(vec![self.nodes.alone()]),
        }
    }

    /// Lines on this node for an operator.
    pub(crate) fn details(&self) -> Vec<String> {
        let Some(follower) = &self.follower else { return Vec::new() };
        let standing = match self.lead_address() {
            _ if self.leads() => "leads".to_owned(),
            _ if self.lead.has_lease() => "takes the lead over".to_owned(),
            Some(address) => format!("follows the lead at {address}"),
            None => "knows no lead".to_owned(),
        };
        let lag = follower.lag().as_millis();
        let mut lines = vec![format!("node {}: {standing}, {lag} ms behind the others\n", self.id)];
        match follower.devices_left() {
            0 => {}
            left => lines.push(format!("{left} devices that changed are to be read again\n")),
        }
        lines.extend(self.nodes.clock().detail());
        lines
    }

    /// Keeps this node among the others, until it leaves.
    pub(crate) fn keep(self: &Arc<Self>, stopped: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let Some(follower) = self.follower.clone() else { return tasks };
        let (cluster, following, stopped) =
            (Arc::clone(self), Arc::clone(&follower), stopped.clone());
        tasks.spawn(async move {
            if let Err(error) = following.follow(stopped).await {
                tracing::error!(%error, "this node ends");
                cluster.end(error.end());
            }
        });
        let reading = Arc::clone(&follower);
        tasks.spawn(async move { reading.read_due_registry().await });
        tasks.spawn(async move { follower.read_due_devices().await });
        let lead = Arc::clone(&self.lead);
        tasks.spawn(async move { lead.keep().await });
        let cluster = Arc::clone(self);
        tasks.spawn(async move {
            cluster.lead.lost().await;
            cluster.end(End::LostLead);
        });
        let cluster = Arc::clone(self);
        tasks.spawn(async move { cluster.watch_lease_and_store().await });
        let cluster = Arc::clone(self);
        tasks.spawn(async move { cluster.write_again_and_again().await });
        tasks
    }

    /// Ends this node where its lease is over by its own clock, and another node may have it: what it still does, such as
    /// listening to brokers, would be in the way of that one. Without other nodes it goes on when the database is back.
    /// Ends it too where the store takes nothing more from this process, and tells how far it is behind.
    async fn watch_lease_and_store(&self) {
        let mut ticks = every(LEASE_LOOK_PERIOD);
        loop {
            ticks.tick().await;
            // Here, since a database that stands still keeps the follower waiting.
            let lag = self.follower.as_ref().map(|follower| follower.lag()).unwrap_or_default();
            metrics::gauge!("champollion_node_lag_seconds").set(lag.as_secs_f64());
            if self.nodes.has_store_failed() {
                self.end(End::SetBack);
            }
            if self.lead.is_overdue() && self.nodes.saw_others() {
                self.end(End::LostLead);
            }
        }
    }

    async fn write_again_and_again(&self) {
        let mut ticks = every(WRITING_PERIOD);
        loop {
            ticks.tick().await;
            let lag = self.follower.as_ref().map(|follower| follower.lag()).unwrap_or_default();
            if let Err(error) = self.nodes.write(lag).await {
                tracing::warn!(%error, "this node cannot tell the others of itself");
            }
        }
    }

    /// Removes what nodes need no more: rows of those that are gone, and changes that all have read. The lead does.
    pub(crate) async fn tidy(&self, led: &dyn Store) -> Result<(), TableError> {
        if self.follower.is_none() {
            return Ok(());
        }
        self.nodes.tidy().await?;
        let log = tables::CHANGES.as_str();
        let extent = led.extent(log).await?;
        let through = extent.last.get().saturating_sub(CHANGES_KEPT);
        if through > extent.truncated.get() {
            let mut batch = Batch::new();
            batch.truncate(log, champollion_store::Sequence::new(through));
            led.commit(batch).await?;
        }
        Ok(())
    }

    /// Has this node end, so that it is started anew.
    pub(crate) fn end(&self, end: End) {
        self.end.send_if_modified(|before| before.is_none() && before.replace(end).is_none());
    }

    /// Waits until this node must end.
    pub(crate) async fn must_end(&self) -> End {
        let mut ends = self.end.subscribe();
        // The sender is this one, so an end comes or nothing does.
        match ends.wait_for(Option::is_some).await.map(|end| *end) {
            Ok(Some(end)) => end,
            _ => std::future::pending().await,
        }
    }

    /// Leaves the other nodes: another one may lead at once.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        if self.follower.is_none() {
            return Ok(());
        }
        self.lead.release().await;
        self.nodes.leave().await
    }
}

/// Has a node come to the others, where its settings are theirs and it reads what they write. It tells of itself before
/// it looks for others: of two that are started at once, one at least sees the other.
async fn agree(
    store: &dyn Store,
    nodes: &Nodes,
    agreed: &AgreedSettings,
) -> Result<(), AgreementError> {
    nodes.write(Duration::ZERO).await?;
    let checked = match agreed.check(store, nodes.has_others().await?).await {
        Ok(()) => nodes.understand().await,
        refused => refused,
    };
    if checked.is_err() {
        // Where its row stays, it counts as one of the others for ten seconds and no longer.
        drop(nodes.leave().await);
    }
    checked
}

/// Ticks of an interval; a late one puts those after it off.
pub(crate) fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use champollion_store::{OwnLeases, SledOptions, SledStore};

    use super::*;

    #[tokio::test]
    async fn a_node_is_seen_by_the_others_before_its_settings_are_compared() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let node = |id| {
            let (leases, address) = (Arc::new(OwnLeases), format!("http://10.0.0.{id}:8080"));
            let parts = (Arc::default(), Arc::new(Protocol::of(false)));
            Nodes::new(Arc::clone(&store), leases, Uuid::from_u128(id), address, parts)
        };
        let settings = |hours: &str| AgreedSettings(vec![("[retention] hours", hours.to_owned())]);
        let (first, second) = (node(1), node(2));
        // The second one has told of itself, and did not come to compare yet.
        second.write(Duration::ZERO).await.unwrap();
        settings("24").check(&*store, false).await.unwrap();
        let refused = agree(&*store, &first, &settings("48")).await;
        assert!(matches!(refused, Err(AgreementError::Differs(_))));
        assert!(!second.has_others().await.unwrap(), "a node that was refused leaves");
        agree(&*store, &first, &settings("24")).await.unwrap();
        assert!(second.has_others().await.unwrap());
    }
}
