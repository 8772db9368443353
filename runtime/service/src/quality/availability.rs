//! Availability: the minutes in which the server took frames, and in which a route did not fail.

use std::{collections::BTreeMap, sync::Arc};

use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Json, KeyCodec},
    tables,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::days::{Days, before};

/// The name under which the taking of frames is counted. Routes have a slash in theirs.
pub const INGEST: &str = "ingest";

const MINUTES: Table<(String, Date), AvailableDay, Dated, Json> = Table::new(tables::AVAILABILITY);

/// Rows that are written at once.
const AT_ONCE: usize = 5_000;

/// Days that are read at once.
const DAYS_AT_ONCE: usize = 1_000;

/// The minutes of a thing on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailableDay {
    /// Minutes in which it was looked at.
    pub looked: u32,
    /// Those in which it was well.
    pub well: u32,
    /// The last minute that is counted, since the epoch: a minute counts once, also where the server starts anew in it.
    last: i64,
    /// The first minute that is counted; absent of days that an earlier version has counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<i64>,
}

/// The codec of keys that end with a day.
enum Dated {}

impl KeyCodec<(String, Date)> for Dated {
    fn encode((name, day): &(String, Date)) -> Vec<u8> {
        format!("{name}/{day}").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<(String, Date), String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (name, day) = text.rsplit_once('/').ok_or("the key has no day")?;
        Ok((name.to_owned(), day.parse().map_err(|error: jiff::Error| error.to_string())?))
    }
}

/// The book of minutes.
pub struct AvailabilityBook {
    store: Arc<dyn Store>,
    days: Days,
}

impl AvailabilityBook {
    /// The book in a store, by the days of the territory.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, days: Days) -> Self {
        Self { store, days }
    }

    /// Counts the present minute of some things, and whether each is well.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep it.
    pub async fn note(
        &self,
        now: Timestamp,
        things: impl IntoIterator<Item = (String, bool)>,
    ) -> Result<(), TableError> {
        let (day, minute) = (self.days.of(now), now.as_second() / 60);
        let (mut batch, mut count) = (Batch::new(), 0);
        for (name, is_well) in things {
            let key = (name, day);
            let mut row = MINUTES.get(&*self.store, &key).await?.unwrap_or_default();
            if row.last >= minute {
                continue;
            }
            row = AvailableDay {
                looked: row.looked + 1,
                well: row.well + u32::from(is_well),
                last: minute,
                first: row.first.or((row.looked == 0).then_some(minute)),
            };
            MINUTES.put(&mut batch, &key, &row)?;
            count += 1;
            if count % AT_ONCE == 0 {
                self.store.commit(std::mem::take(&mut batch)).await?;
            }
        }
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Returns the minutes of a thing by day, both ends included.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub async fn of(
        &self,
        name: &str,
        (first, last): (Date, Date),
    ) -> Result<BTreeMap<Date, AvailableDay>, TableError> {
        let mut found = BTreeMap::new();
        let (prefix, mut after) = (format!("{name}/"), (name.to_owned(), before(first, 1)));
        loop {
            let rows =
                MINUTES.page(&*self.store, prefix.as_bytes(), Some(&after), DAYS_AT_ONCE).await?;
            let Some((key, _)) = rows.last() else { return Ok(found) };
            after = key.clone();
            // The names of routes begin with that of their group: those of others are not meant.
            for ((_, day), row) in rows.into_iter().filter(|((own, _), _)| own == name) {
                if day > last {
                    return Ok(found);
                }
                found.insert(day, row);
            }
        }
    }

    /// Returns the minutes that have passed of the first day that is counted: from its first minute on, since nobody knows
    /// how much of it had passed before the server was there.
    #[must_use]
    pub fn minutes_of_first(&self, day: Date, row: &AvailableDay, now: Timestamp) -> u32 {
        let end = self.days.end(day).min(now).as_second() / 60;
        let passed = row.first.map(|first| u32::try_from(end - first).unwrap_or_default());
        passed.unwrap_or_default().max(row.looked)
    }

    /// Returns the minutes of a day that have passed: 1,440 of most days, and 1,380 or 1,500 where the clocks are changed.
    #[must_use]
    pub fn minutes(&self, day: Date, now: Timestamp) -> u32 {
        let end = self.days.end(day).min(now);
        let passed = self.days.begin(day).duration_until(end).as_secs() / 60;
        u32::try_from(passed).unwrap_or_default()
    }

    /// Removes the rows of days before one.
    ///
    /// # Errors
    /// [`TableError`] where the store does not remove them.
    pub async fn forget(&self, first: Date) -> Result<(), TableError> {
        let mut pages = MINUTES.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            let old = page.iter().filter(|((_, day), _)| *day < first);
            old.for_each(|(key, _)| MINUTES.delete(&mut batch, key));
            self.store.commit(batch).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    #[tokio::test]
    async fn a_minute_counts_once_also_where_the_server_starts_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let days = Days::new(TimeZone::get("Europe/Paris").unwrap());
        let book = AvailabilityBook::new(Arc::new(store), days);
        let things =
            |is_well: bool| [(INGEST.to_owned(), true), ("water/route".to_owned(), is_well)];
        for (now, is_well) in [
            ("2026-10-25T10:00:01Z", true),
            ("2026-10-25T10:00:59Z", false),
            ("2026-10-25T10:01:01Z", false),
            ("2026-10-25T23:00:00Z", true),
        ] {
            book.note(now.parse().unwrap(), things(is_well)).await.unwrap();
        }
        let day = date(2026, 10, 25);
        let route = book.of("water/route", (day, day)).await.unwrap();
        assert_eq!((route[&day].looked, route[&day].well), (2, 1));
        let ingest = book.of(INGEST, (day, date(2026, 10, 26))).await.unwrap();
        assert_eq!(ingest.values().map(|row| row.well).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(book.minutes(day, "2026-11-01T00:00:00Z".parse().unwrap()), 1_500);
        assert_eq!(book.minutes(day, "2026-10-24T23:00:00Z".parse().unwrap()), 60);
        // Counted from its first minute on, and not from midnight: at 11 o'clock 13 of its 25 hours are left.
        let of_first = |now: &str| book.minutes_of_first(day, &ingest[&day], now.parse().unwrap());
        assert_eq!(of_first("2026-10-25T10:02:30Z"), 2);
        assert_eq!(of_first("2026-11-01T00:00:00Z"), 13 * 60);
        let before = r#"{"looked":3,"well":2,"last":29362200}"#;
        let of_earlier_version: AvailableDay = serde_json::from_str(before).unwrap();
        let now = "2026-11-01T00:00:00Z".parse().unwrap();
        assert_eq!(book.minutes_of_first(day, &of_earlier_version, now), 3);
        book.forget(date(2026, 10, 26)).await.unwrap();
        assert!(book.of("water/route", (day, day)).await.unwrap().is_empty());
    }
}
