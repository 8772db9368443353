//! The book of all commands: durable, and of those that are open also in memory.

use std::{collections::HashMap, fmt, num::ParseIntError, str::FromStr, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;
use champollion_registry::ledger::AuditEntry;
use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Empty, Pair, Text},
    tables,
};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use uuid::Uuid;

use super::{
    Downlink, LedgerError,
    queue::{Place, Queue, Wanted},
};
use crate::authors::Author;

const DOWNLINKS: Table<Uuid, Downlink> = Table::new(tables::DOWNLINKS);
const OPEN: Table<Uuid, (), Text, Empty> = Table::new(tables::OPEN_DOWNLINKS);
const OF_DEVICE: Table<(DevEui, LatestFirst), Uuid, Pair, Text> =
    Table::new(tables::DOWNLINKS_OF_DEVICE);

/// Commands of a device that are looked up at once.
const LINES: usize = 100;

/// Among how many locks the commands are spread. A lock is held while one command is changed, some
/// milliseconds.
const TURNS: usize = 64;

/// All commands. Every change is durable before it is seen.
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
    open: Mutex<Open>,
    /// The turns of those that change a command.
    turns: Box<[AsyncMutex<()>]>,
    /// Something waits to be handed over that did not before.
    pub(super) more: Notify,
}

/// The name of a command in the table of its device. Reading goes up, and the latest comes first: so the
/// name is turned upside down.
struct LatestFirst(Uuid);

#[derive(Default)]
struct Open {
    by_id: HashMap<Uuid, Arc<Downlink>>,
    /// By the network server's name of it.
    by_reference: HashMap<(NetworkServerName, String), Uuid>,
    /// The commands that wait to be handed over, by network server.
    waiting: HashMap<NetworkServerName, Queue>,
    /// The numbers of commands of each group.
    of_groups: HashMap<GroupId, Counts>,
}

/// The numbers of commands of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Those that wait to be handed over.
    pub(super) waiting: usize,
    /// Those that are not at their end.
    pub(super) open: usize,
}

impl Open {
    fn insert(&mut self, downlink: Arc<Downlink>) {
        self.remove(downlink.id);
        if !downlink.is_open() {
            return;
        }
        let server = downlink.network_server.clone();
        let counts = self.of_groups.entry(downlink.group.clone()).or_default();
        counts.open += 1;
        if downlink.is_waiting() {
            counts.waiting += 1;
            self.waiting.entry(server.clone()).or_default().insert(&downlink);
        }
        if let Some(reference) = &downlink.reference {
            self.by_reference.insert((server, reference.clone()), downlink.id);
        }
        self.by_id.insert(downlink.id, downlink);
    }

    fn remove(&mut self, id: Uuid) {
        let Some(before) = self.by_id.remove(&id) else { return };
        if let Some(counts) = self.of_groups.get_mut(&before.group) {
            counts.open -= 1;
            counts.waiting -= usize::from(before.is_waiting());
            if counts.open == 0 {
                self.of_groups.remove(&before.group);
            }
        }
        if let Some(waiting) = self.waiting.get_mut(&before.network_server) {
            waiting.remove(&before);
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
        let mut pages = OPEN.pages(&*ledger.store);
        while let Some(page) = pages.next().await? {
            for (id, ()) in page {
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
        DOWNLINKS.put(batch, &downlink.id, downlink)?;
        OPEN.put(batch, &downlink.id, &())?;
        Ok(OF_DEVICE.put(batch, &device_key(downlink), &downlink.id)?)
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
        self.change_by(id, change, None::<(_, fn(&Downlink) -> AuditEntry)>).await
    }

    /// The same in the name of an author, with the line of the audit that tells of it.
    pub(super) async fn change_in_name_of<E>(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Downlink) -> Result<bool, E>,
        act: (&dyn Author, impl FnOnce(&Downlink) -> AuditEntry),
    ) -> Result<Option<Arc<Downlink>>, E>
    where
        E: From<LedgerError>,
    {
        self.change_by(id, change, Some(act)).await
    }

    async fn change_by<E>(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Downlink) -> Result<bool, E>,
        act: Option<(&dyn Author, impl FnOnce(&Downlink) -> AuditEntry)>,
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
        put_change(&mut batch, &after).map_err(LedgerError::from)?;
        match act {
            Some((author, act)) => {
                author.commit(batch, act(&after)).await.map_err(LedgerError::from)?;
            }
            None => {
                self.store.commit(batch).await.map_err(LedgerError::from)?;
            }
        }
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
        OPEN.delete(&mut batch, &id);
        self.store.commit(batch).await?;
        self.lock().remove(id);
        self.count();
        Ok(())
    }

    /// Commands of a device that are seen, the latest first, from before `before` on: at most one more than
    /// `limit`, and one more than fit into so many bytes.
    pub(super) async fn of_device(
        &self,
        dev_eui: DevEui,
        before: Option<Uuid>,
        limit: usize,
        bytes: usize,
        is_seen: &(dyn Fn(&Downlink) -> bool + Sync),
    ) -> Result<Vec<Downlink>, LedgerError> {
        let prefix = Pair::prefix(&dev_eui);
        let mut after = before.map(|id| (dev_eui, LatestFirst(id)));
        let (mut downlinks, mut taken) = (Vec::new(), 0);
        loop {
            let lines = OF_DEVICE.page(&*self.store, &prefix, after.as_ref(), LINES).await?;
            let at_end = lines.len() < LINES;
            for (key, id) in lines {
                after = Some(key);
                let Some(downlink) = self.get(id).await? else { continue };
                if !is_seen(&downlink) {
                    continue;
                }
                taken += bytes_of(&downlink);
                downlinks.push(Downlink::clone(&downlink));
                if downlinks.len() > limit || taken > bytes && downlinks.len() > 1 {
                    return Ok(downlinks);
                }
            }
            if at_end {
                return Ok(downlinks);
            }
        }
    }

    /// Returns the commands that are open.
    pub(super) fn all_open(&self) -> Vec<Arc<Downlink>> {
        self.lock().by_id.values().cloned().collect()
    }

    /// The next command that waits for a network server and is ready, of the group whose turn it is after
    /// `last`.
    pub(super) fn next_waiting(
        &self,
        server: &NetworkServerName,
        last: Option<&GroupId>,
        wanted: Wanted,
        is_ready: impl Fn(&Place) -> bool,
    ) -> Option<(GroupId, Place)> {
        self.lock().waiting.get(server)?.next(last, wanted, is_ready)
    }

    /// Returns the numbers of commands of a group.
    pub(super) fn counts(&self, group: &GroupId) -> Counts {
        self.lock().of_groups.get(group).copied().unwrap_or_default()
    }

    /// Returns the groups that have commands that are not at their end.
    pub(super) fn groups(&self) -> Vec<GroupId> {
        self.lock().of_groups.keys().cloned().collect()
    }

    /// Forgets what came before a moment and is at its end; says how much.
    pub(super) async fn forget_before(&self, moment: Timestamp) -> Result<usize, LedgerError> {
        let mut forgotten = 0;
        let mut pages = DOWNLINKS.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            for (id, downlink) in page {
                if downlink.queued_at >= moment {
                    // Names are in the order of time: all others came later.
                    self.store.commit(batch).await?;
                    return Ok(forgotten);
                }
                if self.lock().by_id.contains_key(&id) {
                    continue;
                }
                DOWNLINKS.delete(&mut batch, &id);
                OF_DEVICE.delete(&mut batch, &device_key(&downlink));
                forgotten += 1;
            }
            self.store.commit(batch).await?;
        }
        Ok(forgotten)
    }

    async fn stored(&self, id: Uuid) -> Result<Option<Downlink>, LedgerError> {
        Ok(DOWNLINKS.get(&*self.store, &id).await?)
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

impl fmt::Display for LatestFirst {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", !self.0.as_u128())
    }
}

impl FromStr for LatestFirst {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u128::from_str_radix(text, 16).map(|number| Self(Uuid::from_u128(!number)))
    }
}

/// Bytes of a command as JSON.
fn bytes_of(downlink: &Downlink) -> usize {
    serde_json::to_vec(downlink).map_or(0, |json| json.len())
}

fn device_key(downlink: &Downlink) -> (DevEui, LatestFirst) {
    (downlink.dev_eui, LatestFirst(downlink.id))
}

/// Puts a command as it is now into a batch, and whether it is looked after.
fn put_change(batch: &mut Batch, downlink: &Downlink) -> Result<(), TableError> {
    DOWNLINKS.put(batch, &downlink.id, downlink)?;
    if downlink.is_open() {
        OPEN.put(batch, &downlink.id, &())?;
    } else {
        OPEN.delete(batch, &downlink.id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use champollion_lns::Priority;
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

    /// Takes the next command, again and again, until none waits.
    fn waiting(ledger: &Ledger) -> Vec<u128> {
        let mut all: Vec<Uuid> = Vec::new();
        let (server, mut open) = ("city".parse().unwrap(), ledger.lock());
        let queue: &mut Queue = open.waiting.entry(server).or_default();
        let mut queue = std::mem::take(queue);
        let next = |queue: &Queue| {
            let urgent = queue.next(None, Wanted::Urgent, |_| true);
            urgent.or_else(|| queue.next(None, Wanted::Others, |_| true))
        };
        while let Some((_, place)) = next(&queue) {
            all.push(place.id);
            queue.remove(&open.by_id[&place.id]);
        }
        all.iter().for_each(|id| queue.insert(&open.by_id[id]));
        open.waiting.insert("city".parse().unwrap(), queue);
        all.iter().map(Uuid::as_u128).collect()
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
        let group = downlink(1).group;
        assert_eq!(again.counts(&group), Counts { waiting: 1, open: 2 });
        let server = "city".parse().unwrap();
        assert_eq!(again.by_reference(&server, "theirs"), Some(Uuid::from_u128(2)));
        let third = again.get(Uuid::from_u128(3)).await.unwrap().unwrap();
        assert_eq!((third.state, third.problem.as_deref()), (State::Failed, Some("why")));
        let dev_eui = third.dev_eui;
        let listed = |page: Vec<Downlink>| -> Vec<u128> {
            page.iter().map(|downlink| downlink.id.as_u128()).collect()
        };
        let page = |before: Option<u128>, limit, bytes| {
            let before = before.map(Uuid::from_u128);
            again.of_device(dev_eui, before, limit, bytes, &|_| true)
        };
        // One more than was asked for says that there are more.
        assert_eq!(listed(page(None, 1, 9_999).await.unwrap()), [3, 2]);
        assert_eq!(listed(page(Some(2), 2, 9_999).await.unwrap()), [1]);
        assert_eq!(listed(page(None, 9, 1).await.unwrap()), [3, 2]);
    }

    #[tokio::test]
    async fn lines_are_stored_as_they_always_were() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        take(&ledger, [downlink(1)]).await;
        let (id, dev_eui) = (Uuid::from_u128(1).to_string(), downlink(1).dev_eui);
        assert_eq!(id, "00000000-0000-0000-0000-000000000001");
        let (store, id) = (&ledger.store, id.as_bytes());
        let stored = store.get("downlinks", id).await.unwrap();
        assert_eq!(stored, Some(serde_json::to_vec(&downlink(1)).unwrap()));
        assert_eq!(store.get("downlinks-open", id).await.unwrap(), Some(Vec::new()));
        let key = format!("{dev_eui}/fffffffffffffffffffffffffffffffe");
        let stored = store.get("downlinks-of-device", key.as_bytes()).await.unwrap();
        assert_eq!(stored, Some(id.to_vec()));
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
        let left = ledger.of_device(dev_eui, None, 9, 9_999, &|_| true).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(ledger.get(Uuid::from_u128(2)).await.unwrap().is_none());
    }
}
