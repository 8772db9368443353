//! Decoders that are set aside: seen, set and lifted.

use axum::{extract::Path, http::Method, response::Response};
use champollion_registry::channels::Quarantined;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    decoders::page_of,
    sections,
    values::{moment_at, number_at, part_of},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, optional, path_part, text},
        layout::Page,
        parts::{empty::empty, form::button_form, pager::pager, table::Table},
        submission::Submission,
        told::Told,
        viewer::Viewer,
    },
};

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(&viewer, "/v1/registry/quarantine", &[])).await?;
    let mut table = Table::new(viewer.say("operator-quarantine-title"))
        .column(viewer.say("operator-decoders-decoder"))
        .column(viewer.say("operator-quarantine-scope"))
        .column(viewer.say("operator-reason"))
        .column(viewer.say("operator-quarantine-since"))
        .numbers(viewer.say("operator-quarantine-failures"))
        .column(viewer.say("operator-quarantine-by"))
        .column(viewer.say("operator-actions"));
    for one in items(&list, "/quarantined") {
        table.row(row(&viewer, one));
    }
    let content = html! {
        p.lead { (viewer.say("operator-quarantine-lead")) }
        @if table.is_empty() {
            (empty(&viewer.say("operator-quarantine-none"), &viewer.say("operator-quarantine-none-how"), None))
        } @else {
            (table.shown())
        }
        (pager(&viewer, next_of(&list)))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-quarantine-title"), content))
}

fn row(viewer: &Viewer, one: &Json) -> Vec<Markup> {
    let (id, version) = (text(one, "/id"), text(one, "/version"));
    let lift = format!("/operator/quarantine/{id}/{}/lift", path_part(&version));
    let by_itself = viewer.say("operator-quarantine-by-itself");
    vec![
        html! { a href=(page_of(&id)) { (id) } " " (version) },
        scope(viewer, one),
        reason(viewer, one),
        moment_at(viewer, one, "/since"),
        number_at(viewer, one, "/failures"),
        html! { (optional(one, "/by").unwrap_or(&by_itself)) },
        button_form(viewer, &lift, &viewer.say("operator-decoders-lift"), false),
    ]
}

/// The reason for which calls are set aside: what the last of them did, or what the person has written who did it.
pub(super) fn reason(viewer: &Viewer, one: &Json) -> Markup {
    let (code, message) = (text(one, "/code"), text(one, "/message"));
    match code == Quarantined::BY_HAND {
        true => html! { (message) },
        false => Told::of_code(viewer.language(), &code, message).shown(),
    }
}

/// The calls that are set aside: all, or those of a port, of commands or of a device.
fn scope(viewer: &Viewer, one: &Json) -> Markup {
    let port = one["fPort"].as_u64();
    let device = optional(one, "/devEui");
    let (has_commands, is_whole) =
        (one["commands"] == true, port.is_none() && device.is_none() && one["commands"] != true);
    html! {
        @if is_whole { (viewer.say("operator-quarantine-whole")) }
        @if let Some(port) = port { (viewer.say_with("operator-quarantine-port", [("port", port.into())])) " " }
        @if has_commands { (viewer.say("operator-quarantine-commands")) " " }
        @if let Some(device) = device {
            (viewer.say_with("operator-quarantine-device", [("device", device.into())]))
        }
    }
}

pub(super) async fn set_aside(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let path = path_of(&vendor, &model, sent.text("version"));
    let body = json!({ "reason": sent.text("reason") });
    viewer.send(Method::PUT, &path, Some(&body)).await?;
    Ok(viewer.done(&page_of(&format!("{vendor}/{model}")), "done-operator-set-aside"))
}

pub(super) async fn lift(
    viewer: Viewer,
    Path((vendor, model, version)): Path<(String, String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &path_of(&vendor, &model, &version), None).await?;
    Ok(viewer.done(&page_of(&format!("{vendor}/{model}")), "done-operator-lifted"))
}

fn path_of(vendor: &str, model: &str, version: &str) -> String {
    let [vendor, model, version] = [vendor, model, version].map(path_part);
    format!("/v1/registry/quarantine/{vendor}/{model}/{version}")
}
