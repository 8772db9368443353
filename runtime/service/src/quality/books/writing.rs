//! Writing: what was counted goes into the journal each few seconds, and into the rows of its days each hour.

use std::collections::BTreeMap;

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Batch, TableError};
use jiff::civil::Date;

use super::{Books, rows::write_day};
use crate::quality::{
    counting::Fresh,
    first_heard, journal,
    packed::pack,
    place::Place,
    tables::{JOURNAL, PLACES},
    tally::Tally,
};

/// Tallies that become durable at once, within what a batch may have, also where each device is heard for the first time.
const TALLIES: usize = 30_000;

/// Entries of the journal that are removed at once.
const ENTRIES: usize = 10_000;

/// The tallies of a flush by day.
type ByDay = BTreeMap<Date, Vec<(DevEui, Tally)>>;

/// The outcome of a flush.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Frames that came too late to count: their days are over.
    pub late: u64,
    /// Devices that were heard for the first time, and when, in milliseconds since the epoch.
    pub new: Vec<(DevEui, u64)>,
}

impl Books {
    /// Makes durable what was counted since the last time. What cannot be written is tried again the next time.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep it.
    pub async fn flush(&self) -> Result<Flushed, TableError> {
        self.flush_after(async { Ok(()) }).await
    }

    /// Makes durable what was counted since the last time, after something `other` that is to be durable before:
    /// where that fails, nothing is written. It begins once it is settled which frames are written, so that it knows
    /// of each of them.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep one or the other; it is tried again the next time.
    pub async fn flush_after(
        &self,
        other: impl Future<Output = Result<(), TableError>>,
    ) -> Result<Flushed, TableError> {
        let _turn = self.turn.lock().await;
        let mut flushed = Flushed::default();
        self.first_heard.settle(&*self.store).await?;
        let taken = self.counting.take();
        let mut failed = other.await.err();
        for (group, fresh) in taken {
            for part in split(fresh) {
                match &failed {
                    None => match self.flush_part(&group, &part, &mut flushed).await {
                        Ok(()) => {}
                        Err(error) => {
                            self.counting.give_back(group.clone(), part);
                            failed = Some(error);
                        }
                    },
                    Some(_) => self.counting.give_back(group.clone(), part),
                }
            }
        }
        failed.map_or(Ok(flushed), Err)
    }

    async fn flush_part(
        &self,
        group: &GroupId,
        fresh: &Fresh,
        flushed: &mut Flushed,
    ) -> Result<(), TableError> {
        let (place, calendar, mut number) = {
            let kept = self.kept.lock();
            let place = kept.places.get(group).cloned().unwrap_or_default();
            (place.after(&fresh.sequences), kept.calendar, kept.next_number)
        };
        let (mut by_day, mut late, mut batch) = (ByDay::new(), 0, Batch::new());
        for ((day, dev_eui), tally) in &fresh.tallies {
            if calendar.is_closed(*day) {
                late += u64::from(tally.frames);
            } else {
                by_day.entry(*day).or_default().push((*dev_eui, tally.clone()));
            }
        }
        let first = number;
        for (day, tallies) in &by_day {
            let tallies = tallies.iter().map(|(dev_eui, tally)| (*dev_eui, tally));
            for part in pack(number, tallies.collect()) {
                JOURNAL.put_bytes(&mut batch, &number, journal::written(group, *day, &part));
                number += 1;
            }
        }
        PLACES.put(&mut batch, group, &place)?;
        let news = self.first_heard.news(fresh.tallies.keys());
        first_heard::put(&mut batch, news.iter().map(|(dev_eui, day)| (*dev_eui, *day)))?;
        self.store.commit(batch).await?;
        let new = fresh.tallies.iter().filter(|((_, dev_eui), _)| news.contains_key(dev_eui));
        flushed.new.extend(new.map(|((_, dev_eui), tally)| (*dev_eui, tally.last_at_ms())));
        flushed.late += late;
        self.first_heard.know(news);
        self.know(group, by_day, place, first..number);
        Ok(())
    }

    fn know(&self, group: &GroupId, by_day: ByDay, place: Place, numbers: std::ops::Range<u64>) {
        let mut kept = self.kept.lock();
        kept.next_number = numbers.end;
        kept.journal.extend(numbers);
        kept.places.insert(group.clone(), place);
        for (day, tallies) in by_day {
            kept.touched.insert((group.clone(), day));
            kept.add(group, day, tallies);
        }
    }

    /// Writes the rows of the days that have changed, and empties the journal.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep it; it is tried again the next time.
    pub async fn compact(&self) -> Result<(), TableError> {
        let _turn = self.turn.lock().await;
        self.compact_in_turn().await
    }

    pub(super) async fn compact_in_turn(&self) -> Result<(), TableError> {
        let (touched, entries) = {
            let kept = self.kept.lock();
            (kept.touched.iter().cloned().collect::<Vec<_>>(), kept.journal.clone())
        };
        for (group, day) in touched {
            let parts = self.packed_day(&group, day);
            write_day(&*self.store, &group, day, parts).await?;
            self.kept.lock().touched.remove(&(group, day));
        }
        for some in entries.chunks(ENTRIES) {
            let mut batch = Batch::new();
            some.iter().for_each(|number| JOURNAL.delete(&mut batch, number));
            self.store.commit(batch).await?;
        }
        // Nothing was written meanwhile, since the turn is held.
        self.kept.lock().journal.clear();
        Ok(())
    }

    fn packed_day(&self, group: &GroupId, day: Date) -> Vec<Vec<u8>> {
        let kept = self.kept.lock();
        let tallies = kept.days.get(group).and_then(|days| days.get(&day));
        let all = tallies.into_iter().flatten().map(|(dev_eui, tally)| (*dev_eui, tally));
        pack(kept.next_number.saturating_sub(1), all.collect())
    }
}

/// Parts of what was counted of a group, each small enough for a batch. The last has the sequences: a place that is durable
/// says that all before it is.
fn split(fresh: Fresh) -> Vec<Fresh> {
    if fresh.tallies.len() <= TALLIES {
        return vec![fresh];
    }
    let mut parts = vec![Fresh::default()];
    for (of, tally) in fresh.tallies {
        if parts.last().is_none_or(|part| part.tallies.len() == TALLIES) {
            parts.push(Fresh::default());
        }
        if let Some(part) = parts.last_mut() {
            part.tallies.insert(of, tally);
        }
    }
    if let Some(last) = parts.last_mut() {
        last.sequences = fresh.sequences;
    }
    parts
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_part_of_many_tallies_has_the_sequences() {
        let number = |number: u64| DevEui::from_be_bytes(number.to_be_bytes());
        let tallies = (0..TALLIES as u64 + 1)
            .map(|at| ((date(2026, 3, 1), number(at)), Tally::default()))
            .collect();
        let parts = split(Fresh { sequences: vec![1, 2], tallies });
        let sizes: Vec<_> =
            parts.iter().map(|part| (part.tallies.len(), part.sequences.len())).collect();
        assert_eq!(sizes, [(TALLIES, 0), (1, 2)]);
    }
}
