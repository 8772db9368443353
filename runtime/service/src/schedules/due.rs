//! The moments of a schedule that are to be carried out now, and those that were missed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;

/// Moments that are counted one by one; of a schedule that was left alone for longer, the latest count.
const COUNTED: usize = 100_000;

/// The time by which a cursor may be ahead of the clock: a clock that was put back by less is waited for, so that no
/// moment comes twice.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The treatment of moments that were missed while the server was down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MissedMoments)]
pub enum Missed {
    /// They are told, and nothing else.
    #[default]
    Tell,
    /// They are told, and the latest of them is made up for.
    MakeUp,
}

/// The time by which a moment may be late, and what becomes of later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// The time by which a moment may be late and is still kept.
    pub most: Duration,
    /// The treatment of those that are later.
    pub missed: Missed,
}

/// Moments that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedMoments {
    /// The number of moments.
    pub count: usize,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// The part of a schedule that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The moment up to which everything is settled once this is done.
    pub cursor: Timestamp,
    /// The moments that were missed.
    pub missed: Option<MissedMoments>,
    /// The moment that is to be carried out.
    pub run: Option<Timestamp>,
    /// Whether the moment that is carried out is made up for.
    pub is_made_up: bool,
}

/// Returns what is due of the moments after `cursor`, up to which everything is settled. `None` is nothing.
///
/// One moment is carried out at a time: the next one is due at once after it. Where the clock was put back by more than a
/// day the schedule begins anew from now, and else it waits for the moments that were not there yet.
#[must_use]
pub fn due(
    calendar: &Calendar,
    cursor: Timestamp,
    now: Timestamp,
    Lateness { most, missed }: Lateness,
) -> Option<Due> {
    if cursor.duration_since(now) > AHEAD {
        return Some(Due { cursor: now, missed: None, run: None, is_made_up: false });
    }
    let until = |moment: &Timestamp| *moment <= now;
    let in_time = |moment: Timestamp| {
        Duration::try_from(now.duration_since(moment)).is_ok_and(|late| late <= most)
    };
    let mut late: Option<MissedMoments> = None;
    let mut run = None;
    for moment in calendar.after(cursor).take_while(until).take(COUNTED) {
        if in_time(moment) {
            run = Some(moment);
            break;
        }
        let before = late.get_or_insert(MissedMoments { count: 0, first: moment, last: moment });
        (before.count, before.last) = (before.count + 1, moment);
    }
    let is_made_up = run.is_none() && missed == Missed::MakeUp;
    let made_up = late.map(|late| late.last).filter(|_| is_made_up);
    let settled = run.or(late.map(|late| late.last))?;
    let late = if made_up.is_some() { without_last(calendar, late) } else { late };
    Some(Due { cursor: settled, missed: late, run: run.or(made_up), is_made_up: made_up.is_some() })
}

/// Leaves out the moment that is made up for, which is not missed.
fn without_last(calendar: &Calendar, late: Option<MissedMoments>) -> Option<MissedMoments> {
    let late = late.filter(|late| late.count > 1)?;
    let rest = calendar.after(late.first).take_while(|moment| *moment < late.last);
    let last = rest.take(COUNTED).last().unwrap_or(late.first);
    Some(MissedMoments { count: late.count - 1, first: late.first, last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedules::When;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hourly(cursor: &str, now: &str, missed: Missed) -> Option<Due> {
        let when = When { cron: Some("0 * * * *".to_owned()), ..When::default() };
        let calendar = when.calendar("UTC", None).unwrap();
        due(&calendar, at(cursor), at(now), Lateness { most: Duration::from_secs(300), missed })
    }

    #[test]
    fn a_moment_is_due_once() {
        let cursor = "2026-03-01T10:00:00Z";
        assert_eq!(hourly(cursor, "2026-03-01T10:59:59Z", Missed::Tell), None);
        let found = hourly(cursor, "2026-03-01T11:00:01Z", Missed::Tell).unwrap();
        assert_eq!((found.run, found.missed), (Some(at("2026-03-01T11:00:00Z")), None));
        assert_eq!(hourly(&found.cursor.to_string(), "2026-03-01T11:00:02Z", Missed::Tell), None);
    }

    #[test]
    fn what_is_late_is_told_and_not_made_up_for() {
        let found = hourly("2026-03-01T10:00:00Z", "2026-03-01T14:30:00Z", Missed::Tell).unwrap();
        assert_eq!((found.run, found.cursor), (None, at("2026-03-01T14:00:00Z")));
        let missed = found.missed.unwrap();
        assert_eq!((missed.count, missed.first), (4, at("2026-03-01T11:00:00Z")));
        assert_eq!(missed.last, at("2026-03-01T14:00:00Z"));
        // The one that is late by little is carried out, and those before it are told.
        let found = hourly("2026-03-01T10:00:00Z", "2026-03-01T14:04:00Z", Missed::Tell).unwrap();
        assert_eq!(found.run, Some(at("2026-03-01T14:00:00Z")));
        assert_eq!(found.missed.unwrap().count, 3);
    }

    #[test]
    fn the_latest_is_made_up_for_where_the_schedule_says_so() {
        let found = hourly("2026-03-01T10:00:00Z", "2026-03-01T14:30:00Z", Missed::MakeUp).unwrap();
        assert!(found.is_made_up);
        assert_eq!(found.run, Some(at("2026-03-01T14:00:00Z")));
        let missed = found.missed.unwrap();
        assert_eq!((missed.count, missed.last), (3, at("2026-03-01T13:00:00Z")));
        let single =
            hourly("2026-03-01T13:00:00Z", "2026-03-01T14:30:00Z", Missed::MakeUp).unwrap();
        assert_eq!((single.missed, single.is_made_up), (None, true));
        // One in time goes before: it is the state that is wanted now.
        let found = hourly("2026-03-01T10:00:00Z", "2026-03-01T14:04:00Z", Missed::MakeUp).unwrap();
        assert_eq!((found.is_made_up, found.missed.unwrap().count), (false, 3));
    }

    #[test]
    fn a_clock_that_jumps_back_doubles_nothing() {
        // An hour back: what was carried out waits until the clock is there again.
        assert_eq!(hourly("2026-03-01T14:00:00Z", "2026-03-01T13:05:00Z", Missed::MakeUp), None);
        assert_eq!(hourly("2026-03-01T14:00:00Z", "2026-03-01T14:00:01Z", Missed::MakeUp), None);
        // Ten years back: it begins anew.
        let found = hourly("2036-03-01T14:00:00Z", "2026-03-01T13:05:00Z", Missed::Tell).unwrap();
        assert_eq!((found.run, found.cursor), (None, at("2026-03-01T13:05:00Z")));
    }
}
