//! Opening: the days that are open are read with their journal, and who was heard in the days before.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Store, TableError};
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;

use super::{Books, DAYS_BEFORE, Kept, day_of_group};
use crate::quality::{
    calendar::Calendar,
    counting::Counting,
    days::{before, between},
    journal,
    tables::{CALENDAR, JOURNAL, PLACES},
};

/// The key of the one row of the calendar.
pub(super) const DAYS_KEY: &str = "days";

impl Books {
    /// Opens the books of a store. The counting is by the same days.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        counting: Arc<Counting>,
        now: Timestamp,
    ) -> Result<Self, TableError> {
        let books = Self::unread(store, counting, now);
        books.read_again(now).await?;
        Ok(books)
    }

    /// The books of a store that another process writes: nothing of them is read until they are
    /// [taken over](Self::read_again).
    #[must_use]
    pub fn unread(store: Arc<dyn Store>, counting: Arc<Counting>, now: Timestamp) -> Self {
        let kept = Kept::of(Calendar::beginning(counting.days().of(now)));
        Self { store, counting, turn: tokio::sync::Mutex::default(), kept: Mutex::new(kept) }
    }

    /// Reads what is in the store, whatever was in memory before.
    ///
    /// # Errors
    /// [`TableError`] where it cannot be read: what is in memory stays.
    pub async fn read_again(&self, now: Timestamp) -> Result<(), TableError> {
        let _turn = self.turn.lock().await;
        let kept = Kept::read(&*self.store, self.counting.days().of(now)).await?;
        *self.kept.lock() = kept;
        Ok(())
    }
}

async fn calendar(store: &dyn Store, today: Date) -> Result<Calendar, TableError> {
    let key = DAYS_KEY.to_owned();
    if let Some(calendar) = CALENDAR.get(store, &key).await? {
        return Ok(calendar);
    }
    // Records of the days before are kept by an installation of an earlier version: they are not counted as days on which
    // nobody was heard.
    let calendar = Calendar::beginning(today);
    let mut batch = Batch::new();
    CALENDAR.put(&mut batch, &key, &calendar)?;
    store.commit(batch).await?;
    Ok(calendar)
}

impl Kept {
    /// The part in memory before anything is read but the calendar.
    fn of(calendar: Calendar) -> Self {
        Self {
            calendar,
            days: HashMap::new(),
            heard_on: HashMap::new(),
            places: HashMap::new(),
            next_number: 1,
            journal: Vec::new(),
            touched: HashSet::new(),
        }
    }

    /// Reads all that is kept in memory.
    async fn read(store: &dyn Store, today: Date) -> Result<Self, TableError> {
        let mut kept = Self::of(calendar(store, today).await?);
        let mut pages = PLACES.pages(store);
        while let Some(page) = pages.next().await? {
            kept.places.extend(page);
        }
        let groups: Vec<GroupId> = kept.places.keys().cloned().collect();
        let mut written = HashMap::new();
        for group in &groups {
            kept.read_closed(store, group).await?;
            kept.read_open(store, group, today, &mut written).await?;
        }
        kept.read_journal(store, &written).await?;
        Ok(kept)
    }

    /// Reads who was heard on the closed days that count for 14 days.
    async fn read_closed(&mut self, store: &dyn Store, group: &GroupId) -> Result<(), TableError> {
        let Some(closed) = self.calendar.closed else { return Ok(()) };
        for day in between(before(closed, DAYS_BEFORE).max(self.calendar.since), closed) {
            let (_, tallies) = day_of_group(store, group, day).await?;
            for (dev_eui, _) in tallies {
                let heard_on = self.heard_on.entry(dev_eui).or_insert(day);
                *heard_on = day.max(*heard_on);
            }
        }
        Ok(())
    }

    /// Reads the days of a group that are open, and notes which entries of the journal are in their rows.
    async fn read_open(
        &mut self,
        store: &dyn Store,
        group: &GroupId,
        today: Date,
        written: &mut HashMap<(GroupId, Date), u64>,
    ) -> Result<(), TableError> {
        let closed = self.calendar.closed.and_then(|closed| closed.tomorrow().ok());
        for day in between(closed.unwrap_or(self.calendar.since), today) {
            let (through, tallies) = day_of_group(store, group, day).await?;
            if !tallies.is_empty() {
                written.insert((group.clone(), day), through);
                self.next_number = self.next_number.max(through + 1);
                self.add(group, day, tallies);
            }
        }
        Ok(())
    }

    async fn read_journal(
        &mut self,
        store: &dyn Store,
        written: &HashMap<(GroupId, Date), u64>,
    ) -> Result<(), TableError> {
        let mut pages = JOURNAL.pages(store);
        while let Some(page) = pages.next().await? {
            for (number, entry) in page {
                let entry =
                    journal::read(&entry).map_err(|reason| JOURNAL.damaged(&number, reason))?;
                self.next_number = self.next_number.max(number + 1);
                self.journal.push(number);
                let of = (entry.group, entry.day);
                let is_written = written.get(&of).is_some_and(|through| number <= *through);
                if !is_written && !self.calendar.is_closed(entry.day) {
                    self.add(&of.0, of.1, entry.part.tallies);
                    self.touched.insert(of);
                }
            }
        }
        Ok(())
    }
}
