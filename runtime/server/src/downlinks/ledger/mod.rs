//! The book of all commands: durable, and of those that are open also in memory.

use std::{fmt, num::ParseIntError, str::FromStr, sync::Arc, time::Instant};

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
    open::{Counts, Open},
    queue::Queue,
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
        self.lock().ended(now)
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
        if self.lock().device_heard(server, dev_eui, look) {
            self.more.notify_waiters();
        }
    }

    /// Returns the commands of which it is to be looked whether something was told, by now: those whose
    /// device was heard since they were offered last.
    pub(super) fn looks(&self, now: Instant) -> Vec<Arc<Downlink>> {
        self.lock().looks(now)
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
mod tests;
