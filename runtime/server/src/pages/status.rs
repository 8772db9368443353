//! The state of the service, for partners: the shares of objects that were heard, and notices in force, to come and past.

use std::sync::Arc;

use axum::{Router, routing::get};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    connectivity,
    json::{address, items, moment, next_of, text},
    layout::Page,
    parts::{badge::badge, empty::empty, notice::Tone, pager::pager},
    tables,
    viewer::Viewer,
};
use crate::{api::Problem, service::Service};

/// The path of the page.
pub(super) const PATH: &str = crate::notices::PAGE;

/// Notices of a part of the list.
const NOTICES: &str = "50";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(PATH, get(show))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let asked = [("after", after.as_str()), ("limit", NOTICES)];
    let found = viewer.get(&address("/v1/notices", &asked)).await?;
    let notices = items(&found, "/notices");
    let shares = connectivity::shares(&viewer).await?;
    let content = html! {
        h1 { (viewer.say("status-title")) }
        p.lead { (viewer.say("status-lead")) }
        (shares)
        (list(&viewer, notices))
        (pager(&viewer, next_of(&found)))
        p.soft.small {
            (viewer.say("status-subscribe")) " "
            a href="/v1/notices/feed" { (viewer.say("status-feed")) } " · "
            a href="/v1/notices/calendar" { (viewer.say("status-calendar")) }
        }
        @if !notices.is_empty() { p.actions { (tables::links("notices", &[])) } }
    };
    Ok(viewer.page(viewer.say("status-title"), content))
}

/// The notices: those in force first, then those to come, and at last those that are past.
fn list(viewer: &Viewer, notices: &[Json]) -> Markup {
    let of = |states: &[&str]| -> Vec<&Json> {
        let is_of = |notice: &&Json| states.contains(&text(notice, "/state").as_str());
        notices.iter().filter(is_of).collect()
    };
    let (in_force, to_come) = (of(&["in-force"]), of(&["planned"]));
    let past = of(&["over", "cancelled"]);
    html! {
        @if in_force.is_empty() {
            (empty(&viewer.say("status-none"), &viewer.say("status-none-text"), None))
        }
        (part(viewer, &viewer.say("status-in-force"), &in_force))
        (part(viewer, &viewer.say("status-to-come"), &to_come))
        (part(viewer, &viewer.say("status-past"), &past))
    }
}

fn part(viewer: &Viewer, heading: &str, notices: &[&Json]) -> Markup {
    html! {
        @if !notices.is_empty() {
            section {
                h2 { (heading) }
                @for notice in notices { (one(viewer, notice)) }
            }
        }
    }
}

/// A notice whole: its title, time, objects, text and later words.
pub(super) fn one(viewer: &Viewer, notice: &Json) -> Markup {
    html! {
        article.card id={ "notice-" (text(notice, "/id")) } {
            h3 { (text(notice, "/title")) }
            p.soft {
                (kind_badge(viewer, notice)) " "
                (viewer.say_word("notice-state", &text(notice, "/state"))) " · "
                (span(viewer, notice))
            }
            @if let Some(about) = about(viewer, notice) { p.soft { (about) } }
            @for line in text(notice, "/text").lines() { p { (line) } }
            @if notice["leavesOut"] == true { p.soft.small { (viewer.say("notice-leaves-out")) } }
            @for word in items(notice, "/followUps") {
                p {
                    @if let Some(at) = moment(word, "/at") { strong { (viewer.moment(at)) } " " }
                    (text(word, "/text"))
                }
            }
        }
    }
}

fn kind_badge(viewer: &Viewer, notice: &Json) -> Markup {
    let (kind, state) = (text(notice, "/kind"), text(notice, "/state"));
    let tone = match (kind.as_str(), state.as_str()) {
        ("incident", "in-force") => Tone::Bad,
        (_, "in-force") => Tone::Warning,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("notice-kind", &kind))
}

/// The time of a notice, from its begin to its end.
pub(super) fn span(viewer: &Viewer, notice: &Json) -> Markup {
    html! {
        @if let Some(begin) = moment(notice, "/begin") { (viewer.moment(begin)) }
        " – "
        @match moment(notice, "/end") {
            Some(end) => (viewer.moment(end)),
            None => (viewer.say("notice-open-end")),
        }
    }
}

/// The objects that a notice is about; nothing where they are all.
fn about(viewer: &Viewer, notice: &Json) -> Option<String> {
    let parts = [
        (viewer.say("notice-groups"), items(notice, "/scope/groups")),
        (viewer.say("notice-use-cases"), items(notice, "/scope/useCases")),
        (viewer.say("notice-gateways"), items(notice, "/scope/gateways")),
    ];
    let said = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let said: Vec<String> = said
        .map(|(part, names)| {
            let names: Vec<String> = names.iter().map(|name| text(name, "")).collect();
            format!("{part} {}", names.join(", "))
        })
        .collect();
    (!said.is_empty()).then(|| said.join(" · "))
}
