//! The shares of objects that were heard, as figures, a chart and a table.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{items, text},
    parts::{chart::Chart, empty::empty, table::Table},
    viewer::Viewer,
    written,
};

/// The counts of all groups on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Day {
    in_service: u64,
    heard: u64,
    heard_in_14_days: u64,
    frames: u64,
    lost: u64,
    receptions: u64,
}

impl Day {
    fn add(&mut self, figures: &Json) {
        let number = |name: &str| figures[name].as_u64().unwrap_or_default();
        self.in_service += number("inService");
        self.heard += number("heard");
        self.heard_in_14_days += number("heardIn14Days");
        self.frames += number("frames");
        self.lost += number("lost");
        self.receptions += number("receptions");
    }
}

/// Returns the days of a list of figures with the counts of all its groups.
fn days(list: &Json) -> BTreeMap<Date, Day> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for figures in items(list, "/figures") {
        if let Ok(day) = text(figures, "/period").parse() {
            days.entry(day).or_default().add(figures);
        }
    }
    days
}

/// A share in percent, where there is anything to share.
fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (10_000.0 * part as f64 / all as f64).round() / 100.0)
}

/// A share that is promised, in percent and cut off: one that is missed by ever so little never looks reached.
fn reached(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (10_000 * part / all) as f64 / 100.0)
}

pub(super) fn shown(viewer: &Viewer, list: &Json, available: &Json) -> Markup {
    let days = days(list);
    html! {
        p.lead { (promise(viewer, list)) }
        @if days.values().all(|day| day.in_service == 0 && day.frames == 0) {
            (empty(&viewer.say("quality-none"), &viewer.say("quality-none-advice"), None))
        } @else {
            (latest(viewer, &days, available))
            // One day makes no course.
            @if days.len() > 1 { (chart(viewer, &days)) }
            (table(viewer, &days))
        }
    }
}

fn promise(viewer: &Viewer, list: &Json) -> String {
    let percent = |name: &str| text(list, name);
    viewer.say_with(
        "quality-lead",
        [
            ("daily", percent("/promisedDailyPercent").into()),
            ("fortnight", percent("/promisedFortnightPercent").into()),
            ("zone", text(list, "/timeZone").into()),
        ],
    )
}

/// Returns the shares of the last whole day alone; nothing where no object is in service.
pub(super) fn shares(viewer: &Viewer, list: &Json) -> Markup {
    let days = days(list);
    let Some((day, counts)) = whole_day(&days).filter(|(_, counts)| counts.in_service > 0) else {
        return html! {};
    };
    html! {
        section {
            h2 { (viewer.say("status-figures")) }
            p.soft { (on_day(viewer, *day)) }
            dl.figures {
                (figure(viewer, "quality-daily", reached(counts.heard, counts.in_service)))
                (figure(viewer, "quality-fortnight", reached(counts.heard_in_14_days, counts.in_service)))
            }
        }
    }
}

fn on_day(viewer: &Viewer, day: Date) -> String {
    viewer.say_with("quality-day", [("day", written::day(day, viewer.language()).into())])
}

/// The last whole day, or the present one where it is the first.
fn whole_day(days: &BTreeMap<Date, Day>) -> Option<(&Date, &Day)> {
    days.iter().rev().nth(1).or_else(|| days.iter().next_back())
}

/// The figures of the last whole day, or of the present one where it is the first.
fn latest(viewer: &Viewer, days: &BTreeMap<Date, Day>, available: &Json) -> Markup {
    let Some((day, counts)) = whole_day(days) else { return html! {} };
    let minutes = |name: &str| available["ingest"][name].as_u64().unwrap_or_default();
    let ingest = reached(minutes("up"), minutes("minutes"));
    html! {
        h2 { (on_day(viewer, *day)) }
        dl.figures {
            (figure(viewer, "quality-daily", reached(counts.heard, counts.in_service)))
            (figure(viewer, "quality-fortnight", reached(counts.heard_in_14_days, counts.in_service)))
            (figure(viewer, "quality-loss", percent(counts.lost, counts.lost + counts.frames)))
            (figure(viewer, "quality-ingest", ingest))
        }
    }
}

fn figure(viewer: &Viewer, key: &str, percent: Option<f64>) -> Markup {
    html! {
        div {
            dt { (viewer.say(key)) }
            dd { (shown_percent(viewer, percent)) }
        }
    }
}

/// A share in percent as people read it.
pub(super) fn share(viewer: &Viewer, part: u64, all: u64) -> String {
    shown_percent(viewer, percent(part, all))
}

/// The gateways that heard a frame, on the average.
fn redundancy(viewer: &Viewer, counts: &Day) -> String {
    let of_a_hundred = percent(counts.receptions, counts.frames);
    of_a_hundred.map_or_else(|| "–".to_owned(), |number| viewer.number(number.round() / 100.0))
}

fn shown_percent(viewer: &Viewer, percent: Option<f64>) -> String {
    percent.map_or_else(|| "–".to_owned(), |percent| format!("{}\u{a0}%", viewer.number(percent)))
}

fn chart(viewer: &Viewer, days: &BTreeMap<Date, Day>) -> Markup {
    // Each day is drawn at its noon in universal time, which is of the same day in most of the world.
    let noon = |day: Date| Some(day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
    let point = |(day, counts): (&Date, &Day)| -> Option<(Timestamp, f64)> {
        Some((noon(*day)?, reached(counts.heard, counts.in_service)?))
    };
    let points = days.iter().filter_map(point).collect();
    Chart { name: viewer.say("quality-daily"), unit: "%".to_owned(), points, is_of_days: true }
        .shown(viewer)
}

fn table(viewer: &Viewer, days: &BTreeMap<Date, Day>) -> Markup {
    let mut table = Table::new(viewer.say("quality-days"))
        .column(viewer.say("quality-date"))
        .numbers(viewer.say("quality-in-service"))
        .numbers(viewer.say("quality-heard"))
        .numbers(viewer.say("quality-daily"))
        .numbers(viewer.say("quality-fortnight"))
        .numbers(viewer.say("quality-frames"))
        .numbers(viewer.say("quality-loss"))
        .numbers(viewer.say("quality-redundancy"));
    for (day, counts) in days.iter().rev() {
        let whole = |number| html! { (viewer.language().whole(number)) };
        let promised = |part, all| html! { (shown_percent(viewer, reached(part, all))) };
        let share = |part, all| html! { (share(viewer, part, all)) };
        table.row(vec![
            html! { (written::day(*day, viewer.language())) },
            whole(counts.in_service),
            whole(counts.heard),
            promised(counts.heard, counts.in_service),
            promised(counts.heard_in_14_days, counts.in_service),
            whole(counts.frames),
            share(counts.lost, counts.lost + counts.frames),
            html! { (redundancy(viewer, counts)) },
        ]);
    }
    table.shown()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_groups_of_a_day_are_summed_up() {
        let figures = |period: &str, heard: u64| json!({ "period": period, "inService": 10, "heard": heard, "frames": 20, "lost": 5 });
        let list = json!({ "figures": [figures("2026-03-01", 9), figures("2026-03-01", 6), figures("2026-03-02", 1)] });
        let days = days(&list);
        let first = days.values().next().unwrap();
        assert_eq!((days.len(), first.in_service, first.heard), (2, 20, 15));
        assert_eq!(percent(first.heard, first.in_service), Some(75.0));
        assert_eq!((percent(2, 3), percent(0, 0)), (Some(66.67), None));
        // A promise of 90 % is missed by one object of 100,000.
        assert_eq!((reached(89_999, 100_000), reached(9, 10)), (Some(89.99), Some(90.0)));
        assert_eq!(reached(0, 0), None);
    }
}
