//! Queues and storage: the use of the disk with its forecast, the records that wait, and the routes that fail.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    house::{forecast, is_failing},
    sections,
    values::{facts, if_any, moment_at, number_at, part_of, size_at},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, optional, text},
        layout::Page,
        parts::{badge::badge, empty::empty, live::live, notice::Tone, pager::pager, table::Table},
        told::Told,
        viewer::Viewer,
        written,
    },
};

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let storage = viewer.get("/v1/storage").await?;
    let retention = if_any(&viewer, &part_of(&viewer, "/v1/retention", &[])).await?;
    let routes = if_any(&viewer, "/v1/routes").await?;
    let content = html! {
        h2 { (viewer.say("operator-storage-disk")) }
        (disk(&viewer, &storage))
        @if let Some(retention) = &retention {
            h2 { (viewer.say("operator-storage-queues")) }
            (queues(&viewer, retention))
            (pager(&viewer, next_of(retention)))
        }
        @if let Some(routes) = &routes {
            h2 { (viewer.say("operator-storage-routes")) }
            (failing(&viewer, items(routes, "/routes")))
        }
    };
    let content = live(&viewer, (&viewer.address_with(&[]), "queues"), content);
    Ok(sections::page(&viewer, &viewer.say("operator-storage-title"), content))
}

fn disk(viewer: &Viewer, storage: &Json) -> Markup {
    let (tone, forecast) = forecast(viewer, storage);
    let bound = match storage["maxBytes"].as_u64() {
        Some(0) | None => html! { (viewer.say("operator-storage-no-bound")) },
        Some(_) => size_at(viewer, storage, "/maxBytes"),
    };
    facts([
        (viewer.say("operator-storage-used"), size_at(viewer, storage, "/usedBytes")),
        (viewer.say("operator-storage-files"), size_at(viewer, storage, "/fileBytes")),
        (viewer.say("operator-storage-free"), size_at(viewer, storage, "/freeBytes")),
        (viewer.say("operator-storage-bound"), bound),
        (viewer.say("operator-storage-rate"), html! { (growth(viewer, storage)) }),
        (viewer.say("operator-storage-forecast"), badge(tone, &forecast)),
    ])
}

/// The growth in an hour, with its sign.
fn growth(viewer: &Viewer, storage: &Json) -> String {
    match storage["bytesPerHour"].as_i64() {
        None => viewer.say("operator-storage-rate-unknown"),
        Some(bytes) => {
            let sign = if bytes < 0 { "−" } else { "+" };
            format!("{sign}{}", written::size(bytes.unsigned_abs(), viewer.language()))
        }
    }
}

fn queues(viewer: &Viewer, retention: &Json) -> Markup {
    let hours = retention["hours"].as_u64().unwrap_or_default();
    let mut table = Table::new(viewer.say("operator-storage-queues"))
        .column(viewer.say("operator-storage-group"))
        .column(viewer.say("operator-storage-route"))
        .numbers(viewer.say("operator-storage-waiting"))
        .column(viewer.say("operator-storage-oldest"))
        .column(viewer.say("operator-storage-expiry"))
        .numbers(viewer.say("operator-storage-expired"));
    let inbox = viewer.say("operator-storage-inbox");
    for backlog in items(retention, "/backlogs") {
        table.row(vec![
            html! { (text(backlog, "/group")) },
            html! { (optional(backlog, "/route").unwrap_or(&inbox)) },
            number_at(viewer, backlog, "/waiting"),
            moment_at(viewer, backlog, "/oldest"),
            moment_at(viewer, backlog, "/nextExpiry"),
            number_at(viewer, backlog, "/expired"),
        ]);
    }
    let lead = viewer.say_with("operator-storage-queues-lead", [("hours", hours.into())]);
    html! {
        p { (lead) }
        @if table.is_empty() {
            (empty(&viewer.say("operator-storage-queues-none"), &lead, None))
        } @else {
            (table.shown())
        }
    }
}

fn failing(viewer: &Viewer, routes: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("operator-storage-routes"))
        .column(viewer.say("operator-storage-route"))
        .column(viewer.say("operator-storage-group"))
        .column(viewer.say("operator-state"))
        .numbers(viewer.say("operator-storage-waiting"))
        .column(viewer.say("operator-storage-why"));
    for route in routes.iter().filter(|route| is_failing(route)) {
        let state = text(route, "/status/state");
        table.row(vec![
            html! { (text(route, "/name")) },
            html! { (text(route, "/group")) },
            badge(Tone::Bad, &viewer.say_word("operator-route-state", &state)),
            number_at(viewer, route, "/status/waiting"),
            Told::of_route(viewer, &route["status"]).shown(),
        ]);
    }
    html! {
        @if table.is_empty() {
            p { (badge(Tone::Good, &viewer.say("operator-storage-routes-none"))) }
        } @else {
            (table.shown())
        }
    }
}
