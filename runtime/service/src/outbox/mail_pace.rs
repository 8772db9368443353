//! The pace of mails: so many of each group in an hour and in a day. It is durable, since the store has it in the batch
//! in which a mail was taken, and one, since one node of several sends.

use std::collections::HashMap;

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

const SENT: Table<GroupId, Sent> = Table::new(tables::SENT_MAILS);

/// Seconds of an hour and of a day.
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The most mails of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimits {
    /// Mails in an hour.
    pub hour: usize,
    /// Mails in a day, by UTC.
    pub day: usize,
}

/// The mails of groups that were sent, or are being sent.
#[derive(Debug, Default)]
pub struct MailPace(Mutex<HashMap<GroupId, Sent>>);

/// The mails of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    hour: Window,
    day: Window,
}

/// A time, and the mails in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    /// The number of the hour or of the day since 1970.
    number: i64,
    mails: usize,
}

impl MailPace {
    /// Reads what was sent, whatever was known before.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn read(&self, store: &dyn Store) -> Result<(), TableError> {
        let all = SENT.pages(store).all().await?;
        *self.0.lock() = all.into_iter().collect();
        Ok(())
    }

    /// Whether a group has a place for a mail.
    #[must_use]
    pub fn has_room(&self, group: &GroupId, limits: MailLimits, now: Timestamp) -> bool {
        let (hour, day) = self.counts(group, now);
        hour < limits.hour && day < limits.day
    }

    /// Takes a place for a mail of a group that is about to be sent, where there is one.
    #[must_use]
    pub fn take(&self, group: &GroupId, limits: MailLimits, now: Timestamp) -> bool {
        let mut all = self.0.lock();
        let sent = all.entry(group.clone()).or_default();
        sent.move_on(now);
        if sent.hour.mails >= limits.hour || sent.day.mails >= limits.day {
            return false;
        }
        sent.hour.mails += 1;
        sent.day.mails += 1;
        true
    }

    /// Gives back the place of a mail that was not sent.
    pub fn give_back(&self, group: &GroupId) {
        if let Some(sent) = self.0.lock().get_mut(group) {
            sent.hour.mails = sent.hour.mails.saturating_sub(1);
            sent.day.mails = sent.day.mails.saturating_sub(1);
        }
    }

    /// Notes in the batch of a mail that was sent how many there are.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note(&self, batch: &mut Batch, group: &GroupId) -> Result<(), TableError> {
        let sent = self.0.lock().get(group).copied().unwrap_or_default();
        SENT.put(batch, group, &sent)
    }

    /// The mails of a group in this hour and on this day.
    #[must_use]
    pub fn counts(&self, group: &GroupId, now: Timestamp) -> (usize, usize) {
        let mut sent = self.0.lock().get(group).copied().unwrap_or_default();
        sent.move_on(now);
        (sent.hour.mails, sent.day.mails)
    }
}

impl Sent {
    fn move_on(&mut self, now: Timestamp) {
        self.hour.move_on(now.as_second().div_euclid(HOUR));
        self.day.move_on(now.as_second().div_euclid(DAY));
    }
}

impl Window {
    /// Counts anew in another hour or on another day, also where the clock was put back.
    fn move_on(&mut self, number: i64) {
        if self.number != number {
            *self = Self { number, mails: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_group_mails_so_often_in_an_hour_and_a_day_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let (pace, limits) = (MailPace::default(), MailLimits { hour: 2, day: 3 });
        let (water, light): (GroupId, GroupId) =
            ("water".parse().unwrap(), "light".parse().unwrap());
        assert!(pace.take(&water, limits, at(10)) && pace.take(&water, limits, at(20)));
        assert!(!pace.take(&water, limits, at(30)) && pace.take(&light, limits, at(30)));
        pace.give_back(&water);
        assert!(pace.take(&water, limits, at(HOUR - 1)), "what was not sent is not counted");
        let mut batch = Batch::new();
        pace.note(&mut batch, &water).unwrap();
        store.commit(batch).await.unwrap();
        let again = MailPace::default();
        again.read(&store).await.unwrap();
        assert_eq!(again.counts(&water, at(HOUR - 1)), (2, 2));
        assert!(!again.has_room(&water, limits, at(HOUR - 1)));
        assert!(again.has_room(&light, limits, at(30)));
        assert!(!again.take(&water, limits, at(HOUR - 1)));
        assert!(again.take(&water, limits, at(HOUR)), "the next hour");
        assert!(!again.take(&water, limits, at(HOUR)), "the day has three");
        assert_eq!(again.counts(&water, at(DAY)), (0, 0));
        assert!(again.take(&water, limits, at(DAY)));
    }
}
