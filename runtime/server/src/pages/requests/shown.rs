//! The page of a request: whom it waits for, the payloads and what becomes of them, the steps, and what to do next.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    list::{due, state_badge},
    step_forms::step_forms,
};
use crate::{
    api::Problem,
    pages::{
        json::{items, moment, optional, path_part, text},
        layout::Page,
        parts::{
            badge::badge,
            form::Fault,
            notice::{Tone, notice},
            table::Table,
        },
        viewer::Viewer,
    },
};

/// The page of a request.
pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    page(&viewer, &id, &Fault::none()).await
}

/// The page of a request, with what is wrong with a step that was tried.
pub(super) async fn page(viewer: &Viewer, id: &str, fault: &Fault) -> Result<Page, Problem> {
    let path = format!("/v1/decoder-requests/{}", path_part(id));
    let request = viewer.get(&path).await?;
    let device = format!("{} {}", text(&request, "/wish/maker"), text(&request, "/wish/model"));
    let content = html! {
        div.heading { h1 { (device) } (state_badge(viewer, &request)) }
        (waiting(viewer, &request))
        (step_forms(viewer, &request, fault))
        (facts(viewer, &request))
        (candidate(viewer, &request))
        (payloads(viewer, &request))
        (steps(viewer, &request))
    };
    Ok(viewer.page(device, content))
}

fn waiting(viewer: &Viewer, request: &Json) -> Markup {
    let waits_for = text(request, "/waitsFor");
    let tone = if waits_for == "partner" { Tone::Warning } else { Tone::Plain };
    notice(
        tone,
        html! {
            p.title { (viewer.say_word("request-next", &format!("{}-{waits_for}", text(request, "/state")))) }
            @if waits_for != "nobody" { p { (viewer.say("request-due")) ": " (due(viewer, request)) } }
        },
    )
}

fn facts(viewer: &Viewer, request: &Json) -> Markup {
    let facts = [
        (viewer.say("request-partner"), "/partner"),
        (viewer.say("request-document"), "/wish/document"),
        (viewer.say("request-firmware"), "/wish/firmware"),
        (viewer.say("request-payer"), "/wish/payer"),
        (viewer.say("request-order"), "/wish/orderNumber"),
        (viewer.say("request-price"), "/estimate/price"),
        (viewer.say("request-by"), "/estimate/by"),
        (viewer.say("request-estimate-text"), "/estimate/text"),
        (viewer.say("request-notes"), "/wish/notes"),
    ];
    html! {
        dl.facts {
            @for (name, pointer) in facts {
                @if let Some(value) = optional(request, pointer) { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn candidate(viewer: &Viewer, request: &Json) -> Markup {
    let Some(decoder) = optional(request, "/candidate/decoder") else { return html! {} };
    let version = text(request, "/candidate/version");
    html! {
        section.card {
            h2 { (viewer.say("request-candidate")) }
            p { a href=(format!("/catalogue/{decoder}/{version}")) { (decoder) " " (version) } }
            @if request.get("shadow").is_some() {
                dl.figures {
                    div { dt { (viewer.say("request-frames")) } dd { (text(request, "/shadow/compared")) } }
                    div {
                        dt { (viewer.say("request-frames-failed")) }
                        dd { (text(request, "/shadow/candidate/failures")) }
                    }
                }
                p.soft { (viewer.say("request-shadow")) }
            }
        }
    }
}

fn payloads(viewer: &Viewer, request: &Json) -> Markup {
    let mut table = Table::new(viewer.say("request-payloads"))
        .column(viewer.say("request-payload-name"))
        .numbers(viewer.say("request-payload-port"))
        .column(viewer.say("request-payload-bytes"))
        .column(viewer.say("request-payload-right"))
        .column(viewer.say("request-trial"));
    let verdicts = items(request, "/trial/verdicts");
    for (index, payload) in items(request, "/wish/payloads").iter().enumerate() {
        table.row(vec![
            html! { (text(payload, "/name")) },
            html! { (text(payload, "/uplink/fPort")) },
            html! { code { (text(payload, "/uplink/payload")) } },
            right(payload),
            verdict(viewer, verdicts.get(index)),
        ]);
    }
    html! { h2 { (viewer.say("request-payloads")) } (table.shown()) }
}

fn right(payload: &Json) -> Markup {
    html! {
        ul {
            @for value in items(payload, "/right") {
                li { (text(value, "/quantity")) " " (text(value, "/value")) }
            }
            @if let Some(words) = optional(payload, "/words") { li { (words) } }
        }
    }
}

fn verdict(viewer: &Viewer, verdict: Option<&Json>) -> Markup {
    let Some(verdict) = verdict else { return html! { "–" } };
    let faults = items(verdict, "/faults");
    html! {
        @if faults.is_empty() {
            (badge(Tone::Good, &viewer.say("request-trial-right")))
        } @else {
            (badge(Tone::Bad, &viewer.say("request-trial-wrong")))
            ul {
                @for (index, fault) in faults.iter().enumerate() {
                    li { (fault_of(viewer, verdict.pointer(&format!("/values/{index}")), fault)) }
                }
            }
        }
    }
}

/// A fault of a trial in the words of the page; in those of the server where it was kept without its values.
fn fault_of(viewer: &Viewer, fault: Option<&Json>, words: &Json) -> Markup {
    let Some(fault) = fault else {
        return html! { span lang="en" { (words.as_str().unwrap_or_default()) } };
    };
    if let Some(said) = optional(fault, "/not-read") {
        return html! { (viewer.say("request-trial-not-read")) " " span lang="en" { (said) } };
    }
    let actual: Vec<String> = items(fault, "/value/actual").iter().map(Json::to_string).collect();
    let (expected, actual) = (text(fault, "/value/expected"), actual.join(", "));
    let values = [("expected", expected.into()), ("actual", actual.as_str().into())];
    let said = if actual.is_empty() { "request-trial-nothing" } else { "request-trial-value" };
    html! {
        (viewer.quantity(&text(fault, "/value/quantity")))
        @if let Some(channel) = fault["value"]["channel"].as_u64().filter(|channel| *channel > 0) {
            " #" (channel)
        }
        @if let Some(at) = moment(fault, "/value/measuredAt") { " (" (viewer.moment(at)) ")" }
        " : " (viewer.say_with(said, values))
    }
}

fn steps(viewer: &Viewer, request: &Json) -> Markup {
    html! {
        h2 { (viewer.say("request-steps")) }
        ol {
            @for step in items(request, "/steps") {
                li {
                    (viewer.say_word("request-act", &text(step, "/act")))
                    @if let Some(by) = optional(step, "/by") { " · " (by) }
                    @if let Some(at) = moment(step, "/at") { " · " (viewer.moment(at)) }
                    @if let Some(words) = optional(step, "/text") { p { (words) } }
                }
            }
        }
    }
}
