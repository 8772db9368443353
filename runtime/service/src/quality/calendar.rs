//! The days that are counted, and those of them that are over.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::days::{before, between};

/// The first day that is counted, and the last one whose figures are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The first day that is counted.
    pub since: Date,
    /// The last day whose figures are fixed; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Date>,
    /// Whether the day on which each object was first heard is known: not yet of what an earlier version has counted.
    #[serde(default)]
    pub knows_first_days: bool,
}

impl Calendar {
    /// The calendar of an installation whose first day this is.
    pub(super) fn beginning(today: Date) -> Self {
        Self { since: today, closed: None, knows_first_days: false }
    }

    /// Whether the figures of a day are fixed.
    #[must_use]
    pub fn is_closed(&self, day: Date) -> bool {
        day < self.since || self.closed.is_some_and(|closed| day <= closed)
    }

    /// The first day whose figures are not fixed.
    pub(super) fn first_open(&self) -> Date {
        self.closed.and_then(|closed| closed.tomorrow().ok()).unwrap_or(self.since)
    }

    /// Returns the days to be fixed, where so many days stay open, the present one included.
    pub(super) fn due(&self, today: Date, open: i64) -> impl Iterator<Item = Date> + use<> {
        between(self.first_open(), before(today, open))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_closed_one_after_another_also_after_days_without_the_server() {
        let first = date(2026, 3, 28);
        let mut calendar = Calendar::beginning(first);
        let due = |calendar: Calendar, today| calendar.due(today, 3).collect::<Vec<Date>>();
        assert!(due(calendar, first).is_empty() && due(calendar, date(2026, 3, 30)).is_empty());
        assert_eq!(due(calendar, date(2026, 3, 31)), [first]);
        calendar.closed = Some(first);
        assert_eq!(
            due(calendar, date(2026, 4, 3)),
            [date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31)]
        );
        assert!(calendar.is_closed(first) && calendar.is_closed(date(2026, 1, 1)));
        assert!(!calendar.is_closed(date(2026, 3, 29)));
    }
}
