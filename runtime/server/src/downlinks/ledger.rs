//! The book of all commands: durable, and of those that are open also in memory.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use champollion_frames::DevEui;
use champollion_store::{Batch, Store, StoreError};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use uuid::Uuid;

use super::{Downlink, LedgerError, Priority};
use crate::lns::NetworkServerName;

/// The table of all commands, by their names: the oldest first.
const DOWNLINKS: &str = "downlinks";

/// The table of the names of those that are open.
const OPEN: &str = "downlinks-open";

/// The table of the names of a device's commands, the latest first.
const OF_DEVICE: &str = "downlinks-of-device";

/// How many lines are read from the store at once.
const SCAN: usize = 1_000;

/// Among how many locks the commands are spread. A lock is held while one command is changed, some
/// milliseconds.
const TURNS: usize = 64;

/// All commands. Every change is durable before it is seen.
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
    open: Mutex<Open>,
    /// Who changes a command.
    turns: Box<[AsyncMutex<()>]>,
    /// Something waits to be handed over that did not before.
    pub(super) more: Notify,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<Uuid, Arc<Downlink>>,
    /// By the network server's name of it.
    by_reference: HashMap<(NetworkServerName, String), Uuid>,
    /// What waits to be handed over, by network server, in the order in which it is.
    waiting: HashMap<NetworkServerName, BTreeSet<Place>>,
}

/// A command's place in the queue of its network server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    priority: Priority,
    pub(super) id: Uuid,
    pub(super) dev_eui: DevEui,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.priority, self.id).cmp(&(other.priority, other.id))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    fn of(downlink: &Downlink) -> Self {
        Self { priority: downlink.priority, id: downlink.id, dev_eui: downlink.dev_eui }
    }
}

impl Open {
    fn insert(&mut self, downlink: Arc<Downlink>) {
        self.remove(downlink.id);
        if !downlink.is_open() {
            return;
        }
        let server = downlink.network_server.clone();
        if downlink.is_waiting() {
            self.waiting.entry(server.clone()).or_default().insert(Place::of(&downlink));
        }
        if let Some(reference) = &downlink.reference {
            self.by_reference.insert((server, reference.clone()), downlink.id);
        }
        self.by_id.insert(downlink.id, downlink);
    }

    fn remove(&mut self, id: Uuid) {
        let Some(before) = self.by_id.remove(&id) else { return };
        if let Some(waiting) = self.waiting.get_mut(&before.network_server) {
            waiting.remove(&Place::of(&before));
        }
        if let Some(reference) = &before.reference {
            self.by_reference.remove(&(before.network_server.clone(), reference.clone()));
        }
    }
}

impl Ledger {
    /// Reads what is open.
    pub(super) async fn open(store: Arc<dyn Store>) -> Result<Self, LedgerError> {
        let ledger = Self {
            store,
            open: Mutex::default(),
            turns: (0..TURNS).map(|_| AsyncMutex::default()).collect(),
            more: Notify::new(),
        };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = ledger.store.scan(OPEN, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for line in &page {
                let id = name(&line.key)?;
                // Both lines are written in one batch, so it is there.
                if let Some(downlink) = ledger.stored(id).await? {
                    ledger.lock().insert(Arc::new(downlink));
                }
            }
        }
        ledger.count();
        Ok(ledger)
    }

    /// Puts a new command into a batch that the caller commits; then it is to be [`taken`](Self::taken).
    pub(super) fn put_new(
        &self,
        batch: &mut Batch,
        downlink: &Downlink,
    ) -> Result<(), LedgerError> {
        batch.put(DOWNLINKS, key(downlink.id), encode(downlink)?);
        batch.put(OPEN, key(downlink.id), Vec::new());
        batch.put(OF_DEVICE, device_key(downlink.dev_eui, downlink.id), key(downlink.id));
        Ok(())
    }

    /// New commands are durable: they are seen from now on.
    pub(super) fn taken(&self, downlinks: impl IntoIterator<Item = Downlink>) {
        let mut open = self.lock();
        for downlink in downlinks {
            open.insert(Arc::new(downlink));
        }
        drop(open);
        self.count();
        self.more.notify_waiters();
    }

    /// A command, open or not.
    pub(super) async fn get(&self, id: Uuid) -> Result<Option<Arc<Downlink>>, LedgerError> {
        let open = self.lock().by_id.get(&id).cloned();
        match open {
            Some(downlink) => Ok(Some(downlink)),
            None => Ok(self.stored(id).await?.map(Arc::new)),
        }
    }

    /// The open command that a network server names so.
    pub(super) fn by_reference(&self, server: &NetworkServerName, reference: &str) -> Option<Uuid> {
        self.lock().by_reference.get(&(server.clone(), reference.to_owned())).copied()
    }

    /// Changes a command where `change` says that it did; gives it as it is then. `None` where there
    /// is no such command.
    pub(super) async fn change<E>(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Downlink) -> Result<bool, E>,
    ) -> Result<Option<Arc<Downlink>>, E>
    where
        E: From<LedgerError>,
    {
        let [.., low] = *id.as_bytes();
        let _turn = self.turns[usize::from(low) % TURNS].lock().await;
        let Some(before) = self.get(id).await? else { return Ok(None) };
        let mut after = Downlink::clone(&before);
        if !change(&mut after)? {
            return Ok(Some(before));
        }
        let mut batch = Batch::new();
        batch.put(DOWNLINKS, key(id), encode(&after)?);
        if after.is_open() {
            batch.put(OPEN, key(id), Vec::new());
        } else {
            batch.delete(OPEN, key(id));
        }
        self.store.commit(batch).await.map_err(LedgerError::from)?;
        if before.state != after.state {
            metrics::counter!("champollion_downlinks_total", "result" => after.state.as_str())
                .increment(1);
        }
        let after = Arc::new(after);
        self.lock().insert(Arc::clone(&after));
        self.count();
        if before.is_waiting() && !after.is_waiting() {
            // The device's next command may have waited for this one.
            self.more.notify_waiters();
        }
        Ok(Some(after))
    }

    /// A command will not change any more, though it is not at its end: it is looked after no longer.
    pub(super) async fn close(&self, id: Uuid) -> Result<(), LedgerError> {
        let mut batch = Batch::new();
        batch.delete(OPEN, key(id));
        self.store.commit(batch).await?;
        self.lock().remove(id);
        self.count();
        Ok(())
    }

    /// The commands of a device, the latest first, from before `before` on.
    pub(super) async fn of_device(
        &self,
        dev_eui: DevEui,
        before: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Arc<Downlink>>, LedgerError> {
        let prefix = device_prefix(dev_eui);
        let after = before.map(|id| device_key(dev_eui, id));
        let lines = self.store.scan(OF_DEVICE, prefix.as_bytes(), after.as_deref(), limit).await?;
        let mut downlinks = Vec::with_capacity(lines.len());
        for line in lines {
            downlinks.extend(self.get(name(&line.value)?).await?);
        }
        Ok(downlinks)
    }

    /// What is open.
    pub(super) fn all_open(&self) -> Vec<Arc<Downlink>> {
        self.lock().by_id.values().cloned().collect()
    }

    /// Looks at what waits for a network server, in its order, until `found` says that it has found
    /// what it looks for.
    pub(super) fn find_waiting<T>(
        &self,
        server: &NetworkServerName,
        found: impl FnMut(&Place) -> Option<T>,
    ) -> Option<T> {
        self.lock().waiting.get(server)?.iter().find_map(found)
    }

    /// Forgets what came before a moment and is at its end; says how much.
    pub(super) async fn forget_before(&self, moment: Timestamp) -> Result<usize, LedgerError> {
        let mut forgotten = 0;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.scan(DOWNLINKS, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { return Ok(forgotten) };
            after = Some(last.key.clone());
            let mut batch = Batch::new();
            for line in &page {
                let downlink: Downlink = decode(&line.key, &line.value)?;
                if downlink.queued_at >= moment {
                    // Names are in the order of time: all others came later.
                    self.store.commit(batch).await?;
                    return Ok(forgotten);
                }
                if self.lock().by_id.contains_key(&downlink.id) {
                    continue;
                }
                batch.delete(DOWNLINKS, line.key.clone());
                batch.delete(OF_DEVICE, device_key(downlink.dev_eui, downlink.id));
                forgotten += 1;
            }
            self.store.commit(batch).await?;
        }
    }

    async fn stored(&self, id: Uuid) -> Result<Option<Downlink>, LedgerError> {
        let Some(value) = self.store.get(DOWNLINKS, &key(id)).await? else { return Ok(None) };
        decode(&key(id), &value).map(Some)
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 commands under way")]
    fn count(&self) {
        let open = self.lock().by_id.len();
        metrics::gauge!("champollion_downlinks_open").set(open as f64);
    }

    // The values are whole even when a thread panicked with the lock: what is inconsistent for a
    // moment is put right by the next start.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock()
    }
}

fn key(id: Uuid) -> Vec<u8> {
    id.to_string().into_bytes()
}

fn name(key: &[u8]) -> Result<Uuid, LedgerError> {
    Uuid::try_parse_ascii(key).map_err(|error| damaged(key, &error))
}

fn device_prefix(dev_eui: DevEui) -> String {
    format!("{dev_eui}/")
}

/// Reading goes up, and the latest comes first: so the name is turned upside down.
fn device_key(dev_eui: DevEui, id: Uuid) -> Vec<u8> {
    format!("{}{:032x}", device_prefix(dev_eui), !id.as_u128()).into_bytes()
}

fn encode(downlink: &Downlink) -> Result<Vec<u8>, LedgerError> {
    serde_json::to_vec(downlink).map_err(|error| damaged(&key(downlink.id), &error))
}

fn decode(key: &[u8], value: &[u8]) -> Result<Downlink, LedgerError> {
    serde_json::from_slice(value).map_err(|error| damaged(key, &error))
}

fn damaged(key: &[u8], reason: &dyn std::fmt::Display) -> LedgerError {
    LedgerError::Damaged {
        table: DOWNLINKS,
        key: String::from_utf8_lossy(key).into_owned(),
        reason: reason.to_string(),
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::downlinks::{State, downlink::tests::downlink};

    async fn ledger(folder: &std::path::Path) -> Ledger {
        let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
        Ledger::open(Arc::new(store)).await.unwrap()
    }

    async fn take(ledger: &Ledger, downlinks: impl IntoIterator<Item = Downlink>) {
        for downlink in downlinks {
            let mut batch = Batch::new();
            ledger.put_new(&mut batch, &downlink).unwrap();
            ledger.store.commit(batch).await.unwrap();
            ledger.taken([downlink]);
        }
    }

    fn waiting(ledger: &Ledger) -> Vec<u128> {
        let mut all = Vec::new();
        let server = "city".parse().unwrap();
        ledger.find_waiting(&server, |place| {
            all.push(place.id.as_u128());
            None::<()>
        });
        all
    }

    #[tokio::test]
    async fn what_is_urgent_goes_first_and_then_what_came_first() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let with = |id, priority| Downlink { priority, ..downlink(id) };
        let all = [
            with(1, Priority::Low),
            with(2, Priority::Normal),
            with(4, Priority::High),
            with(3, Priority::Normal),
        ];
        take(&ledger, all).await;
        assert_eq!(waiting(&ledger), [4, 2, 3, 1]);
    }

    #[tokio::test]
    async fn what_is_open_is_open_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(folder.path()).await;
        take(&first, [downlink(1), downlink(2), downlink(3)]).await;
        let handed_over = |downlink: &mut Downlink| {
            downlink.handed_over_at = Some(downlink.queued_at);
            downlink.reference = Some("theirs".to_owned());
            Ok::<_, LedgerError>(true)
        };
        first.change(Uuid::from_u128(2), handed_over).await.unwrap();
        let failed = |downlink: &mut Downlink| {
            downlink.fail("why".to_owned(), downlink.queued_at);
            Ok::<_, LedgerError>(true)
        };
        first.change(Uuid::from_u128(3), failed).await.unwrap();
        first.store.close().await.unwrap();
        drop(first);

        let again = ledger(folder.path()).await;
        assert_eq!(waiting(&again), [1]);
        assert_eq!(again.all_open().len(), 2);
        let server = "city".parse().unwrap();
        assert_eq!(again.by_reference(&server, "theirs"), Some(Uuid::from_u128(2)));
        let third = again.get(Uuid::from_u128(3)).await.unwrap().unwrap();
        assert_eq!((third.state, third.problem.as_deref()), (State::Failed, Some("why")));
        let dev_eui = third.dev_eui;
        let listed = |page: Vec<Arc<Downlink>>| -> Vec<u128> {
            page.iter().map(|downlink| downlink.id.as_u128()).collect()
        };
        assert_eq!(listed(again.of_device(dev_eui, None, 2).await.unwrap()), [3, 2]);
        let before = Some(Uuid::from_u128(2));
        assert_eq!(listed(again.of_device(dev_eui, before, 2).await.unwrap()), [1]);
    }

    #[tokio::test]
    async fn only_what_is_at_its_end_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        take(&ledger, [downlink(1), downlink(2)]).await;
        let failed = |downlink: &mut Downlink| {
            downlink.fail("why".to_owned(), downlink.queued_at);
            Ok::<_, LedgerError>(true)
        };
        ledger.change(Uuid::from_u128(2), failed).await.unwrap();
        let (queued_at, dev_eui) = (downlink(1).queued_at, downlink(1).dev_eui);
        assert_eq!(ledger.forget_before(queued_at).await.unwrap(), 0);
        assert_eq!(ledger.forget_before(Timestamp::MAX).await.unwrap(), 1);
        assert_eq!(ledger.of_device(dev_eui, None, 9).await.unwrap().len(), 1);
        assert!(ledger.get(Uuid::from_u128(2)).await.unwrap().is_none());
    }
}
