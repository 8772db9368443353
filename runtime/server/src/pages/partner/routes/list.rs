//! The list of routes, each with its state, what waits on it, and its last attempts.

use std::sync::Arc;

use axum::{Router, routing::get};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, text},
        layout::Page,
        partner::frame::{moment_or_dash, partner_page},
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/routes", get(list))
}

async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let found = viewer.get(&address("/v1/routes", &[("limit", "100"), ("after", &after)])).await?;
    let more = found.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&found, "/next");
    let mut table = Table::new(viewer.say("partner-routes"))
        .column(viewer.say("route"))
        .column(viewer.say("route-kind"))
        .column(viewer.say("route-state"))
        .numbers(viewer.say("route-waiting"))
        .column(viewer.say("route-oldest"))
        .column(viewer.say("route-last-success"))
        .column(viewer.say("route-last-failure"));
    for route in items(&found, "/routes") {
        table.row(row(&viewer, route));
    }
    let make = viewer.say("route-new");
    let first = viewer.may(Scope::Routes).then_some(("/partner/routes/new", make.as_str()));
    let content = html! {
        @if table.is_empty() {
            (empty(&viewer.say("routes-empty"), &viewer.say("routes-empty-advice"), first))
        } @else {
            @if let Some((path, text)) = first { p.actions { a.button href=(path) { (text) } } }
            (table.shown())
            (pager(&viewer, Some(next.as_str()).filter(|_| more)))
        }
    };
    Ok(partner_page(&viewer, &viewer.say("partner-routes"), content))
}

fn row(viewer: &Viewer, route: &Json) -> Vec<Markup> {
    let (group, name) = (text(route, "/group"), text(route, "/name"));
    vec![
        html! {
            a href=(format!("/partner/routes/{group}/{name}")) { (name) }
            br; span.small { (group) }
        },
        html! { (viewer.say_word("route-kind", kind(route))) },
        state(viewer, route),
        html! { (text(route, "/status/waiting")) },
        moment_or_dash(viewer, route, "/status/oldestWaiting"),
        moment_or_dash(viewer, route, "/status/lastSuccess/at"),
        moment_or_dash(viewer, route, "/status/lastFailure/at"),
    ]
}

/// The word of a route's destination.
pub(super) fn kind(route: &Json) -> &str {
    let to = route.get("to").and_then(Json::as_object);
    to.and_then(|to| to.keys().next()).map(String::as_str).unwrap_or_default()
}

/// The badge of a route's state.
pub(super) fn state(viewer: &Viewer, route: &Json) -> Markup {
    let word = text(route, "/status/state");
    let tone = match word.as_str() {
        "running" => Tone::Good,
        "stopped" => Tone::Bad,
        "backing-off" => Tone::Warning,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("route-state", &word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kind_of_a_route_is_that_of_its_destination() {
        assert_eq!(kind(&json!({ "to": { "http": { "url": "https://a.example" } } })), "http");
        assert_eq!(kind(&json!({})), "");
    }
}
