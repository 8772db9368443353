//! The list of requests for decoders, with whom each waits for.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::path::{PATH, path_of};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, moment, next_of, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        viewer::Viewer,
    },
};

/// Requests of a part of the list.
const REQUESTS: &str = "50";

/// The states in the order in which a request goes through them.
const STATES: [&str; 7] =
    ["asked", "estimated", "ordered", "candidate", "accepted", "stable", "declined"];

/// The page of all requests that the viewer may see.
pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let state = viewer.parameter("state").unwrap_or_default();
    let after = viewer.parameter("after").unwrap_or_default();
    let asked = [("state", state.as_str()), ("after", after.as_str()), ("limit", REQUESTS)];
    let found = viewer.get(&address("/v1/decoder-requests", &asked)).await?;
    let content = html! {
        div.heading {
            h1 { (viewer.say("requests-title")) }
            (first(&viewer))
        }
        p.lead { (viewer.say("requests-lead")) }
        (states(&viewer, &state))
        (table(&viewer, &found))
        (pager(&viewer, next_of(&found)))
    };
    Ok(viewer.page(viewer.say("requests-title"), content))
}

fn first(viewer: &Viewer) -> Markup {
    html! {
        @if viewer.may(Scope::DecoderRequests) {
            a.button href="/requests/new" { (viewer.say("requests-new")) }
        }
    }
}

/// The states to choose from.
fn states(viewer: &Viewer, chosen: &str) -> Markup {
    html! {
        nav.tabs aria-label=(viewer.say("requests-state")) {
            a href=(PATH) aria-current=[chosen.is_empty().then_some("true")] {
                (viewer.say("requests-all"))
            }
            @for state in STATES {
                a href=(address(PATH, &[("state", state)]))
                    aria-current=[(state == chosen).then_some("true")] {
                    (viewer.say_word("request-state", state))
                }
            }
        }
    }
}

fn table(viewer: &Viewer, found: &Json) -> Markup {
    let requests = items(found, "/requests");
    if requests.is_empty() {
        let new = viewer.say("requests-new");
        let first = viewer.may(Scope::DecoderRequests).then_some(("/requests/new", new.as_str()));
        return empty(&viewer.say("requests-none"), &viewer.say("requests-none-text"), first);
    }
    let mut table = Table::new(viewer.say("requests-title"))
        .column(viewer.say("request-device"))
        .column(viewer.say("request-partner"))
        .column(viewer.say("requests-state"))
        .column(viewer.say("request-waits"))
        .column(viewer.say("request-due"));
    for request in requests {
        table.row(row(viewer, request));
    }
    table.shown()
}

fn row(viewer: &Viewer, request: &Json) -> Vec<Markup> {
    let device = format!("{} {}", text(request, "/wish/maker"), text(request, "/wish/model"));
    vec![
        html! { a href=(path_of(&text(request, "/id"))) { (device) } },
        html! { (text(request, "/partner")) },
        state_badge(viewer, request),
        html! { (viewer.say_word("request-waits-for", &text(request, "/waitsFor"))) },
        due(viewer, request),
    ]
}

/// The state of a request as a badge.
pub(super) fn state_badge(viewer: &Viewer, request: &Json) -> Markup {
    let state = text(request, "/state");
    let tone = match state.as_str() {
        "stable" => Tone::Good,
        "declined" => Tone::Bad,
        "candidate" | "estimated" => Tone::Warning,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("request-state", &state))
}

/// The day by which a request is to be done, and whether it is over.
pub(super) fn due(viewer: &Viewer, request: &Json) -> Markup {
    let is_overdue = text(request, "/overdue") == "true";
    html! {
        @if let Some(due) = moment(request, "/dueAt") { (viewer.moment(due)) }
        @if is_overdue { " " (badge(Tone::Bad, &viewer.say("request-overdue"))) }
    }
}
