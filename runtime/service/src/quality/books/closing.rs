//! Closing: the figures of a day are fixed when nothing more is expected of it, with the objects as they were at its end.
//! Rows that are older than they may be are removed.

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, TableError};
use jiff::{ToSpan, civil::Date};

use super::{Books, DAYS_BEFORE, OPEN_DAYS, loading::DAYS_KEY};
use crate::quality::{
    calendar::Calendar,
    days::before,
    history,
    member::Member,
    past::MembersByDay,
    tables::{CALENDAR, CLOSED, DAYS, PartKey},
};

/// Groups whose figures become durable at once.
const GROUPS: usize = 200;

/// Rows that are removed at once.
const ROWS: usize = 500;

impl Books {
    /// Fixes the figures of the days that are over, and returns these days. `members` gives the objects of a group
    /// on a day, out of those that `then` has. These are gone through and read only where a day is over, and once for all
    /// that follows: what changes meanwhile, in whichever order, changes nothing.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep them, or the past cannot be read; they are fixed the next time.
    pub async fn close(
        &self,
        today: Date,
        then: impl Future<Output = Result<MembersByDay, TableError>>,
        members: impl Fn((&GroupId, Date), &MembersByDay) -> Vec<Member>,
    ) -> Result<Vec<Date>, TableError> {
        let due: Vec<Date> = self.calendar().due(today, OPEN_DAYS).collect();
        if due.is_empty() {
            return Ok(due);
        }
        let _turn = self.turn.lock().await;
        self.compact_in_turn().await?;
        let then = then.await?;
        let mut groups = then.groups();
        groups.extend(self.groups());
        let groups: Vec<GroupId> = groups.into_iter().collect();
        for day in &due {
            self.close_day(*day, &groups, |group| members((group, *day), &then)).await?;
        }
        let open = self.counting.days().begin(self.calendar().first_open());
        history::forget_until(&*self.store, open).await?;
        Ok(due)
    }

    async fn close_day(
        &self,
        day: Date,
        groups: &[GroupId],
        members: impl Fn(&GroupId) -> Vec<Member>,
    ) -> Result<(), TableError> {
        let mut batch = Batch::new();
        for some in groups.chunks(GROUPS) {
            for group in some {
                let members = members(group);
                let parts = self.kept.lock().figures(group, day, &members);
                if !parts.is_empty() {
                    CLOSED.put(&mut batch, &(group.clone(), day), &parts)?;
                }
            }
            self.store.commit(std::mem::take(&mut batch)).await?;
        }
        let calendar = Calendar { closed: Some(day), ..self.calendar() };
        CALENDAR.put(&mut batch, &DAYS_KEY.to_owned(), &calendar)?;
        self.store.commit(batch).await?;
        self.forget_open(day, calendar);
        Ok(())
    }

    fn forget_open(&self, day: Date, calendar: Calendar) {
        let mut kept = self.kept.lock();
        kept.calendar = calendar;
        let closed: Vec<_> = kept.days.values_mut().filter_map(|days| days.remove(&day)).collect();
        closed.iter().flat_map(|tallies| tallies.keys()).for_each(|dev_eui| {
            kept.heard_on.insert(*dev_eui, day);
        });
        let first = before(day, DAYS_BEFORE);
        kept.heard_on.retain(|_, heard| *heard >= first);
    }

    /// Removes the rows of days that are older than so many years.
    ///
    /// # Errors
    /// [`TableError`] where the store does not remove them.
    pub async fn forget(&self, today: Date, years: u16) -> Result<(), TableError> {
        let first = today.saturating_sub(i32::from(years).years());
        for group in self.groups() {
            self.forget_of(&group, first).await?;
        }
        Ok(())
    }

    async fn forget_of(&self, group: &GroupId, first: Date) -> Result<(), TableError> {
        let prefix = format!("{group}/");
        loop {
            let rows = CLOSED.raw().page(&*self.store, prefix.as_bytes(), None, ROWS).await?;
            let old: Vec<_> =
                rows.into_iter().map(|(key, _)| key).filter(|(_, day)| *day < first).collect();
            let mut batch = Batch::new();
            for key in &old {
                CLOSED.delete(&mut batch, key);
                self.forget_day(&mut batch, key).await?;
            }
            if old.is_empty() {
                return Ok(());
            }
            self.store.commit(batch).await?;
        }
    }

    async fn forget_day(
        &self,
        batch: &mut Batch,
        (group, day): &(GroupId, Date),
    ) -> Result<(), TableError> {
        let mut pages = DAYS.pages_under(&*self.store, PartKey::prefix(group, *day));
        while let Some(page) = pages.next().await? {
            page.iter().for_each(|(key, _)| DAYS.delete(batch, key));
        }
        Ok(())
    }
}
