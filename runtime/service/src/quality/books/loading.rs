//! Opening: the days that are open are read with their journal, and who was heard in the days before.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Batch, Store, TableError};
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;

use super::{Books, DAYS_BEFORE, Kept, day_of_group};
use crate::quality::{
    calendar::Calendar,
    counting::Counting,
    days::{before, between},
    first_heard::FirstHeard,
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
        let books = Self::unread(store, counting, Arc::default(), now);
        books.read_again(now).await?;
        Ok(books)
    }

    /// The books of a store that another process writes: nothing of them is read until they are
    /// [taken over](Self::read_again).
    #[must_use]
    pub fn unread(
        store: Arc<dyn Store>,
        counting: Arc<Counting>,
        first_heard: Arc<FirstHeard>,
        now: Timestamp,
    ) -> Self {
        let kept = Kept::of(Calendar::beginning(counting.days().of(now)));
        let turn = tokio::sync::Mutex::default();
        Self { store, counting, first_heard, turn, kept: Mutex::new(kept) }
    }

    /// Reads what is in the store, whatever was in memory before.
    ///
    /// # Errors
    /// [`TableError`] where it cannot be read: what is in memory stays.
    pub async fn read_again(&self, now: Timestamp) -> Result<(), TableError> {
        let _turn = self.turn.lock().await;
        let kept = Kept::read(&*self.store, self.counting.days().of(now)).await?;
        self.first_heard.read(&*self.store).await?;
        *self.kept.lock() = kept;
        Ok(())
    }

    /// Makes durable on which day each device was first heard, where an earlier version has counted and did not keep it:
    /// the first of the open days that have it, or one before them if it was heard in the 14 days before, or is among those
    /// that were `heard` at all.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep it; it is found out again the next time.
    pub async fn learn_first_days(
        &self,
        heard: impl IntoIterator<Item = DevEui>,
    ) -> Result<(), TableError> {
        let _turn = self.turn.lock().await;
        if self.calendar().knows_first_days {
            return Ok(());
        }
        let days = self.kept.lock().first_days(heard);
        self.first_heard.keep(&*self.store, days).await?;
        let calendar = Calendar { knows_first_days: true, ..self.calendar() };
        let mut batch = Batch::new();
        CALENDAR.put(&mut batch, &DAYS_KEY.to_owned(), &calendar)?;
        self.store.commit(batch).await?;
        self.kept.lock().calendar = calendar;
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

    /// The first day on which each device was heard, as far as the days tell it that are in memory.
    fn first_days(&self, heard: impl IntoIterator<Item = DevEui>) -> HashMap<DevEui, Date> {
        let earlier = before(self.calendar.first_open(), 1);
        let mut first: HashMap<DevEui, Date> =
            self.heard_on.keys().map(|dev_eui| (*dev_eui, earlier)).collect();
        let open = self.days.values().flatten();
        for (day, dev_eui) in open.flat_map(|(day, of)| of.keys().map(move |of| (*day, *of))) {
            let known = first.entry(dev_eui).or_insert(day);
            *known = day.min(*known);
        }
        for dev_eui in heard {
            first.entry(dev_eui).or_insert(earlier);
        }
        first
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
        for day in between(self.calendar.first_open(), today) {
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
