//! The nodes that share the store: each writes of itself every two seconds.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use champollion_store::{
    Batch, Health, HeldLease, LEASE_TIME, Leases, Store, StoreError, Table, TableError, tables,
};
use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    agreed::AgreementError,
    lead::LEAD,
    protocol::{Protocol, Said, Speaker, Spoken},
    store_clock::StoreClock,
};

const NODES: Table<Uuid, NodeRow> = Table::new(tables::NODES);

/// The interval at which a node writes of itself.
pub(super) const WRITING_PERIOD: Duration = Duration::from_secs(2);

/// The time after which a node is not there that has written nothing: as long as a lease lasts.
const SILENT: SignedDuration = SignedDuration::from_secs(10);

/// The time after which the row of a silent node is removed.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(10);

/// The time within which other nodes write what a node reads that comes, and the interval of looks.
const LOWERING_TIME: Duration = Duration::from_secs(15);
const LOWERING_PERIOD: Duration = Duration::from_millis(500);

/// The row of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeRow {
    version: String,
    address: String,
    started_at: Timestamp,
    written_at: Timestamp,
    frames_per_second: f64,
    lag_seconds: f64,
    /// Nodes of earlier versions do not tell.
    #[serde(default)]
    clock_ahead_seconds: Option<f64>,
    /// Nodes of the first version of the protocol say neither this nor the schema.
    #[serde(default)]
    protocol: Spoken,
    #[serde(default = "first_schema")]
    schema: i32,
}

/// The schema of nodes that do not say it: there was one alone as yet.
const fn first_schema() -> i32 {
    1
}

/// A node that shares the store.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Node)]
pub struct ShownNode {
    /// The id of the node, which is kept in its data folder.
    pub id: Uuid,
    /// The version of its software.
    pub version: String,
    /// The address at which other nodes reach it.
    pub address: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it last wrote of itself, by the clock of the database.
    pub written_at: Timestamp,
    /// Whether it wrote of itself within ten seconds.
    pub alive: bool,
    /// The leases that it has: `lead` is of the node that does what only one may do.
    pub leases: Vec<String>,
    /// Frames that it took in a second, of late.
    pub frames_per_second: f64,
    /// Seconds since its memory was compared with the log of changes.
    pub lag_seconds: f64,
    /// Seconds by which the clock of its machine is ahead of that of the database; negative where it is behind.
    pub clock_ahead_seconds: Option<f64>,
    /// The versions that it reads of what nodes tell each other, and the one that it writes.
    pub protocol: Spoken,
    /// The newest schema of a database that it knows.
    pub schema: i32,
}

/// The frames that this node took.
#[derive(Debug, Default)]
pub(crate) struct Load(AtomicU64);

impl Load {
    /// Counts a frame, whatever became of it.
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The nodes, as this one sees them.
pub(super) struct Nodes {
    store: Arc<dyn Store>,
    leases: Arc<dyn Leases>,
    own: Uuid,
    address: String,
    started: Instant,
    /// The moment of the start by the store's clock, once this node has asked for it: the order of starts is that of all.
    started_at: OnceLock<Timestamp>,
    load: Arc<Load>,
    protocol: Arc<Protocol>,
    /// The frames and the moment of the last writing.
    before: Mutex<(u64, Instant)>,
    clock: StoreClock,
    /// The address of the lead, as it was looked up last.
    lead: RwLock<Option<String>>,
    /// The nodes that were alive at the last look, with their addresses.
    alive: RwLock<Vec<(Uuid, String)>>,
}

impl Nodes {
    pub(super) fn new(
        store: Arc<dyn Store>,
        leases: Arc<dyn Leases>,
        own: Uuid,
        address: String,
        (load, protocol): (Arc<Load>, Arc<Protocol>),
    ) -> Self {
        let (started, started_at) = (Instant::now(), OnceLock::new());
        let before = Mutex::new((0, started));
        let clock = StoreClock::new(Arc::clone(&leases));
        let (lead, alive) = (RwLock::default(), RwLock::default());
        Self {
            store,
            leases,
            own,
            address,
            started,
            started_at,
            load,
            protocol,
            before,
            clock,
            lead,
            alive,
        }
    }

    /// The address of the node that a key falls to; none where that is this one. When a node comes or goes, only what
    /// falls to that one changes its node.
    pub(super) fn of(&self, key: &[u8]) -> Option<String> {
        let alive = self.alive.read();
        let (node, address) = alive.iter().max_by_key(|(node, _)| weight(*node, key))?;
        (*node != self.own).then(|| address.clone())
    }

    /// Whether the store takes nothing more until this process is started again.
    pub(super) fn has_store_failed(&self) -> bool {
        matches!(self.store.health(), Health::Failed(_))
    }

    /// Whether another node was alive at the last look.
    pub(super) fn saw_others(&self) -> bool {
        self.alive.read().iter().any(|(node, _)| *node != self.own)
    }

    /// Lets nothing fall to a node, until nodes are looked at again.
    pub(super) fn avoid(&self, address: &str) {
        self.alive.write().retain(|(node, own)| own != address || *node == self.own);
    }

    /// The address of the lead, where one is known.
    pub(super) fn lead(&self) -> Option<String> {
        self.lead.read().clone()
    }

    /// The clock by which all nodes are judged.
    pub(super) fn clock(&self) -> &StoreClock {
        &self.clock
    }

    /// Writes of this node, looks up the lead, and follows the protocol of the others.
    pub(super) async fn write(&self, lag: Duration) -> Result<(), TableError> {
        let began = Instant::now();
        let (now, read_at) = (self.clock.read().await?, Instant::now());
        let row = self.row(lag, now);
        let said = Said { spoken: row.protocol, at: began };
        metrics::gauge!("champollion_node_frames_per_second").set(row.frames_per_second);
        let mut batch = Batch::new();
        NODES.put(&mut batch, &self.own, &row)?;
        self.store.commit(batch).await?;
        // The clock of the database is not asked again: what passed since is known.
        let passed = SignedDuration::try_from(read_at.elapsed()).unwrap_or_default();
        let nodes = self.list_at(now.checked_add(passed).unwrap_or(now)).await?;
        self.protocol.settle(speakers(&nodes), said);
        self.note(nodes);
        Ok(())
    }

    /// Looks up which nodes there are, and which one leads.
    pub(super) async fn look(&self) -> Result<(), TableError> {
        self.note(self.list().await?);
        Ok(())
    }

    fn note(&self, nodes: Vec<ShownNode>) {
        let leads = |node: &&ShownNode| node.leases.iter().any(|lease| lease == LEAD);
        *self.lead.write() = nodes.iter().find(leads).map(|node| node.address.clone());
        let alive = nodes.into_iter().filter(|node| node.alive);
        *self.alive.write() = alive.map(|node| (node.id, node.address)).collect();
    }

    fn row(&self, lag: Duration, now: Timestamp) -> NodeRow {
        let frames = self.load.0.load(Ordering::Relaxed);
        let this = (frames, Instant::now());
        let (frames_before, before) = std::mem::replace(&mut *self.before.lock(), this);
        let seconds = before.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { (frames - frames_before) as f64 / seconds } else { 0.0 };
        NodeRow {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: self.address.clone(),
            started_at: *self.started_at.get_or_init(|| {
                let since = SignedDuration::try_from(self.started.elapsed()).unwrap_or_default();
                now.checked_sub(since).unwrap_or(now)
            }),
            written_at: now,
            frames_per_second: (rate * 10.0).round() / 10.0,
            lag_seconds: in_millis(lag.as_secs_f64()),
            clock_ahead_seconds: Some(in_millis(self.clock.ahead().as_secs_f64())),
            protocol: self.protocol.spoken(),
            schema: self.protocol.schema(),
        }
    }

    /// Removes the row of this node, which ends.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        NODES.delete(&mut batch, &self.own);
        self.store.commit(batch).await.map(drop)
    }

    /// Removes the rows of nodes that are silent for long.
    pub(super) async fn tidy(&self) -> Result<(), TableError> {
        let now = self.clock.read().await?;
        let mut batch = Batch::new();
        for (id, row) in NODES.pages(&*self.store).all().await? {
            if now.duration_since(row.written_at) > FORGOTTEN {
                NODES.delete(&mut batch, &id);
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// All nodes, those that were started first first.
    pub(super) async fn list(&self) -> Result<Vec<ShownNode>, TableError> {
        self.list_at(self.clock.read().await?).await
    }

    /// All nodes, as they are at a moment by the store's clock.
    async fn list_at(&self, now: Timestamp) -> Result<Vec<ShownNode>, TableError> {
        let held = self.leases.held().await?;
        let rows = NODES.pages(&*self.store).all().await?;
        let mut nodes: Vec<ShownNode> =
            rows.into_iter().map(|(id, row)| row.shown(id, &held, now)).collect();
        nodes.sort_by_key(|node| (node.started_at, node.id));
        Ok(nodes)
    }

    /// This node, where there is no other: it has every lease.
    pub(super) fn alone(&self) -> ShownNode {
        let (now, name, owner) = (Timestamp::now(), LEAD.to_owned(), self.own);
        let lease = HeldLease { name, owner, epoch: 1, left: LEASE_TIME };
        let mut row = self.row(Duration::ZERO, now);
        // Nobody else has to read what it writes.
        row.protocol.writes = row.protocol.reads_to;
        row.shown(self.own, &[lease], now)
    }

    /// Whether another node is alive.
    pub(super) async fn has_others(&self) -> Result<bool, TableError> {
        Ok(!self.others().await?.is_empty())
    }

    /// The other nodes that are alive.
    async fn others(&self) -> Result<Vec<ShownNode>, TableError> {
        let mut nodes = self.list().await?;
        nodes.retain(|node| node.alive && node.id != self.own);
        Ok(nodes)
    }

    /// Waits until this node reads what the others write: those that write more have seen its row within two seconds, and
    /// say two seconds later that they write less.
    pub(super) async fn understand(&self) -> Result<(), AgreementError> {
        let began = Instant::now();
        loop {
            let others = self.others().await?;
            if let Some(foreign) = self.protocol.foreign(speakers(&others)) {
                return Err(foreign.into());
            }
            match self.protocol.too_new(speakers(&others)) {
                None => return Ok(()),
                Some(mismatch) if began.elapsed() > LOWERING_TIME => return Err(mismatch.into()),
                Some(_) => tokio::time::sleep(LOWERING_PERIOD).await,
            }
            self.write(Duration::ZERO).await?;
        }
    }
}

/// The versions that nodes read and write, with their addresses.
fn speakers(nodes: &[ShownNode]) -> impl Iterator<Item = Speaker<'_>> {
    nodes.iter().map(|node| (node.address.as_str(), node.protocol))
}

/// Seconds without what is less than a millisecond.
fn in_millis(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// The weight by which a key falls to a node: the heaviest has it.
fn weight(node: Uuid, key: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(node.as_bytes());
    hash.update(key);
    hash.finalize().into()
}

impl NodeRow {
    fn shown(self, id: Uuid, held: &[HeldLease], now: Timestamp) -> ShownNode {
        let own = held.iter().filter(|lease| lease.owner == id);
        ShownNode {
            id,
            version: self.version,
            address: self.address,
            started_at: self.started_at,
            written_at: self.written_at,
            alive: now.duration_since(self.written_at) < SILENT,
            leases: own.map(|lease| lease.name.clone()).collect(),
            frames_per_second: self.frames_per_second,
            lag_seconds: self.lag_seconds,
            clock_ahead_seconds: self.clock_ahead_seconds,
            protocol: self.protocol,
            schema: self.schema,
        }
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{OwnLeases, SledOptions, SledStore};

    use super::{
        super::protocol::{FIRST, NEWEST},
        *,
    };

    #[tokio::test]
    async fn nodes_are_listed_with_what_they_say_of_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let load = Arc::new(Load::default());
        let node = |id, load: &Arc<Load>| {
            let address = format!("http://10.0.0.{id}:8080");
            let leases: Arc<dyn Leases> = Arc::new(OwnLeases);
            let parts = (Arc::clone(load), Arc::new(Protocol::of(id == 3)));
            Nodes::new(Arc::clone(&store), leases, Uuid::from_u128(id), address, parts)
        };
        let (first, second) = (node(1, &load), node(2, &Arc::default()));
        assert!(!first.has_others().await.unwrap());
        load.count();
        first.write(Duration::from_millis(40)).await.unwrap();
        second.write(Duration::ZERO).await.unwrap();
        assert!(first.has_others().await.unwrap() && second.has_others().await.unwrap());
        let listed = first.list().await.unwrap();
        assert_eq!(listed.len(), 2);
        // They were started at once, so that either may be the first.
        let of = |id| listed.iter().find(|node| node.id == Uuid::from_u128(id)).unwrap();
        assert_eq!((of(1).lag_seconds, of(1).alive), (0.04, true));
        assert!(of(1).frames_per_second > 0.0 && of(2).frames_per_second == 0.0);
        // Each key falls to the same node, whichever one is asked.
        first.look().await.unwrap();
        let keys: Vec<[u8; 4]> = (0..64_u32).map(u32::to_be_bytes).collect();
        let elsewhere = |node: &Nodes| keys.iter().filter(|key| node.of(*key).is_some()).count();
        assert_eq!(elsewhere(&first) + elsewhere(&second), keys.len());
        assert!(elsewhere(&first) > 0 && elsewhere(&second) > 0);
        first.avoid("http://10.0.0.2:8080");
        assert_eq!(elsewhere(&first), 0);
        second.leave().await.unwrap();
        assert!(!first.has_others().await.unwrap());
        // It was the only one that reads the newest version, and has said so; now one comes of the version before.
        first.write(Duration::ZERO).await.unwrap();
        assert_eq!(first.protocol.written(), NEWEST);
        let before = node(3, &Arc::default());
        before.write(Duration::ZERO).await.unwrap();
        let waits = tokio::time::timeout(LOWERING_PERIOD / 2, before.understand());
        assert!(waits.await.is_err(), "the first one has not said that it writes less");
        first.write(Duration::ZERO).await.unwrap();
        assert_eq!(first.protocol.written(), FIRST);
        first.write(Duration::ZERO).await.unwrap();
        before.understand().await.unwrap();
        let shown = first.list().await.unwrap();
        let reads = |index: usize| (shown[index].protocol.reads_to, shown[index].protocol.writes);
        assert_eq!((reads(0), reads(1)), ((NEWEST, FIRST), (FIRST, FIRST)));
        assert_eq!(shown[0].schema - 1, shown[1].schema);
    }

    #[test]
    fn a_row_of_the_first_version_is_read() {
        let row = r#"{ "version": "0.1.0", "address": "http://10.0.0.1:8080",
            "startedAt": "2026-01-01T00:00:00Z", "writtenAt": "2026-01-01T00:00:00Z",
            "framesPerSecond": 1.0, "lagSeconds": 0.0 }"#;
        let row: NodeRow = serde_json::from_str(row).unwrap();
        assert_eq!((row.protocol, row.schema), (Spoken::default(), 1));
    }

    #[test]
    fn a_node_that_writes_nothing_is_not_alive_and_leases_are_told_of_their_owner() {
        let row = NodeRow {
            version: "1.0.0".to_owned(),
            address: "http://10.0.0.1:8080".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            written_at: Timestamp::UNIX_EPOCH,
            frames_per_second: 1.0,
            lag_seconds: 0.0,
            clock_ahead_seconds: None,
            protocol: Spoken::default(),
            schema: 1,
        };
        let [own, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let lease = |owner| HeldLease {
            name: LEAD.to_owned(),
            owner,
            epoch: 3,
            left: Duration::from_secs(5),
        };
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let shown = row.clone().shown(own, &[lease(own)], at(9));
        assert_eq!((shown.alive, shown.leases), (true, vec![LEAD.to_owned()]));
        let shown = row.shown(own, &[lease(other)], at(11));
        assert_eq!((shown.alive, shown.leases), (false, Vec::new()));
    }
}
