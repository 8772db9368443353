//! Storage: the use of the disk, whether there is room for another record, and for how long there will be.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_store::{Health, Store, StoreError, Usage};
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

/// Looks after the disk that the store is on.
pub struct Storage {
    store: Arc<dyn Store>,
    limits: StorageLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    usage: Usage,
    /// The uses of the disk and their moments, the oldest first.
    past: VecDeque<(Instant, u64)>,
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
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StorageReport)]
pub struct Report {
    /// Bytes that what is kept takes, about.
    used_bytes: u64,
    /// Bytes of the files; what of them is free is used again.
    file_bytes: u64,
    /// Bytes of the disk that are free.
    free_bytes: u64,
    /// The setting; 0 is no bound.
    max_bytes: u64,
    /// The bytes that the setting keeps free.
    keep_free_bytes: u64,
    /// Why nothing more is taken, where that is so.
    #[schema(required)]
    full: Option<Full>,
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

    /// Looks how much is taken now.
    pub async fn look(&self) -> Result<(), StoreError> {
        let usage = self.store.usage().await?;
        let was_full = self.note(usage, Instant::now());
        metrics::gauge!("champollion_store_used_bytes").set(usage.used_bytes as f64);
        metrics::gauge!("champollion_store_file_bytes").set(usage.file_bytes as f64);
        metrics::gauge!("champollion_store_free_bytes").set(usage.free_bytes as f64);
        match (was_full, self.full()) {
            (None, Some(full)) => tracing::error!(%full, "no frames are taken any more"),
            (Some(_), None) => tracing::info!("there is room again: frames are taken"),
            _ => {}
        }
        Ok(())
    }

    /// Why nothing more is taken, where that is so.
    #[must_use]
    pub fn full(&self) -> Option<Full> {
        self.state().full
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
        let usage = state.usage;
        let bytes_per_hour = state.bytes_per_hour();
        let full_in_hours = bytes_per_hour.filter(|rate| *rate > 0).map(|rate| {
            let hours = self.room(usage) as f64 / rate as f64;
            (hours * 10.0).round() / 10.0
        });
        Report {
            used_bytes: usage.used_bytes,
            file_bytes: usage.file_bytes,
            free_bytes: usage.free_bytes,
            max_bytes: self.limits.max_bytes,
            keep_free_bytes: self.limits.keep_free_bytes,
            full: state.full,
            bytes_per_hour,
            full_in_hours,
        }
    }

    /// Notes what is used; gives what was the matter before.
    fn note(&self, usage: Usage, now: Instant) -> Option<Full> {
        let mut state = self.state();
        state.usage = usage;
        let is_due = state.past.back().is_none_or(|(at, _)| now - *at >= SAMPLE_PERIOD);
        if is_due {
            state.past.push_back((now, usage.used_bytes));
        }
        while state.past.front().is_some_and(|(at, _)| now - *at > PAST) {
            state.past.pop_front();
        }
        let Limits { store, disk } = self.rooms(usage);
        let full = if store == 0 {
            Some(Full::MaxBytes)
        } else if disk == 0 {
            Some(Full::KeepFreeBytes)
        } else {
            None
        };
        std::mem::replace(&mut state.full, full)
    }

    /// Bytes that can still be taken.
    fn room(&self, usage: Usage) -> u64 {
        let Limits { store, disk } = self.rooms(usage);
        store.min(disk)
    }

    fn rooms(&self, usage: Usage) -> Limits {
        let StorageLimits { max_bytes, keep_free_bytes } = self.limits;
        // What the files have and can use again needs no room on the disk.
        let reusable = usage.file_bytes.saturating_sub(usage.used_bytes);
        let store = match max_bytes {
            0 => u64::MAX,
            max => max.saturating_sub(usage.used_bytes),
        };
        Limits {
            store,
            disk: usage.free_bytes.saturating_add(reusable).saturating_sub(keep_free_bytes),
        }
    }

    /// Held for a look.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Bytes that can still be taken, by what bounds them.
struct Limits {
    store: u64,
    disk: u64,
}

impl State {
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

    #[tokio::test]
    async fn it_is_told_when_it_will_be_full_and_when_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let limits = StorageLimits { max_bytes: 500, keep_free_bytes: 100 };
        let storage = Storage { store: Arc::new(store), limits, state: Mutex::default() };
        let begin = Instant::now();
        let after = |minutes: u64| begin + Duration::from_secs(60 * minutes);
        storage.note(usage(100, 10_000), begin);
        assert_eq!(storage.report().bytes_per_hour, None);
        storage.note(usage(200, 10_000), after(30));
        let report = storage.report();
        assert_eq!((report.bytes_per_hour, report.full_in_hours), (Some(200), Some(1.5)));
        assert_eq!(storage.full(), None);
        storage.note(usage(500, 10_000), after(31));
        assert_eq!(storage.full(), Some(Full::MaxBytes));
        // Of an hour ago nothing counts any more; it shrinks.
        storage.note(usage(100, 10_000), after(100));
        storage.note(usage(50, 0), after(110));
        let report = storage.report();
        assert_eq!((report.bytes_per_hour, report.full_in_hours), (Some(-300), None));
        assert_eq!(storage.full(), None, "the files have room inside");
        storage.note(Usage { used_bytes: 950, ..usage(950, 20) }, after(111));
        assert_eq!(storage.full(), Some(Full::MaxBytes));
        let storage = Storage {
            limits: StorageLimits { max_bytes: 0, keep_free_bytes: 100 },
            store: Arc::clone(&storage.store),
            state: Mutex::default(),
        };
        storage.note(usage(950, 20), begin);
        assert_eq!(storage.full(), Some(Full::KeepFreeBytes));
    }
}
