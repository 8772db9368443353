//! The book of all commands: durable, and of those that are open also in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    num::ParseIntError,
    str::FromStr,
    sync::Arc,
    time::Instant,
};

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

use super::{Downlink, GRACE, LedgerError, State, queue::Queue};
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
    /// All commands by the moment at which nothing more is expected of them.
    ends: BTreeSet<(Timestamp, Uuid)>,
    /// The commands of each device of which nothing was told.
    untold: HashMap<DevEui, BTreeSet<Uuid>>,
    /// Those of them whose device was heard: by when it is looked whether something was told, the moment at
    /// which the device was heard.
    looks: BTreeMap<(Instant, Uuid), Timestamp>,
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
        let before = self.take_out(downlink.id);
        if let Some(before) = before.filter(|before| before.is_waiting() && !downlink.is_waiting())
        {
            self.forget_pause(&before);
        }
        if !downlink.is_open() {
            return;
        }
        self.ends.insert((downlink.ends_at(GRACE), downlink.id));
        if downlink.state == State::Unknown {
            self.untold.entry(downlink.dev_eui).or_default().insert(downlink.id);
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

    fn remove(&mut self, id: Uuid) -> Option<Arc<Downlink>> {
        let before = self.take_out(id)?;
        self.forget_pause(&before);
        Some(before)
    }

    fn forget_pause(&mut self, downlink: &Downlink) {
        if let Some(waiting) = self.waiting.get_mut(&downlink.network_server) {
            waiting.forget(downlink.id);
        }
    }

    /// Takes a command out of everything but the pauses, which outlast a change of it.
    fn take_out(&mut self, id: Uuid) -> Option<Arc<Downlink>> {
        let before = self.by_id.remove(&id)?;
        self.ends.remove(&(before.ends_at(GRACE), id));
        if let Some(untold) = self.untold.get_mut(&before.dev_eui) {
            untold.remove(&id);
            if untold.is_empty() {
                self.untold.remove(&before.dev_eui);
            }
        }
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
        Some(before)
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
        ledger.read().await?;
        Ok(ledger)
    }

    /// Reads what is open, in the place of all that is known to be.
    pub(super) async fn read(&self) -> Result<(), LedgerError> {
        let mut open = Open::default();
        let mut pages = OPEN.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for (id, ()) in page {
                // Both lines are written in one batch, so it is there.
                if let Some(downlink) = self.stored(id).await? {
                    open.insert(Arc::new(downlink));
                }
            }
        }
        *self.lock() = open;
        self.count();
        Ok(())
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
        if before.state != after.state && after.state.is_an_outcome() {
            metrics::counter!("champollion_downlinks_total", "result" => after.state.as_str())
                .increment(1);
        }
        let after = Arc::new(after);
        self.lock().insert(Arc::clone(&after));
        self.count();
        if before.is_waiting() != after.is_waiting() {
            // The device's next command may have waited for this one, or this one waits again.
            self.more.notify_waiters();
        }
        Ok(Some(after))
    }

    /// A command will not change any more, though it is not at its end: it is looked after no longer.
    pub(super) async fn close(&self, id: Uuid) -> Result<(), LedgerError> {
        let mut batch = Batch::new();
        OPEN.delete(&mut batch, &id);
        self.store.commit(batch).await?;
        let closed = self.lock().remove(id);
        if let Some(closed) = closed.filter(|closed| !closed.state.is_an_outcome()) {
            let result = closed.state.as_str();
            metrics::counter!("champollion_downlinks_total", "result" => result).increment(1);
        }
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

    /// Returns the open commands of which nothing more is expected, by now.
    pub(super) fn ended(&self, now: Timestamp) -> Vec<Arc<Downlink>> {
        let open = self.lock();
        let over = open.ends.range(..=(now, Uuid::max()));
        over.filter_map(|(_, id)| open.by_id.get(id).cloned()).collect()
    }

    /// Whether a command is looked after.
    pub(super) fn is_open(&self, id: Uuid) -> bool {
        self.lock().by_id.contains_key(&id)
    }

    /// Looks into the queue of a network server, or changes it.
    pub(super) fn with_queue<T>(
        &self,
        server: &NetworkServerName,
        work: impl FnOnce(&mut Queue) -> T,
    ) -> T {
        work(self.lock().waiting.entry(server.clone()).or_default())
    }

    /// A device was heard through a network server: what waited for that is ready, and of what was offered
    /// before it is looked at `look` whether something was told.
    pub(super) fn device_heard(&self, server: &NetworkServerName, dev_eui: DevEui, look: Instant) {
        let mut open = self.lock();
        let open = &mut *open;
        if let Some(untold) = open.untold.get(&dev_eui) {
            let now = Timestamp::now();
            let is_its_own = |id: &&Uuid| {
                open.by_id.get(*id).is_some_and(|downlink| downlink.network_server == *server)
            };
            let own = untold.iter().filter(is_its_own);
            open.looks.extend(own.map(|id| ((look, *id), now)));
        }
        let woken = open.waiting.get_mut(server).is_some_and(|queue| queue.heard(dev_eui));
        if woken {
            self.more.notify_waiters();
        }
    }

    /// Returns the commands of which it is to be looked whether something was told, by now: those whose
    /// device was heard since they were offered last.
    pub(super) fn looks(&self, now: Instant) -> Vec<Arc<Downlink>> {
        let mut open = self.lock();
        let open = &mut *open;
        let mut due = Vec::new();
        while let Some(entry) = open.looks.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((_, id), heard_at) = entry.remove_entry();
            let downlink = open.by_id.get(&id).filter(|downlink| {
                downlink.offered_at.is_none_or(|offered_at| offered_at <= heard_at)
            });
            due.extend(downlink.cloned());
        }
        due
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
    use std::time::Duration;

    use champollion_lns::Priority;
    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::downlinks::{CommandFailure, downlink::tests::downlink, queue::Wanted};

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
        let next = |queue: &mut Queue| {
            let urgent = queue.next(None, Wanted::Urgent);
            urgent.or_else(|| queue.next(None, Wanted::Others))
        };
        while let Some((group, place)) = next(&mut queue) {
            all.push(place.id);
            queue.remove(&open.by_id[&place.id]);
            queue.done(&group, place.dev_eui);
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
            downlink.fail((CommandFailure::Refused, "why"), downlink.queued_at);
            Ok::<_, LedgerError>(true)
        };
        first.change(Uuid::from_u128(3), failed).await.unwrap();
        first.store.close().await.unwrap();
        drop(first);

        let again = ledger(folder.path()).await;
        assert_eq!(waiting(&again), [1]);
        assert_eq!(again.lock().by_id.len(), 2);
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
    async fn commands_end_in_the_order_of_their_ends() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let at = |seconds| downlink(1).queued_at + Duration::from_secs(seconds);
        let ending = |id, seconds| Downlink { expires_at: at(seconds), ..downlink(id) };
        take(&ledger, [ending(1, 30), ending(2, 10), ending(3, 20)]).await;
        let ended = |seconds| -> Vec<u128> {
            ledger.ended(at(seconds)).iter().map(|downlink| downlink.id.as_u128()).collect()
        };
        assert_eq!((ended(9), ended(20)), (vec![], vec![2, 3]));
        ledger.close(Uuid::from_u128(2)).await.unwrap();
        assert_eq!(ended(60), [3, 1]);
    }

    #[tokio::test]
    async fn what_was_not_told_is_looked_at_after_the_device_was_heard() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        take(&ledger, [downlink(1), downlink(2)]).await;
        let untold = |downlink: &mut Downlink| {
            downlink.lose_sight((CommandFailure::Untold, "nothing was told"));
            Ok::<_, LedgerError>(true)
        };
        ledger.change(Uuid::from_u128(1), untold).await.unwrap();
        let one = downlink(1);
        let now = Instant::now();
        let look = now + Duration::from_secs(20);
        ledger.device_heard(&one.network_server, one.dev_eui, look);
        assert!(ledger.looks(now).is_empty());
        let looked: Vec<u128> =
            ledger.looks(look).iter().map(|downlink| downlink.id.as_u128()).collect();
        assert_eq!(looked, [1]);
        assert!(ledger.looks(look).is_empty(), "twice");

        // Offered again after that: the device was not heard since.
        ledger.device_heard(&one.network_server, one.dev_eui, look);
        let offered = |downlink: &mut Downlink| {
            downlink.offered_at = Some(Timestamp::now() + Duration::from_secs(1));
            Ok::<_, LedgerError>(true)
        };
        ledger.change(Uuid::from_u128(1), offered).await.unwrap();
        assert!(ledger.looks(look).is_empty());
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
            downlink.fail((CommandFailure::Refused, "why"), downlink.queued_at);
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
