//! The requests of partners, and of those who are to be, with the clock of each.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    sections,
    values::{moment_at, part_of},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, moment, next_of, path_part, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        viewer::Viewer,
    },
};

/// The states that the list is narrowed to; the empty one stands for all.
const STATES: [&str; 4] = ["", "waiting", "accepted", "refused"];

/// Hours of a day of the clock.
const DAY_HOURS: i64 = 24;

/// Days before the end of the clock from which on it is marked.
const SOON_DAYS: i64 = 7;

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let state = viewer.parameter("state").unwrap_or_default();
    let path = part_of(&viewer, "/v1/approvals", &[("state", &state)]);
    let list = viewer.get(&path).await?;
    let mut table = Table::new(viewer.say("operator-requests-title"))
        .column(viewer.say("operator-name"))
        .column(viewer.say("operator-requests-matter"))
        .column(viewer.say("operator-state"))
        .column(viewer.say("operator-requests-waits-for"))
        .column(viewer.say("operator-requests-asked"))
        .column(viewer.say("operator-requests-due"));
    for request in items(&list, "/requests") {
        table.row(row(&viewer, request));
    }
    let content = html! {
        p.lead { (viewer.say("operator-requests-lead")) }
        (states(&viewer, &state))
        @if table.is_empty() {
            (empty(&viewer.say("operator-requests-none"), &viewer.say("operator-requests-none-how"), None))
        } @else {
            (table.shown())
        }
        (pager(&viewer, next_of(&list)))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-requests-title"), content))
}

fn states(viewer: &Viewer, chosen: &str) -> Markup {
    html! {
        ul.tabs {
            @for state in STATES {
                li { a href=(viewer.address_with(&[("state", state), ("after", "")]))
                    aria-current=[(state == chosen).then_some("true")] {
                    @if state.is_empty() {
                        (viewer.say("operator-requests-all"))
                    } @else {
                        (viewer.say_word("operator-request-state", state))
                    }
                } }
            }
        }
    }
}

fn row(viewer: &Viewer, request: &Json) -> Vec<Markup> {
    vec![
        html! { a href={ "/operator/requests/" (text(request, "/id")) } { (text(request, "/name")) } },
        html! { (viewer.say_word("operator-requests-matter", &text(request, "/matter/about"))) },
        state_badge(viewer, request),
        html! { (viewer.say_word("operator-waits-for", &text(request, "/waitsFor"))) },
        moment_at(viewer, request, "/askedAt"),
        clock(viewer, request, Timestamp::now()),
    ]
}

/// The state of a request in a word.
pub(super) fn state_badge(viewer: &Viewer, request: &Json) -> Markup {
    let state = text(request, "/state");
    let tone = match state.as_str() {
        "accepted" => Tone::Good,
        "refused" => Tone::Bad,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("operator-request-state", &state))
}

/// The clock of a request that is not decided: the days that are left, or that it stands.
pub(super) fn clock(viewer: &Viewer, request: &Json, now: Timestamp) -> Markup {
    let Some(due) = moment(request, "/dueAt").filter(|_| text(request, "/state") == "waiting")
    else {
        return html! {};
    };
    if text(request, "/waitsFor") == "partner" {
        return badge(Tone::Plain, &viewer.say("operator-requests-clock-stands"));
    }
    let days = days_until(due, now);
    html! {
        (viewer.moment(due)) " "
        @if request["overdue"] == true || days < 0 {
            (badge(Tone::Bad, &viewer.say("operator-requests-overdue")))
        } @else {
            (badge(
                if days < SOON_DAYS { Tone::Warning } else { Tone::Plain },
                &viewer.say_with("operator-requests-due-days", [("days", days.into())]),
            ))
        }
    }
}

/// Whole days until a moment; fewer than none after it.
fn days_until(moment: Timestamp, now: Timestamp) -> i64 {
    let left: SignedDuration = moment.duration_since(now);
    left.as_hours().div_euclid(DAY_HOURS)
}

/// The path of a request of the interface.
pub(super) fn path_of(id: &str) -> String {
    format!("/v1/approvals/{}", path_part(id))
}

/// The path of the page of a request.
pub(super) fn page_of(id: &str) -> String {
    format!("/operator/requests/{}", path_part(id))
}

/// A text of several paragraphs, each line as it was written.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! { @for line in text.lines() { p { (line) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_until_the_end_of_the_clock() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let due = at("2026-03-31T12:00:00Z");
        assert_eq!(days_until(due, at("2026-03-01T12:00:00Z")), 30);
        assert_eq!(days_until(due, at("2026-03-31T11:00:00Z")), 0);
        assert_eq!(days_until(due, at("2026-03-31T14:00:00Z")), -1);
    }
}
