//! Figures as they are asked for: by day or month, of groups or their parts.

use std::collections::{BTreeMap, BTreeSet};

use champollion_fleet::names::{GroupId, SubGroup, UseCase};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    days::before,
    figures::{Counts, Part},
};

/// Days that are shown where nobody says from when: a month.
const USUAL_DAYS: i64 = 30;

/// Most days of one answer: ten years and some days.
const MOST_DAYS: i64 = 3_660;

/// The length of the periods that figures are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = QualityPeriod)]
pub enum Period {
    /// Figures of each day.
    #[default]
    Day,
    /// Figures of each month.
    Month,
}

/// The things that figures are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = QualitySplit)]
pub enum Split {
    /// Figures of each group.
    #[default]
    Group,
    /// Figures of each sub-group.
    SubGroup,
    /// Figures of each use case of a group.
    UseCase,
    /// Figures of all groups together.
    Whole,
}

/// The figures that are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The length of the periods.
    pub by: Period,
    /// The things that figures are of.
    pub per: Split,
    /// The only sub-groups that count; all where it is empty.
    pub sub_groups: Vec<SubGroup>,
    /// The only use case that counts.
    pub use_case: Option<UseCase>,
}

/// A stretch of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first of the days.
    pub first: Date,
    /// The last of the days.
    pub last: Date,
}

/// Why figures of a stretch cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StretchFault {
    /// The end lies before the beginning.
    #[error("to={last} is before from={first}: swap them")]
    Backwards {
        /// The day that is said to be the first.
        first: Date,
        /// The day that is said to be the last.
        last: Date,
    },
    /// The stretch has more days than an answer may have.
    #[error("from={first} to={last} has more than {MOST_DAYS} days: ask for a part of them")]
    TooLong {
        /// The first of the days.
        first: Date,
        /// The last of the days.
        last: Date,
    },
}

impl Stretch {
    /// Returns the stretch that is asked for: the last 30 days where nothing is said, and never a day to come.
    ///
    /// # Errors
    /// [`StretchFault`] where it makes no sense.
    pub fn of(from: Option<Date>, to: Option<Date>, today: Date) -> Result<Self, StretchFault> {
        let last = to.unwrap_or(today);
        let first = from.unwrap_or_else(|| before(last, USUAL_DAYS - 1));
        if last < first {
            return Err(StretchFault::Backwards { first, last });
        }
        if first < before(last, MOST_DAYS) {
            return Err(StretchFault::TooLong { first, last });
        }
        Ok(Self { first, last: last.min(today) })
    }

    /// Returns the periods that the stretch has a part of, each as far as it lies within, in the order of time.
    pub fn periods(self, by: Period) -> impl Iterator<Item = Self> {
        let last_of = move |day: Date| match by {
            Period::Day => day,
            Period::Month => day.last_of_month(),
        };
        let of = move |first: Date| {
            (first <= self.last).then(|| Self { first, last: last_of(first).min(self.last) })
        };
        std::iter::successors(of(self.first), move |before| of(before.last.tomorrow().ok()?))
    }
}

impl Period {
    /// Returns the name of the period that a day is in: `2026-11-29`, `2026-11`.
    #[must_use]
    pub fn name(self, day: Date) -> String {
        match self {
            Self::Day => day.to_string(),
            Self::Month => day.strftime("%Y-%m").to_string(),
        }
    }
}

/// The figures of a group, or of a part of it, in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QualityFigures)]
pub struct Figures {
    /// The day, `2026-11-29`, or the month, `2026-11`.
    pub period: String,
    /// The group in question; absent of figures of all groups together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The sub-group, where figures are of sub-groups; absent of objects that are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The use case, where figures are of use cases; absent of objects that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The days that are counted.
    pub days: u32,
    /// The counts, summed up over the days.
    #[serde(flatten)]
    pub counts: Counts,
    /// The share of objects in service that were heard on each day, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_share: Option<f64>,
    /// The share of objects in service that were heard within 14 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fortnight_share: Option<f64>,
    /// The share of frames that were lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// The number of gateways that heard a frame, on the average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redundancy: Option<f64>,
}

/// Periods and things, in the order in which figures are shown.
type Key = (String, Option<SubGroup>, Option<UseCase>);

impl Wanted {
    fn takes(&self, part: &Part) -> bool {
        let has_sub_group = self.sub_groups.is_empty()
            || part.sub_group.as_ref().is_some_and(|own| self.sub_groups.contains(own));
        has_sub_group && (self.use_case.is_none() || part.use_case == self.use_case)
    }

    fn key(&self, day: Date, part: &Part) -> Key {
        let period = self.by.name(day);
        let sub_group = part.sub_group.clone().filter(|_| self.per == Split::SubGroup);
        let use_case = part.use_case.clone().filter(|_| self.per == Split::UseCase);
        (period, sub_group, use_case)
    }
}

/// Figures that are summed up day by day, of one group after another.
#[derive(Debug, Default)]
pub struct Sums(BTreeMap<Key, (BTreeSet<Date>, Counts)>);

impl Sums {
    /// Adds the days of a group.
    pub fn add(&mut self, days: &[(Date, Vec<Part>)], wanted: &Wanted) {
        for (day, parts) in days {
            for part in parts.iter().filter(|part| wanted.takes(part)) {
                let (counted, counts) = self.0.entry(wanted.key(*day, part)).or_default();
                counted.insert(*day);
                counts.add(&part.counts);
            }
        }
    }

    /// Returns the figures of a group, or of all groups together, in the order of time.
    #[must_use]
    pub fn figures(self, group: Option<&GroupId>) -> Vec<Figures> {
        let figures =
            |((period, sub_group, use_case), (days, counts)): (Key, (BTreeSet<Date>, Counts))| {
                Figures {
                    period,
                    group: group.cloned(),
                    sub_group,
                    use_case,
                    // A stretch has some thousand days at most.
                    days: u32::try_from(days.len()).unwrap_or(u32::MAX),
                    daily_share: counts.daily_share(),
                    fortnight_share: counts.fortnight_share(),
                    loss: counts.loss(),
                    redundancy: counts.redundancy(),
                    counts,
                }
            };
        self.0.into_iter().map(figures).collect()
    }
}

/// Returns the figures of a group as they are wanted, in the order of time.
#[must_use]
pub fn summed(group: &GroupId, days: &[(Date, Vec<Part>)], wanted: &Wanted) -> Vec<Figures> {
    let mut sums = Sums::default();
    sums.add(days, wanted);
    sums.figures(Some(group))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn part(sub_group: Option<&str>, use_case: &str, heard: u64) -> Part {
        let counts = Counts { in_service: 10, heard, ..Counts::default() };
        let sub_group = sub_group.map(|name| name.parse().unwrap());
        Part { sub_group, use_case: Some(use_case.parse().unwrap()), counts }
    }

    fn shown(wanted: &Wanted) -> Vec<(String, u32, u64, u64)> {
        let days = [
            (date(2026, 3, 30), vec![part(Some("north"), "water", 9), part(None, "waste", 1)]),
            (
                date(2026, 3, 31),
                vec![part(Some("north"), "water", 8), part(Some("south"), "water", 7)],
            ),
            (date(2026, 4, 1), vec![part(Some("south"), "water", 6)]),
        ];
        let figures = summed(&"city".parse().unwrap(), &days, wanted).into_iter();
        figures.map(|of| (of.period, of.days, of.counts.in_service, of.counts.heard)).collect()
    }

    #[test]
    fn figures_of_all_groups_together_count_each_day_once() {
        let wanted = Wanted { by: Period::Month, per: Split::Whole, ..Wanted::default() };
        let day = |day, heard| {
            (date(2026, 3, day), vec![part(Some("north"), "water", heard), part(None, "waste", 1)])
        };
        let mut sums = Sums::default();
        sums.add(&[day(1, 9), day(2, 8)], &wanted);
        sums.add(&[day(2, 7), day(3, 6)], &wanted);
        let figures = sums.figures(None);
        let [all] = &figures[..] else { panic!("{figures:?}") };
        assert_eq!((all.period.as_str(), &all.group, all.days), ("2026-03", &None, 3));
        assert_eq!((all.counts.in_service, all.counts.heard), (80, 9 + 8 + 7 + 6 + 4));
        assert_eq!((&all.sub_group, &all.use_case), (&None, &None));
    }

    #[test]
    fn a_stretch_is_parted_into_its_periods() {
        let stretch = |first, last| Stretch { first, last };
        let whole = stretch(date(2026, 1, 30), date(2026, 3, 2));
        let months: Vec<Stretch> = whole.periods(Period::Month).collect();
        let parts = [
            stretch(date(2026, 1, 30), date(2026, 1, 31)),
            stretch(date(2026, 2, 1), date(2026, 2, 28)),
            stretch(date(2026, 3, 1), date(2026, 3, 2)),
        ];
        assert_eq!(months, parts);
        assert_eq!(whole.periods(Period::Day).count(), 2 + 28 + 2);
        assert_eq!(stretch(date(2026, 3, 2), date(2026, 3, 1)).periods(Period::Day).count(), 0);
        assert_eq!(Period::Month.name(date(2026, 2, 1)), "2026-02");
    }

    #[test]
    fn figures_are_summed_up_by_period_and_part() {
        let row =
            |period: &str, days, in_service, heard| (period.to_owned(), days, in_service, heard);
        let by_day = shown(&Wanted::default());
        assert_eq!(
            by_day,
            [
                row("2026-03-30", 1, 20, 10),
                row("2026-03-31", 1, 20, 15),
                row("2026-04-01", 1, 10, 6)
            ]
        );
        let by_month = Wanted { by: Period::Month, ..Wanted::default() };
        assert_eq!(shown(&by_month), [row("2026-03", 2, 40, 25), row("2026-04", 1, 10, 6)]);
        let south = vec!["south".parse().unwrap()];
        let of_south = Wanted { sub_groups: south, by: Period::Month, ..Wanted::default() };
        assert_eq!(shown(&of_south), [row("2026-03", 1, 10, 7), row("2026-04", 1, 10, 6)]);
        let of_waste = Wanted { use_case: Some("waste".parse().unwrap()), ..Wanted::default() };
        assert_eq!(shown(&of_waste), [row("2026-03-30", 1, 10, 1)]);
        assert_eq!(shown(&Wanted { per: Split::SubGroup, ..by_month }).len(), 4);
    }

    #[test]
    fn a_stretch_is_the_last_month_where_nothing_is_said() {
        let today = date(2026, 3, 31);
        let of = |from, to| Stretch::of(from, to, today);
        assert_eq!(of(None, None), Ok(Stretch { first: date(2026, 3, 2), last: today }));
        let whole_year = of(Some(date(2026, 1, 1)), Some(date(2026, 12, 31)));
        assert_eq!(whole_year, Ok(Stretch { first: date(2026, 1, 1), last: today }));
        let said = of(Some(today), Some(date(2026, 1, 1))).unwrap_err().to_string();
        assert!(said.contains("to=2026-01-01 is before from=2026-03-31"), "{said}");
        assert!(of(Some(date(1990, 1, 1)), None).is_err());
    }
}
