//! The list of schedules.

use std::sync::Arc;

use axum::{Router, routing::get};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    LIST,
    new::NEW,
    plan::{rule, whom},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, path_part, text},
        layout::Page,
        partner::frame::{moment_or_dash, partner_page},
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        tables,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(LIST, get(show))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let found =
        viewer.get(&address("/v1/schedules", &[("limit", "100"), ("after", &after)])).await?;
    let more = found.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&found, "/next");
    let schedules = items(&found, "/schedules");
    let content = html! {
        p.lead { (viewer.say("schedules-lead")) }
        @if viewer.may(Scope::Commands) {
            p.actions { a.button href=(NEW) { (viewer.say("schedule-add")) } }
        }
        (schedules_table(&viewer, schedules))
        (pager(&viewer, Some(next.as_str()).filter(|_| more)))
        @if !schedules.is_empty() { p.actions { (tables::links("schedules", &[])) } }
    };
    Ok(partner_page(&viewer, &viewer.say("partner-schedules"), content))
}

fn schedules_table(viewer: &Viewer, schedules: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("partner-schedules"))
        .column(viewer.say("schedule-name"))
        .column(viewer.say("schedule-to"))
        .column(viewer.say("schedule-rule"))
        .column(viewer.say("schedule-next"));
    for schedule in schedules {
        let link = format!("{LIST}/{}", path_part(&text(schedule, "/id")));
        table.row(vec![
            html! { a href=(link) { (text(schedule, "/plan/name")) } },
            html! { (whom(schedule)) },
            rule(viewer, schedule),
            next_moment(viewer, schedule),
        ]);
    }
    html! {
        @if table.is_empty() {
            (empty(&viewer.say("schedules-none"), &viewer.say("schedules-none-advice"), None))
        } @else { (table.shown()) }
    }
}

/// The next moment of a schedule, or the word for why there is none.
pub(super) fn next_moment(viewer: &Viewer, schedule: &Json) -> Markup {
    let is_paused = schedule.pointer("/plan/paused").and_then(Json::as_bool).unwrap_or_default();
    if is_paused {
        return badge(Tone::Warning, &viewer.say("schedule-paused"));
    }
    moment_or_dash(viewer, schedule, "/next")
}
