//! Storage: the use of the disk, whether there is room for another record, and for how long there will be.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_store::{Disk, Health, Store, StoreError, Usage};
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;

/// The interval of looks at the disk.
pub const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// The time whose growth the forecast is made of.
const PAST: Duration = Duration::from_secs(3_600);

/// … of which so much must be known: a start is no rule.
const PAST_AT_LEAST: Duration = Duration::from_secs(60);

/// Between two samples of the past.
const SAMPLE_PERIOD: Duration = Duration::from_secs(30);

/// The limits of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageLimits {
    /// Most bytes of the store; 0 is as many as the disk has.
    pub max_bytes: u64,
    /// Bytes of the disk that are left free.
    pub keep_free_bytes: u64,
}

/// Looks after the disks that the store is on: one, or that of each database where groups lie in several.
pub struct Storage {
    store: Arc<dyn Store>,
    limits: StorageLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The disks as they were seen last, in the order of the store.
    disks: Vec<Seen>,
    /// The uses of all disks and their moments, the oldest first.
    past: VecDeque<(Instant, u64)>,
}

/// A disk as it was seen last.
#[derive(Default)]
struct Seen {
    /// The name, where there are several.
    name: Option<String>,
    /// The space; `None` of one that never answered.
    usage: Option<Usage>,
    /// Why nothing more is taken that lies on it.
    full: Option<Full>,
}

/// Why nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Full {
    /// The store has what it may have.
    #[error("the store has reached [store] max-bytes: records must be delivered or expire first")]
    MaxBytes,
    /// The disk is nearly full.
    #[error("the disk has less than [store] keep-free-bytes free: make room on it")]
    KeepFreeBytes,
}

/// The report on the disk for an operator.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StorageReport)]
pub struct Report {
    /// Bytes that what is kept takes, about.
    used_bytes: u64,
    /// Bytes of the files; what of them is free is used again.
    file_bytes: u64,
    /// Bytes of the disk that are free; of several databases, where the least are.
    free_bytes: u64,
    /// The setting; 0 is no bound.
    max_bytes: u64,
    /// The bytes that the setting keeps free.
    keep_free_bytes: u64,
    /// Why nothing more is taken, where that is so.
    #[schema(required)]
    full: Option<Full>,
    /// The further databases that have no room: frames of the groups in them are refused.
    full_databases: Vec<String>,
    /// By how many bytes it grows in an hour, or shrinks, at the present rate.
    #[schema(required)]
    bytes_per_hour: Option<i64>,
    /// In how many hours it is full at this rate.
    #[schema(required)]
    full_in_hours: Option<f64>,
}

impl Storage {
    /// Looks after the disk of a store; looks at it once.
    pub async fn open(store: Arc<dyn Store>, limits: StorageLimits) -> Result<Self, StoreError> {
        let storage = Self { store, limits, state: Mutex::default() };
        storage.look().await?;
        Ok(storage)
    }

    /// The store whose disk it is.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Looks how much is taken now. A disk that cannot be asked is as it was seen last, and is the error.
    pub async fn look(&self) -> Result<(), StoreError> {
        let disks = self.store.disks().await;
        let fault = self.note(disks, Instant::now());
        let total = self.state().total();
        metrics::gauge!("champollion_store_used_bytes").set(total.used_bytes as f64);
        metrics::gauge!("champollion_store_file_bytes").set(total.file_bytes as f64);
        metrics::gauge!("champollion_store_free_bytes").set(total.free_bytes as f64);
        fault.map_or(Ok(()), Err)
    }

    /// Why nothing more is taken, where that is so: the disk is full that has what is no group's, or all that may be taken is.
    #[must_use]
    pub fn full(&self) -> Option<Full> {
        self.full_of(None)
    }

    /// Why nothing more of a group is taken, where that is so: the disk is full that it lies on, or the first one, without
    /// which nothing is taken.
    #[must_use]
    pub fn full_of(&self, group: Option<&str>) -> Option<Full> {
        self.full_at(self.store.disk_of(group))
    }

    /// Why nothing more is taken that lies on a disk, where that is so.
    fn full_at(&self, own: usize) -> Option<Full> {
        let state = self.state();
        let full = |at: usize| state.disks.get(at).and_then(|disk| disk.full);
        full(0).or_else(|| full(own))
    }

    /// Whether frames of any group are refused, since there is no room for them.
    #[must_use]
    pub fn is_full_for_some(&self) -> bool {
        self.state().disks.iter().any(|disk| disk.full.is_some())
    }

    /// Why a frame of a group cannot be kept now, as far as is known before it is tried.
    #[must_use]
    pub fn health_of(&self, group: Option<&str>) -> Health {
        self.store.health_of(group)
    }

    /// Returns the report for an operator.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.state();
        let usage = state.total();
        let bytes_per_hour = state.bytes_per_hour();
        let full_in_hours = bytes_per_hour.filter(|rate| *rate > 0).map(|rate| {
            let hours = self.room(&state) as f64 / rate as f64;
            (hours * 10.0).round() / 10.0
        });
        Report {
            used_bytes: usage.used_bytes,
            file_bytes: usage.file_bytes,
            free_bytes: usage.free_bytes,
            max_bytes: self.limits.max_bytes,
            keep_free_bytes: self.limits.keep_free_bytes,
            full: state.disks.first().and_then(|home| home.full),
            full_databases: state.full_databases(),
            bytes_per_hour,
            full_in_hours,
        }
    }

    /// Notes how disks are, and tells of those that became full, or have room again. Gives the error of one that could not be
    /// asked.
    fn note(&self, disks: Vec<Disk>, now: Instant) -> Option<StoreError> {
        let (mut state, mut fault) = (self.state(), None);
        state.disks.resize_with(disks.len(), Seen::default);
        for (seen, disk) in state.disks.iter_mut().zip(disks) {
            seen.name = disk.name;
            match disk.usage {
                Ok(usage) => seen.usage = Some(usage),
                Err(error) => fault = Some(error),
            }
        }
        let used_bytes = state.total().used_bytes;
        let is_due = state.past.back().is_none_or(|(at, _)| now - *at >= SAMPLE_PERIOD);
        if is_due {
            state.past.push_back((now, used_bytes));
        }
        while state.past.front().is_some_and(|(at, _)| now - *at > PAST) {
            state.past.pop_front();
        }
        let store = self.room_of_store(used_bytes);
        for seen in &mut state.disks {
            let full = match seen.usage {
                _ if store == 0 => Some(Full::MaxBytes),
                Some(usage) if self.room_of_disk(usage) == 0 => Some(Full::KeepFreeBytes),
                _ => None,
            };
            let before = std::mem::replace(&mut seen.full, full);
            seen.tell(before);
        }
        fault
    }

    /// Bytes that can still be taken, on each of the disks.
    fn room(&self, state: &State) -> u64 {
        let rooms = state.disks.iter().filter_map(|disk| disk.usage);
        let of_disks = rooms.map(|usage| self.room_of_disk(usage)).min().unwrap_or_default();
        self.room_of_store(state.total().used_bytes).min(of_disks)
    }

    /// Bytes that the settings let all disks together take still.
    fn room_of_store(&self, used_bytes: u64) -> u64 {
        match self.limits.max_bytes {
            0 => u64::MAX,
            max => max.saturating_sub(used_bytes),
        }
    }

    /// Bytes that can still be taken on a disk.
    fn room_of_disk(&self, usage: Usage) -> u64 {
        // What the files have and can use again needs no room on the disk.
        let reusable = usage.file_bytes.saturating_sub(usage.used_bytes);
        usage.free_bytes.saturating_add(reusable).saturating_sub(self.limits.keep_free_bytes)
    }

    /// Held for a look.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Seen {
    /// Tells where the disk became full, or has room again.
    fn tell(&self, before: Option<Full>) {
        match (self.name.as_deref(), before, self.full) {
            (None, None, Some(full)) => tracing::error!(%full, "no frames are taken any more"),
            (None, Some(_), None) => tracing::info!("there is room again: frames are taken"),
            (Some(database), None, Some(full)) => {
                tracing::error!(database, %full, "frames of the groups in a database are not taken any more");
            }
            (Some(database), Some(before), None) => {
                tracing::info!(database, %before, "a database has room again: frames are taken");
            }
            _ => {}
        }
    }
}

impl State {
    /// The use of all disks, and the bytes that are free where the least are.
    fn total(&self) -> Usage {
        let (mut total, mut free) = (Usage::default(), None);
        for usage in self.disks.iter().filter_map(|disk| disk.usage) {
            total.used_bytes += usage.used_bytes;
            total.file_bytes += usage.file_bytes;
            free = Some(free.map_or(usage.free_bytes, |least: u64| least.min(usage.free_bytes)));
        }
        Usage { free_bytes: free.unwrap_or_default(), ..total }
    }

    /// The names of the further databases that have no room, where the first one has.
    fn full_databases(&self) -> Vec<String> {
        let full = self.disks.iter().skip(1).filter(|disk| disk.full.is_some());
        full.filter_map(|disk| disk.name.clone()).collect()
    }

    fn bytes_per_hour(&self) -> Option<i64> {
        let ((first_at, first), (last_at, last)) = (self.past.front()?, self.past.back()?);
        let time = *last_at - *first_at;
        if time < PAST_AT_LEAST {
            return None;
        }
        let grown = *last as f64 - *first as f64;
        Some((grown / time.as_secs_f64() * PAST.as_secs_f64()) as i64)
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    fn usage(used_bytes: u64, free_bytes: u64) -> Usage {
        let mut usage = Usage::default();
        (usage.used_bytes, usage.file_bytes, usage.free_bytes) = (used_bytes, 1_000, free_bytes);
        usage
    }

    fn one(usage: Usage) -> Vec<Disk> {
        vec![Disk { name: None, usage: Ok(usage) }]
    }

    fn two(home: Usage, east: Result<Usage, StoreError>) -> Vec<Disk> {
        let disk = |name: &str, usage| Disk { name: Some(name.to_owned()), usage };
        vec![disk("home", Ok(home)), disk("east", east)]
    }

    #[tokio::test]
    async fn a_database_without_room_refuses_what_lies_in_it_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let limits = StorageLimits { max_bytes: 5_000, keep_free_bytes: 100 };
        let storage = Storage { store: Arc::new(store), limits, state: Mutex::default() };
        let (now, plenty, none) = (Instant::now(), usage(1_000, 10_000), usage(1_000, 0));
        let fulls = || (storage.full(), storage.full_at(1));
        let keep = Some(Full::KeepFreeBytes);
        assert!(storage.note(two(plenty, Ok(none)), now).is_none());
        assert_eq!(fulls(), (None, keep));
        assert!(storage.is_full_for_some());
        let report = storage.report();
        assert_eq!((report.full, report.full_databases), (None, vec!["east".to_owned()]));
        assert_eq!((report.used_bytes, report.free_bytes), (2_000, 0));
        // While it is away, it is as it was, and what is heard of the other one counts.
        assert!(storage.note(two(none, Err(StoreError::Closed)), now).is_some());
        assert_eq!(fulls(), (keep, keep));
        assert!(storage.note(two(plenty, Err(StoreError::Closed)), now).is_some());
        assert_eq!(fulls(), (None, keep));
        storage.note(two(plenty, Ok(plenty)), now);
        assert_eq!(fulls(), (None, None));
        assert!(!storage.is_full_for_some() && storage.report().full_databases.is_empty());
        // What all of it may take is of all databases together.
        storage.note(two(usage(3_000, 10_000), Ok(usage(2_000, 10_000))), now);
        let max = Some(Full::MaxBytes);
        assert_eq!(fulls(), (max, max));
    }

    #[tokio::test]
    async fn it_is_told_when_it_will_be_full_and_when_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let limits = StorageLimits { max_bytes: 500, keep_free_bytes: 100 };
        let storage = Storage { store: Arc::new(store), limits, state: Mutex::default() };
        let begin = Instant::now();
        let after = |minutes: u64| begin + Duration::from_secs(60 * minutes);
        storage.note(one(usage(100, 10_000)), begin);
        assert_eq!(storage.report().bytes_per_hour, None);
        storage.note(one(usage(200, 10_000)), after(30));
        let report = storage.report();
        assert_eq!((report.bytes_per_hour, report.full_in_hours), (Some(200), Some(1.5)));
        assert_eq!(storage.full(), None);
        storage.note(one(usage(500, 10_000)), after(31));
        assert_eq!(storage.full(), Some(Full::MaxBytes));
        // Of an hour ago nothing counts any more; it shrinks.
        storage.note(one(usage(100, 10_000)), after(100));
        storage.note(one(usage(50, 0)), after(110));
        let report = storage.report();
        assert_eq!((report.bytes_per_hour, report.full_in_hours), (Some(-300), None));
        assert_eq!(storage.full(), None, "the files have room inside");
        storage.note(one(Usage { used_bytes: 950, ..usage(950, 20) }), after(111));
        assert_eq!(storage.full(), Some(Full::MaxBytes));
        let storage = Storage {
            limits: StorageLimits { max_bytes: 0, keep_free_bytes: 100 },
            store: Arc::clone(&storage.store),
            state: Mutex::default(),
        };
        storage.note(one(usage(950, 20)), begin);
        assert_eq!(storage.full(), Some(Full::KeepFreeBytes));
    }
}
