//! The follower of the log of changes.

use std::{
    cmp::Ordering,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use champollion_frames::DevEui;
use champollion_store::{Entry, Sequence, Store, StoreError, tables};
use parking_lot::RwLock;
use tokio::{
    sync::{Mutex, watch},
    time::MissedTickBehavior,
};

use super::{
    super::End,
    change::{ChangeFault, Rows, read_into},
    due_devices::DueDevices,
    due_registry::DueRegistry,
    rooms::{RefreshError, Rooms},
};

/// The interval at which the log is read.
const PERIOD: Duration = Duration::from_millis(100);

/// The time for which what is in memory is trusted after it was compared with the log: revoked is refused within it.
const TRUST: Duration = Duration::from_secs(2);

/// Entries that are read at once.
const PAGE: usize = 100;

/// The time that somebody waits for what is being read again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The follower of the log of changes.
pub(crate) struct Follower {
    store: Arc<dyn Store>,
    /// The newest version in which this node is told of changes.
    newest: u32,
    /// The rooms, once they are open.
    rooms: OnceLock<Rooms>,
    /// Held while the log is read and the rooms are told.
    place: Mutex<Place>,
    /// The moment at which the last reading began that came to the end.
    read_at: RwLock<Instant>,
    due: DueDevices,
    registry_due: DueRegistry,
}

/// The place in the log that the rooms are at.
struct Place {
    cursor: Sequence,
    /// The entry there; none of a log that begins behind it.
    last: Option<Vec<u8>>,
    /// The moment at which the last reading began that came to the end.
    read_at: Instant,
}

/// The reason why the log is not followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A room does not read again what changed.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// An entry cannot be followed.
    #[error(transparent)]
    Change(#[from] ChangeFault),
    /// Entries were removed before they were read: only a start reads everything.
    #[error("the log of changes was truncated before this node had read it")]
    FellBehind,
    /// The entry that was read last is there no more, or another one is in its place: what is in memory is later than
    /// the store.
    #[error(
        "the log of changes ends before what this node has read of it: the database was set back"
    )]
    SetBack,
    /// It takes longer than somebody waits.
    #[error("what has changed was not read within {} seconds", PATIENCE.as_secs())]
    TooLate,
}

impl FollowError {
    /// The end of a node that cannot follow the log any more.
    pub(crate) const fn end(&self) -> End {
        match self {
            Self::SetBack => End::SetBack,
            error if error.is_of_later_protocol() => End::LaterProtocol,
            _ => End::FellBehind,
        }
    }

    /// Whether an entry is in a later version of the protocol than this node reads.
    const fn is_of_later_protocol(&self) -> bool {
        matches!(self, Self::Change(ChangeFault::Newer { .. }))
    }
}

impl Follower {
    /// A follower from the end of the log. What is opened afterwards knows all that is before.
    pub(crate) async fn open(store: Arc<dyn Store>, newest: u32) -> Result<Self, StoreError> {
        let read_at = Instant::now();
        let log = tables::CHANGES.as_str();
        let cursor = store.extent(log).await?.last;
        let last = store.read(log, before(cursor), 1).await?.into_iter().next();
        let last = last.filter(|entry| entry.sequence == cursor).map(|entry| entry.value);
        Ok(Self {
            store,
            newest,
            rooms: OnceLock::new(),
            place: Mutex::new(Place { cursor, last, read_at }),
            read_at: RwLock::new(read_at),
            due: DueDevices::new(),
            registry_due: DueRegistry::new(),
        })
    }

    /// Tells these rooms of changes from now on.
    pub(crate) fn tell(&self, rooms: Rooms) {
        // The first ones stay.
        drop(self.rooms.set(rooms));
    }

    /// The time since memory was compared with the log.
    pub(crate) fn lag(&self) -> Duration {
        self.read_at.read().elapsed()
    }

    /// Whether what is in memory can be trusted.
    pub(crate) fn is_current(&self) -> bool {
        self.lag() < TRUST
    }

    /// The number of devices that another node has changed and that were not read again yet.
    pub(crate) fn devices_left(&self) -> usize {
        self.due.left()
    }

    /// Whether a device has changed and was not read again yet.
    pub(crate) fn is_due(&self, dev_eui: DevEui) -> bool {
        self.due.has(dev_eui)
    }

    /// Makes sure that all is in memory that was durable when this was called, but devices and decoders: asked before a
    /// sender is refused as unknown. Those who ask at once share one reading.
    pub(crate) async fn read_log(&self) -> Result<(), FollowError> {
        in_time(self.read_on(Instant::now())).await
    }

    /// The same of devices too: asked before a device is refused as unknown.
    pub(crate) async fn catch_up_with_devices(&self) -> Result<(), FollowError> {
        in_time(async {
            self.read_on(Instant::now()).await?;
            self.due.settled().await;
            Ok::<(), FollowError>(())
        })
        .await
    }

    /// The same of decoders: asked before a device has none.
    pub(crate) async fn catch_up_with_decoders(&self) -> Result<(), FollowError> {
        in_time(async {
            self.read_on(Instant::now()).await?;
            self.registry_due.settled().await;
            Ok::<(), FollowError>(())
        })
        .await
    }

    /// The same of devices, for one who goes on without those that are still being read.
    pub(crate) async fn catch_up(&self) -> Result<(), FollowError> {
        match self.catch_up_with_devices().await {
            Err(FollowError::TooLate) => self.read_on(Instant::now()).await,
            caught_up => caught_up,
        }
    }

    /// Reads the log to its end, unless somebody else has begun to since `asked`.
    async fn read_on(&self, asked: Instant) -> Result<(), FollowError> {
        let Some(rooms) = self.rooms.get() else { return Ok(()) };
        let mut place = self.place.lock().await;
        while place.read_at < asked {
            let began = Instant::now();
            let log = tables::CHANGES.as_str();
            let entries = place.entries_after(&*self.store, log).await?;
            let mut rows = Rows::new();
            for entry in &entries {
                read_into(&mut rows, &entry.value, self.newest)?;
            }
            rooms.refresh(&rows, &self.due).await?;
            if Rooms::is_of_registry(&rows) {
                self.registry_due.add();
            }
            let is_end = entries.len() < PAGE;
            if let Some(last) = entries.into_iter().next_back() {
                (place.cursor, place.last) = (last.sequence, Some(last.value));
            }
            if is_end {
                place.read_at = began;
                *self.read_at.write() = began;
            }
        }
        Ok(())
    }

    /// Follows the log until the server stops, or until it cannot be followed any more.
    pub(crate) async fn follow(
        &self,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), FollowError> {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fails = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            }
            match self.read_on(Instant::now()).await {
                Ok(()) if fails => {
                    tracing::info!("the log of changes is followed again");
                    fails = false;
                }
                Ok(()) => {}
                Err(error @ (FollowError::FellBehind | FollowError::SetBack)) => return Err(error),
                // A start has the others write what this node reads, or is refused.
                Err(error) if error.is_of_later_protocol() => return Err(error),
                Err(error) if fails => {
                    tracing::debug!(%error, "the log of changes is not followed")
                }
                Err(error) => {
                    tracing::error!(%error, "the log of changes cannot be followed: no frames are taken");
                    fails = true;
                }
            }
        }
    }

    /// Reads the index of the registry again where other nodes have changed it, until it is given up.
    pub(crate) async fn read_due_registry(&self) {
        loop {
            let Some(rooms) = self.rooms.get() else {
                tokio::time::sleep(PERIOD).await;
                continue;
            };
            if let Err(error) = self.registry_due.read(&rooms.registry).await {
                tracing::error!(%error, "decoders that another node has changed cannot be read");
                tokio::time::sleep(TRUST).await;
            }
        }
    }

    /// Reads devices again that other nodes have changed, until it is given up.
    pub(crate) async fn read_due_devices(&self) {
        loop {
            let Some(rooms) = self.rooms.get() else {
                tokio::time::sleep(PERIOD).await;
                continue;
            };
            if let Err(error) = self.due.read_some(&rooms.devices).await {
                tracing::error!(%error, "devices that another node has changed cannot be read");
                tokio::time::sleep(TRUST).await;
            }
        }
    }
}

/// The outcome of a reading, where it is there while somebody waits.
async fn in_time(
    reading: impl Future<Output = Result<(), FollowError>>,
) -> Result<(), FollowError> {
    tokio::time::timeout(PATIENCE, reading).await.unwrap_or(Err(FollowError::TooLate))
}

impl Place {
    /// The entries after the place. Where there are some, the one at the place is read once more: it says whether the log
    /// is still the one that was read.
    async fn entries_after(&self, store: &dyn Store, log: &str) -> Result<Vec<Entry>, FollowError> {
        // Mostly there is nothing new: the ends of the log say so, and read no entry.
        let extent = store.extent(log).await?;
        if extent.truncated > self.cursor {
            return Err(FollowError::FellBehind);
        }
        match extent.last.cmp(&self.cursor) {
            Ordering::Less => return Err(FollowError::SetBack),
            Ordering::Equal => return Ok(Vec::new()),
            Ordering::Greater => {}
        }
        let Some(last) = &self.last else {
            let entries = store.read(log, self.cursor, PAGE).await?;
            check_gap(self.cursor, &entries)?;
            return Ok(entries);
        };
        let mut entries = store.read(log, before(self.cursor), PAGE + 1).await?;
        check_gap(before(self.cursor), &entries)?;
        match entries.first() {
            Some(first) if first.value == *last => {}
            _ => return Err(FollowError::SetBack),
        }
        entries.remove(0);
        Ok(entries)
    }
}

/// The sequence before another one.
const fn before(sequence: Sequence) -> Sequence {
    Sequence::new(sequence.get().saturating_sub(1))
}

/// Refuses entries that do not go on where the cursor is: those between were truncated unread. The log has no gap of
/// its own.
fn check_gap(cursor: Sequence, entries: &[Entry]) -> Result<(), FollowError> {
    match entries.first() {
        Some(first) if first.sequence.get() > cursor.get().saturating_add(1) => {
            Err(FollowError::FellBehind)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{Batch, SledOptions, SledStore};

    use super::*;

    #[test]
    fn entries_that_were_truncated_unread_are_missed_and_not_passed_over() {
        let entries = |sequences: &[u64]| -> Vec<Entry> {
            let entry = |&sequence| Entry { sequence: Sequence::new(sequence), value: Vec::new() };
            sequences.iter().map(entry).collect()
        };
        assert!(check_gap(Sequence::new(6), &[]).is_ok());
        assert!(check_gap(Sequence::new(6), &entries(&[7, 8])).is_ok());
        assert!(check_gap(Sequence::BEGINNING, &entries(&[1])).is_ok());
        let missed = check_gap(Sequence::new(6), &entries(&[8, 9]));
        assert!(matches!(missed, Err(FollowError::FellBehind)));
    }

    #[tokio::test]
    async fn a_log_that_was_set_back_is_not_followed() {
        let log = tables::CHANGES.as_str();
        let place = |cursor, last: Option<&[u8]>| Place {
            cursor: Sequence::new(cursor),
            last: last.map(<[u8]>::to_vec),
            read_at: Instant::now(),
        };
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let mut batch = Batch::new();
        batch.skip(log, Sequence::new(6)).append(log, "7").append(log, "8");
        store.commit(batch).await.unwrap();
        let read = async |place: Place| {
            let entries = place.entries_after(&store, log).await?;
            Ok::<_, FollowError>(
                entries.iter().map(|entry| entry.sequence.get()).collect::<Vec<_>>(),
            )
        };
        assert!(read(place(8, Some(b"8"))).await.unwrap().is_empty());
        assert_eq!(read(place(7, Some(b"7"))).await.unwrap(), [8]);
        assert_eq!(read(place(6, None)).await.unwrap(), [7, 8], "a copy of a log begins so");
        let shorter = read(place(9, Some(b"9"))).await;
        assert!(matches!(shorter, Err(FollowError::SetBack)), "{shorter:?}");
        let grown_anew = read(place(7, Some(b"other"))).await;
        assert!(matches!(grown_anew, Err(FollowError::SetBack)), "{grown_anew:?}");
        let truncated = read(place(5, Some(b"5"))).await;
        assert!(matches!(truncated, Err(FollowError::FellBehind)), "{truncated:?}");
    }
}
