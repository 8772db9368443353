//! Measurements that a route has handed over, remembered by device so that they are left out when a later telegram
//! tells them again.
//!
//! The memory is bounded, and what is in doubt is handed over again: nothing is lost by it. Of a quantity
//! and channel those moments are kept that telegrams told last, since a moment that telegrams have stopped to tell
//! does not come again.

use std::collections::{BTreeSet, HashMap};

use champollion_frames::DevEui;
use champollion_store::{Batch, Store, Table, codec::Pair, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{mailbox::DeliveryError, names::RouteKey};

const HANDED: Table<(RouteKey, DevEui), Handed, Pair> = Table::new(tables::ROUTE_MEASUREMENTS);

/// Moments that are kept of a quantity of which telegrams tell one value: a frame that comes once more tells it
/// again, and no other.
const ALONE: usize = 4;

/// Moments that are kept beside twice as many as a telegram tells: a present value may come again as history after
/// so many telegrams.
const BESIDE: usize = 64;

/// Most moments of a quantity and channel, and most of a device.
const MOMENTS: (usize, usize) = (256, 2_000);

/// Devices whose rows become durable at once: with the largest there are, 2 MiB.
const AT_ONCE: usize = 64;

/// A measurement that a record tells: quantity, channel and moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    quantity: String,
    channel: u16,
    /// In milliseconds since the epoch.
    moment: i64,
}

/// The measurements of one device that a route has handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handed {
    /// Those that were told last stand last.
    #[serde(default)]
    series: Vec<Series>,
}

/// The moments of a quantity and channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Series {
    #[serde(rename = "q")]
    quantity: String,
    #[serde(rename = "c", default)]
    channel: u16,
    /// The most moments that a telegram told.
    #[serde(rename = "m")]
    most: usize,
    /// In milliseconds since the epoch; those that were told last stand last.
    #[serde(rename = "t")]
    moments: Vec<i64>,
}

/// The measurements that devices were handed over, by device.
pub(crate) type HandedByDevice = HashMap<DevEui, Handed>;

impl Told {
    pub(crate) fn new(quantity: &str, channel: u16, moment: Timestamp) -> Self {
        Self { quantity: quantity.to_owned(), channel, moment: moment.as_millisecond() }
    }
}

impl Handed {
    /// Whether a measurement was handed over, as far as that is remembered.
    pub(crate) fn knows(&self, told: &Told) -> bool {
        let own = self.series.iter().find(|series| series.is_of(told));
        own.is_some_and(|series| series.moments.contains(&told.moment))
    }

    /// Remembers what a record has told.
    pub(crate) fn note(&mut self, told: &[Told]) {
        // Two values of one moment are one moment.
        let mut told: Vec<&Told> = told.iter().collect::<BTreeSet<_>>().into_iter().collect();
        while let Some(first) = told.first().copied() {
            let count = told.iter().take_while(|other| first.is_with(other)).count();
            let own: Vec<&Told> = told.drain(..count).collect();
            let known = self.series.iter().position(|series| series.is_of(first));
            let mut series = match known {
                Some(place) => self.series.remove(place),
                None => Series::of(first),
            };
            series.most = series.most.max(count);
            series.moments.retain(|moment| own.iter().all(|told| told.moment != *moment));
            series.moments.extend(own.iter().map(|told| told.moment));
            let old = series.moments.len().saturating_sub(series.capacity());
            series.moments.drain(..old);
            self.series.push(series);
        }
        let (_, most) = MOMENTS;
        let mut count: usize = self.series.iter().map(|series| series.moments.len()).sum();
        while count > most {
            // A device that tells ever new quantities has its oldest forgotten.
            count -= self.series.remove(0).moments.len();
        }
    }

    /// Reads what a device was handed over on a route.
    pub(crate) async fn read(
        store: &dyn Store,
        key: &RouteKey,
        dev_eui: DevEui,
    ) -> Result<Self, DeliveryError> {
        Ok(HANDED.get(store, &(key.clone(), dev_eui)).await?.unwrap_or_default())
    }

    /// Makes durable what devices were handed over on a route.
    pub(crate) async fn save(
        store: &dyn Store,
        key: &RouteKey,
        handed: &HandedByDevice,
    ) -> Result<(), DeliveryError> {
        let rows: Vec<(&DevEui, &Self)> = handed.iter().collect();
        for rows in rows.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            for &(dev_eui, handed) in rows {
                HANDED.put(&mut batch, &(key.clone(), *dev_eui), handed)?;
            }
            store.commit(batch).await?;
        }
        Ok(())
    }

    /// Forgets what was handed over on a route: all comes once more.
    pub(crate) async fn forget(store: &dyn Store, key: &RouteKey) -> Result<(), DeliveryError> {
        let mut pages = HANDED.pages_under(store, Pair::prefix(key));
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            for (row, _) in &page {
                HANDED.delete(&mut batch, row);
            }
            if !batch.is_empty() {
                store.commit(batch).await?;
            }
        }
        Ok(())
    }
}

impl Told {
    /// Whether two measurements are of one quantity and channel.
    fn is_with(&self, other: &Self) -> bool {
        (&self.quantity, self.channel) == (&other.quantity, other.channel)
    }
}

impl Series {
    fn of(told: &Told) -> Self {
        let (quantity, channel) = (told.quantity.clone(), told.channel);
        Self { quantity, channel, most: 1, moments: Vec::new() }
    }

    fn is_of(&self, told: &Told) -> bool {
        (&self.quantity, self.channel) == (&told.quantity, told.channel)
    }

    /// The number of moments that are kept.
    fn capacity(&self) -> usize {
        let (most, _) = MOMENTS;
        match self.most {
            0 | 1 => ALONE,
            several => (2 * several + BESIDE).min(most.max(several)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn told(quantity: &str, moments: impl IntoIterator<Item = i64>) -> Vec<Told> {
        let of = |moment| Told { quantity: quantity.to_owned(), channel: 0, moment };
        moments.into_iter().map(of).collect()
    }

    /// The moments of a telegram that are new.
    fn new_ones(handed: &mut Handed, telegram: &[Told]) -> Vec<i64> {
        let new = telegram.iter().filter(|told| !handed.knows(told)).map(|told| told.moment);
        let new = new.collect();
        handed.note(telegram);
        new
    }

    /// A present value at an odd minute, fifteen hours of history that end sixteen hours before, and the index of
    /// the last day of the year before.
    fn telegram(hour: i64) -> Vec<Told> {
        let history = (hour - 31..hour - 16).map(|hour| hour * HOUR);
        let all = [hour * HOUR + 37, -9_000 * HOUR].into_iter().chain(history);
        told("water.volume", all)
    }

    #[test]
    fn of_telegrams_that_overlap_each_value_is_new_once() {
        let mut handed = Handed::default();
        assert_eq!(new_ones(&mut handed, &telegram(0)).len(), 17);
        for hour in 1..500 {
            let new = new_ones(&mut handed, &telegram(hour));
            assert_eq!(new, [hour * HOUR + 37, (hour - 17) * HOUR], "hour {hour}");
        }
        // Frames that were lost on the air: their history comes with the next.
        let new = new_ones(&mut handed, &telegram(510));
        assert_eq!(new.len(), 1 + 11, "{new:?}");
    }

    #[test]
    fn a_frame_that_was_held_up_is_new_all_the_same() {
        let mut handed = Handed::default();
        for hour in [1, 2, 4, 5, 6] {
            assert_eq!(new_ones(&mut handed, &told("air.co2", [hour * HOUR])).len(), 1);
        }
        assert_eq!(new_ones(&mut handed, &told("air.co2", [3 * HOUR])), [3 * HOUR]);
        assert!(new_ones(&mut handed, &told("air.co2", [3 * HOUR])).is_empty());
        assert!(!handed.knows(&Told { channel: 1, ..told("air.co2", [3 * HOUR]).remove(0) }));
    }

    #[test]
    fn two_values_of_one_moment_are_both_new() {
        let mut handed = Handed::default();
        assert_eq!(new_ones(&mut handed, &told("water.flow", [5, 5])), [5, 5]);
        assert!(new_ones(&mut handed, &told("water.flow", [5, 5])).is_empty());
        assert_eq!(handed.series[0].most, 1);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_stays_as_it_was_written() {
        let mut handed = Handed::default();
        for round in 0..300 {
            for quantity in ["a", "b", "c"] {
                handed.note(&told(quantity, (0..200).map(|hour| (round * 50 + hour) * HOUR)));
            }
            handed.note(&told(&format!("q{round}"), (0..40).map(|hour| hour * HOUR)));
        }
        let count: usize = handed.series.iter().map(|series| series.moments.len()).sum();
        assert!(count <= MOMENTS.1 && count > MOMENTS.1 / 2, "{count}");
        let written = serde_json::to_string(&handed).unwrap();
        assert!(written.len() < 48 << 10, "{} bytes", written.len());
        assert_eq!(serde_json::from_str::<Handed>(&written).unwrap(), handed);
        for hour in 0..1_000 {
            handed.note(&told("alone", [hour * HOUR]));
        }
        assert_eq!(handed.series.last().unwrap().moments.len(), ALONE);
    }
}
