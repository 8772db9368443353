//! The book of schedules: in memory to look through, in the store to last.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::names::GroupId;
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_store::{Batch, Seen, Store, StoreError, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::{
    progress::{Progress, Run},
    schedule::Schedule,
};
use crate::authors::Author;

const SCHEDULES: Table<Uuid, Schedule> = Table::new(tables::SCHEDULES);

const PROGRESS: Table<Uuid, Progress> = Table::new(tables::SCHEDULE_PROGRESS);

/// Times that a change is tried again which the runner was faster than.
const TRIES: usize = 5;

/// The time after which the next moment of a schedule is looked up anew: its device may have got another place.
const LOOKED_UP: Duration = Duration::from_secs(600);

/// Schedules by their ids, in the order in which they were made.
type Book = BTreeMap<Uuid, Arc<Schedule>>;

/// All schedules. Every method may be called from any task.
pub struct Schedules {
    pub(super) store: Arc<dyn Store>,
    book: Mutex<Book>,
    /// The moment at which each schedule is looked at next, and when that was found.
    looks: Mutex<HashMap<Uuid, (Timestamp, Instant)>>,
    of_group: usize,
}

/// The rows of a schedule as they were seen: what is done by them is refused once they are others.
pub(super) struct SeenRows {
    plan: Seen,
    progress: Seen,
}

impl SeenRows {
    /// Has a batch refused where the schedule was changed, or has moved on, meanwhile.
    pub(super) fn expect_unchanged(&self, batch: &mut Batch) {
        self.plan.expect_unchanged(batch);
        self.progress.expect_unchanged(batch);
    }
}

/// Why a schedule is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulesError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The change could not be kept, or not be put into the audit.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The group has as many as it may have.
    #[error("the group {group} has {limit} schedules, which is the limit: remove one first")]
    TooMany {
        /// The group in question.
        group: GroupId,
        /// The largest number of schedules.
        limit: usize,
    },
    /// The schedule is being carried out, and was faster each time.
    #[error("the schedule {0} is being carried out: change it again in a moment")]
    Busy(Uuid),
    /// There is no such schedule.
    #[error("there is no schedule {0}")]
    Unknown(Uuid),
}

impl Schedules {
    /// Reads all schedules; a group has at most `of_group`.
    ///
    /// # Errors
    /// The store does not give them.
    pub async fn open(store: Arc<dyn Store>, of_group: usize) -> Result<Self, TableError> {
        let book = Mutex::new(read(&*store).await?);
        Ok(Self { store, book, looks: Mutex::default(), of_group })
    }

    /// Reads all schedules once more, since another node has changed them until now.
    pub(crate) async fn refresh(&self) -> Result<(), TableError> {
        let book = read(&*self.store).await?;
        self.looks.lock().clear();
        *self.book.lock() = book;
        Ok(())
    }

    /// Returns a schedule by its id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Arc<Schedule>> {
        self.book.lock().get(&id).cloned()
    }

    /// Returns the schedules after one that are seen, at most `limit`, in the order in which they were made.
    #[must_use]
    pub fn list(
        &self,
        after: Option<Uuid>,
        limit: usize,
        is_seen: impl Fn(&Schedule) -> bool,
    ) -> Vec<Arc<Schedule>> {
        let book = self.book.lock();
        let later = book.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let seen = later.map(|(_, schedule)| schedule).filter(|schedule| is_seen(schedule));
        seen.take(limit).cloned().collect()
    }

    /// Returns the outcomes of the last moments of a schedule, the latest first, what is under way before all.
    ///
    /// # Errors
    /// The store does not give them.
    pub async fn runs(&self, id: Uuid) -> Result<Vec<Run>, SchedulesError> {
        let Some(progress) = PROGRESS.get(&*self.store, &id).await? else { return Ok(Vec::new()) };
        let under_way = progress.under_way.map(|under_way| under_way.run);
        Ok(under_way.into_iter().chain(progress.runs).collect())
    }

    /// Keeps a schedule that is new. Its first moment is the first one after it was made.
    ///
    /// # Errors
    /// The group has as many as it may have, or the store did not keep it.
    pub async fn add(
        &self,
        schedule: Schedule,
        author: &dyn Author,
    ) -> Result<Arc<Schedule>, SchedulesError> {
        let is_of_group = |other: &&Arc<Schedule>| other.group == schedule.group;
        if self.book.lock().values().filter(is_of_group).count() >= self.of_group {
            return Err(SchedulesError::TooMany { group: schedule.group, limit: self.of_group });
        }
        let mut batch = Batch::new();
        SCHEDULES.insert(&mut batch, &schedule.id, &schedule)?;
        PROGRESS.insert(&mut batch, &schedule.id, &Progress::from(schedule.made_at))?;
        author.commit(batch, act("schedule-add", &schedule)).await?;
        Ok(self.keep(schedule))
    }

    /// Changes a schedule: it begins anew from its change on.
    ///
    /// # Errors
    /// It is gone, or the store did not keep it.
    pub async fn change(
        &self,
        schedule: Schedule,
        author: &dyn Author,
    ) -> Result<Arc<Schedule>, SchedulesError> {
        for _ in 0..TRIES {
            let mut batch = Batch::new();
            let (before, seen) = SCHEDULES.get_seen(&*self.store, &schedule.id).await?;
            let (progress, progress_seen) = PROGRESS.get_seen(&*self.store, &schedule.id).await?;
            let (Some(_), Some(progress)) = (before, progress) else {
                return Err(SchedulesError::Unknown(schedule.id));
            };
            SCHEDULES.replace(&mut batch, &seen, &schedule)?;
            let progress = progress.begun_anew(schedule.changed_at, Timestamp::now());
            PROGRESS.replace(&mut batch, &progress_seen, &progress)?;
            match author.commit(batch, act("schedule-change", &schedule)).await {
                // The runner, or another change, was faster: what it has done is seen by the next try.
                Err(RegistryError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(self.keep(schedule)),
            }
        }
        Err(SchedulesError::Busy(schedule.id))
    }

    /// Removes a schedule. Commands that it has sent go on.
    ///
    /// # Errors
    /// The store did not remove it.
    pub async fn remove(
        &self,
        schedule: &Schedule,
        author: &dyn Author,
    ) -> Result<(), SchedulesError> {
        let mut batch = Batch::new();
        SCHEDULES.delete(&mut batch, &schedule.id);
        PROGRESS.delete(&mut batch, &schedule.id);
        author.commit(batch, act("schedule-remove", schedule)).await?;
        self.book.lock().remove(&schedule.id);
        self.looks.lock().remove(&schedule.id);
        Ok(())
    }

    fn keep(&self, schedule: Schedule) -> Arc<Schedule> {
        let schedule = Arc::new(schedule);
        self.looks.lock().remove(&schedule.id);
        self.book.lock().insert(schedule.id, Arc::clone(&schedule));
        schedule
    }

    /// The schedules that are to be looked at.
    pub(super) fn to_look_at(&self, now: Timestamp, counted: Instant) -> Vec<Arc<Schedule>> {
        let looks = self.looks.lock();
        let is_due = |schedule: &&Arc<Schedule>| {
            looks.get(&schedule.id).is_none_or(|(at, found)| {
                *at <= now || counted.saturating_duration_since(*found) >= LOOKED_UP
            })
        };
        self.book.lock().values().filter(is_due).cloned().collect()
    }

    /// Notes when a schedule is looked at next; one that was changed meanwhile is looked at once more.
    pub(super) fn look_at(&self, schedule: &Arc<Schedule>, at: Timestamp, counted: Instant) {
        let is_current = self.get(schedule.id).is_some_and(|now| Arc::ptr_eq(&now, schedule));
        if is_current {
            self.looks.lock().insert(schedule.id, (at, counted));
        }
    }

    /// A schedule as the store has it, which may be another one by now than that in memory, its progress, and both rows
    /// as they were seen; nothing where it is gone.
    pub(super) async fn kept(
        &self,
        id: Uuid,
    ) -> Result<Option<(Schedule, Progress, SeenRows)>, TableError> {
        let (schedule, plan) = SCHEDULES.get_seen(&*self.store, &id).await?;
        let (progress, own) = PROGRESS.get_seen(&*self.store, &id).await?;
        let found = schedule.zip(progress);
        Ok(found.map(|(schedule, progress)| (schedule, progress, SeenRows { plan, progress: own })))
    }

    /// Puts the progress of a schedule into a batch that is refused where the schedule was changed, or has moved on,
    /// meanwhile.
    pub(super) fn put_progress(
        &self,
        batch: &mut Batch,
        seen: &SeenRows,
        progress: &Progress,
    ) -> Result<(), TableError> {
        seen.plan.expect_unchanged(batch);
        PROGRESS.replace(batch, &seen.progress, progress).map(drop)
    }
}

async fn read(store: &dyn Store) -> Result<Book, TableError> {
    let rows = SCHEDULES.pages(store).all().await?;
    Ok(rows.into_iter().map(|(id, schedule)| (id, Arc::new(schedule))).collect())
}

fn act(action: &str, schedule: &Schedule) -> AuditEntry {
    let details = json!({ "group": schedule.group, "name": schedule.wish.name });
    AuditEntry::of_act(action, schedule.id).with(details)
}
