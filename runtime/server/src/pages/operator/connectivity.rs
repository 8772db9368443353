//! The figures of connectivity of the territory, and its gateways.

use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    sections,
    values::{moment_at, number_at, part_of},
};
use crate::{
    api::Problem,
    pages::{
        connectivity,
        json::{items, next_of, path_part, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        tables,
        viewer::Viewer,
    },
};

/// The path of the figures.
const FIGURES: &str = "/operator/quality";

/// The path of the gateways.
const GATEWAYS: &str = "/operator/gateways";

pub(super) async fn figures(viewer: Viewer) -> Result<Page, Problem> {
    let content = connectivity::content(&viewer, FIGURES).await?;
    Ok(sections::page(&viewer, &viewer.say("quality-title"), content))
}

pub(super) async fn workbook(viewer: Viewer) -> Result<Response, Problem> {
    connectivity::workbook(&viewer).await
}

pub(super) async fn gateways(viewer: Viewer) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(&viewer, "/v1/gateways", &[])).await?;
    let mut table = Table::new(viewer.say("gateways-title"))
        .column(viewer.say("quality-gateway"))
        .column(viewer.say("gateways-state"))
        .column(viewer.say("quality-last-heard"))
        .numbers(viewer.say("gateways-frames"))
        .numbers(viewer.say("gateways-gap"))
        .numbers(viewer.say("gateways-only"));
    for gateway in items(&list, "/gateways") {
        table.row(row(&viewer, gateway));
    }
    let content = html! {
        p.lead { (viewer.say("gateways-lead")) }
        @if table.is_empty() {
            (empty(&viewer.say("gateways-none"), "", None))
        } @else {
            (table.shown())
            p.actions { (tables::links("gateways", &[])) }
        }
        (pager(&viewer, next_of(&list)))
    };
    Ok(sections::page(&viewer, &viewer.say("gateways-title"), content))
}

fn row(viewer: &Viewer, gateway: &Json) -> Vec<Markup> {
    let id = text(gateway, "/id");
    let frames = gateway["framesAnHour"].as_f64().unwrap_or_default();
    vec![
        html! { a href={ (GATEWAYS) "/" (path_part(&id)) } { code { (id) } } },
        state(viewer, gateway),
        moment_at(viewer, gateway, "/lastHeardAt"),
        html! { (viewer.number(shown(frames))) },
        number_at(viewer, gateway, "/usualGapMinutes"),
        number_at(viewer, gateway, "/onlyHere"),
    ]
}

/// Frames an hour, with two decimals where they are few: a gateway of one frame a day hears some.
fn shown(frames: f64) -> f64 {
    let decimals = if frames < 10.0 { 100.0 } else { 10.0 };
    (decimals * frames).round() / decimals
}

fn state(viewer: &Viewer, gateway: &Json) -> Markup {
    let word = text(gateway, "/state");
    let tone = match word.as_str() {
        "silent" => Tone::Bad,
        "heard" => Tone::Good,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("gateways-state", &word))
}

/// A gateway with the objects that it alone hears.
pub(super) async fn gateway(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let found = viewer.get(&format!("/v1/gateways/{}", path_part(&id))).await?;
    let content = html! {
        p { (state(&viewer, &found)) " " (moment_at(&viewer, &found, "/lastHeardAt")) }
        h2 { (viewer.say("gateways-events")) }
        ul {
            @for event in items(&found, "/events") {
                li {
                    (moment_at(&viewer, event, "/at")) " "
                    (viewer.say_word("gateways-turn", &text(event, "/turn")))
                }
            }
        }
        h2 { (viewer.say("gateways-only")) }
        (objects(&viewer, items(&found, "/objects")))
    };
    Ok(sections::page(&viewer, &id, content))
}

fn objects(viewer: &Viewer, objects: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("gateways-only"))
        .column(viewer.say("quality-object"))
        .column(viewer.say("quality-group"));
    for object in objects {
        table.row(vec![
            html! { code { (text(object, "/devEui")) } " " (text(object, "/name")) },
            html! { (text(object, "/group")) },
        ]);
    }
    html! {
        @if table.is_empty() { p { (viewer.say("gateways-only-none")) } } @else { (table.shown()) }
    }
}
