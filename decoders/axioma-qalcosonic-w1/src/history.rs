//! Turns an index at a log date and the increments since then into the index at each moment.

use champollion_sdk::prelude::*;

use crate::{
    litres::Litres,
    meter_time::{HOUR, MeterTime},
};

/// One increment; `None` for one that is not valid.
pub(crate) type Increment = Spanned<Option<Litres>>;

/// When the entries of a history were logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// When the meter logged its first index.
    pub(crate) start: MeterTime,
    /// Seconds from one entry to the next.
    pub(crate) interval: u32,
}

impl Schedule {
    /// The schedule of a history that begins at a log date.
    ///
    /// Meters log at the beginning of an hour, and their log date is one. The maker's example has
    /// 19:43:16 all the same, and 19:00:00 in the copy that TagoIO has; the decoders of
    /// ZENNER, diwise and AWS go back to the whole hour, and so does this one. Meters that log more
    /// often than that are left alone.
    pub(crate) fn from_log_date(log_date: MeterTime, interval: u32) -> Self {
        let start = if interval < HOUR { log_date } else { log_date.floor(HOUR) };
        Self { start, interval }
    }

    /// When the entry was logged that follows the first one by `count` increments.
    pub(crate) fn after(self, count: usize) -> MeterTime {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.start.plus(self.interval.saturating_mul(count))
    }
}

/// The index at each moment: the first as it was logged, the others as the sum of what came since.
///
/// Increments go forward in time: four telegrams of one meter in Actility's catalogue, an hour apart
/// each, begin with the first plus its first increment. An increment that is not valid ends the
/// history, since the sums behind it are not known.
///
/// An index spans the first index and all increments that it is the sum of.
pub(crate) fn measurements(
    first: Spanned<Litres>,
    increments: &[Increment],
    schedule: Schedule,
) -> impl Iterator<Item = Measurement> {
    let sums = increments.iter().scan(first, |index, increment| {
        let litres = increment.value?;
        *index = index.zip(*increment).map(|(index, _)| index.plus(litres));
        Some(*index)
    });
    std::iter::once(first).chain(sums).enumerate().map(move |(count, index)| {
        quantity::WATER_VOLUME
            .of(index.map(Litres::cubic_metres))
            .at(schedule.after(count).milliseconds())
    })
}

/// Returns a warning about the increments where they cannot be right.
pub(crate) fn doubt(increments: &[Increment]) -> Option<String> {
    let position = increments.iter().position(|increment| increment.is_none())?;
    Some(format!("increment {} is not valid: the history ends before it", position + 1))
}

#[cfg(test)]
mod tests {
    use champollion_sdk::{Span, Value};

    use super::*;

    const MIDNIGHT: u32 = 1_563_753_600;

    fn at(seconds: u32) -> MeterTime {
        MeterTime::from_clock(seconds).unwrap()
    }

    fn litres(index: u32) -> Option<Litres> {
        Litres::from_index(index)
    }

    #[test]
    fn an_index_is_the_sum_of_what_came_since_the_first() {
        let spanned =
            |value, offset, length| Spanned { value, span: Some(Span { offset, length }) };
        let increments = [
            spanned(litres(184), 17, 2),
            spanned(litres(185), 19, 2),
            spanned(None, 21, 2),
            spanned(litres(9), 23, 2),
        ];
        let first = spanned(litres(10_727), 13, 4).map(Option::unwrap);
        let schedule = Schedule { start: at(MIDNIGHT), interval: HOUR };
        let entries: Vec<_> = measurements(first, &increments, schedule)
            .map(|entry| (entry.value, entry.measured_at, entry.span))
            .collect();
        let entry = |value, hour: u64, length| {
            let measured_at = (u64::from(MIDNIGHT) + hour * 3600) * 1000;
            (Value::Number(value), Some(measured_at), Some(Span { offset: 13, length }))
        };
        assert_eq!(entries, [entry(10.727, 0, 4), entry(10.911, 1, 6), entry(11.096, 2, 8)]);
    }

    #[test]
    fn a_log_date_is_brought_to_the_hour_where_hours_are_logged() {
        let schedule = |interval| Schedule::from_log_date(at(MIDNIGHT + 1_234), interval).start;
        assert_eq!(schedule(HOUR), at(MIDNIGHT));
        assert_eq!(schedule(24 * HOUR), at(MIDNIGHT));
        assert_eq!(schedule(HOUR / 3), at(MIDNIGHT + 1_234));
    }
}
