//! The first day on which each object was heard since it was registered: before it nobody can expect to hear the object.

use std::collections::{HashMap, HashSet};

use champollion_frames::DevEui;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::civil::Date;
use parking_lot::Mutex;

const FIRST_HEARD: Table<DevEui, Date> = Table::new(tables::FIRST_HEARD);

/// Rows that become durable at once.
const AT_ONCE: usize = 10_000;

/// The first days on which objects were heard. The one who registers objects shares it with the books of the days.
#[derive(Default)]
pub struct FirstHeard(Mutex<Known>);

#[derive(Default)]
struct Known {
    days: HashMap<DevEui, Date>,
    /// Objects that may have been registered anew, whose rows are read before the next ones are written.
    doubtful: HashSet<DevEui>,
    /// Objects that were found registered anew.
    anew: Vec<DevEui>,
}

impl FirstHeard {
    /// Returns the first day on which an object was heard, where it is known.
    #[must_use]
    pub fn of(&self, dev_eui: DevEui) -> Option<Date> {
        self.0.lock().days.get(&dev_eui).copied()
    }

    /// Notes that an object may have been registered anew, with which its row is [removed](forget_first_day).
    pub fn doubt(&self, dev_eui: DevEui) {
        let mut known = self.0.lock();
        if known.days.contains_key(&dev_eui) {
            known.doubtful.insert(dev_eui);
        }
    }

    /// Reads the rows of those that may have been registered anew.
    pub(super) async fn settle(&self, store: &dyn Store) -> Result<(), TableError> {
        let doubtful: Vec<DevEui> = self.0.lock().doubtful.iter().copied().collect();
        for dev_eui in doubtful {
            // A registration that comes while the row is read is a doubt of its own.
            self.0.lock().doubtful.remove(&dev_eui);
            let day = FIRST_HEARD.get(store, &dev_eui).await;
            let day = day.inspect_err(|_| self.doubt(dev_eui))?;
            let mut known = self.0.lock();
            if let Some(day) = day {
                known.days.insert(dev_eui, day);
            } else {
                known.days.remove(&dev_eui);
                known.anew.push(dev_eui);
            }
        }
        Ok(())
    }

    /// Takes the objects that were found registered anew since the last time, of those that had been heard.
    #[must_use]
    pub fn take_anew(&self) -> Vec<DevEui> {
        std::mem::take(&mut self.0.lock().anew)
    }

    /// Reads the rows, whatever was in memory before.
    pub(super) async fn read(&self, store: &dyn Store) -> Result<(), TableError> {
        let mut days = HashMap::new();
        let mut pages = FIRST_HEARD.pages(store);
        while let Some(page) = pages.next().await? {
            days.extend(page);
        }
        *self.0.lock() = Known { days, ..Known::default() };
        Ok(())
    }

    /// Returns the first days that are news: of objects that were never heard, or only later.
    pub(super) fn news<'of>(
        &self,
        heard: impl IntoIterator<Item = &'of (Date, DevEui)>,
    ) -> HashMap<DevEui, Date> {
        let (known, mut news) = (self.0.lock(), HashMap::new());
        for (day, dev_eui) in heard {
            if known.days.get(dev_eui).is_none_or(|first| day < first) {
                news.entry(*dev_eui)
                    .and_modify(|first: &mut Date| *first = *day.min(first))
                    .or_insert(*day);
            }
        }
        news
    }

    /// Knows first days that are durable.
    pub(super) fn know(&self, news: impl IntoIterator<Item = (DevEui, Date)>) {
        self.0.lock().days.extend(news);
    }

    /// Makes first days durable, and knows them.
    pub(super) async fn keep(
        &self,
        store: &dyn Store,
        news: HashMap<DevEui, Date>,
    ) -> Result<(), TableError> {
        let news: Vec<(DevEui, Date)> = news.into_iter().collect();
        for some in news.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            put(&mut batch, some.iter().copied())?;
            store.commit(batch).await?;
            self.know(some.iter().copied());
        }
        Ok(())
    }
}

/// Puts first days into a batch.
pub(super) fn put(
    batch: &mut Batch,
    news: impl IntoIterator<Item = (DevEui, Date)>,
) -> Result<(), TableError> {
    news.into_iter().try_for_each(|(dev_eui, day)| FIRST_HEARD.put(batch, &dev_eui, &day))
}

/// Forgets in the batch of a registration the day on which the object was first heard: whoever had it before heard it.
pub fn forget_first_day(batch: &mut Batch, dev_eui: DevEui) {
    FIRST_HEARD.delete(batch, &dev_eui);
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use jiff::civil::date;

    use super::*;

    #[tokio::test]
    async fn the_first_day_is_the_earliest_that_is_told_since_the_object_was_registered() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let (first, object) = (FirstHeard::default(), DevEui::from_be_bytes([1; 8]));
        let on = |day| (date(2026, 3, day), object);
        let news = first.news(&[on(5), on(4), on(6)]);
        assert_eq!(news, HashMap::from([(object, date(2026, 3, 4))]));
        first.keep(&store, news).await.unwrap();
        assert!(first.news(&[on(4), on(7)]).is_empty());
        // A network server hands over late what came before.
        assert_eq!(first.news(&[on(3)])[&object], date(2026, 3, 3));
        // Another node has told of it, and has not registered it anew.
        first.doubt(object);
        first.settle(&store).await.unwrap();
        assert_eq!((first.of(object), first.take_anew()), (Some(date(2026, 3, 4)), vec![]));
        let mut batch = Batch::new();
        forget_first_day(&mut batch, object);
        store.commit(batch).await.unwrap();
        first.doubt(object);
        first.settle(&store).await.unwrap();
        assert_eq!((first.of(object), first.news(&[on(9)]).len()), (None, 1));
        assert_eq!((first.take_anew(), first.take_anew()), (vec![object], vec![]));
    }
}
