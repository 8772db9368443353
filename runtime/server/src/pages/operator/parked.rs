//! Messages of brokers that could not be read: listed, looked at, taken once more and discarded.

use axum::{extract::Path, http::Method, response::Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    sections,
    values::{facts, moment_at, number_at, part_of, size_at},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, optional, path_part, text},
        layout::Page,
        parts::{
            code::lines,
            empty::empty,
            form::button_form,
            notice::{Tone, notice},
            pager::pager,
            table::Table,
        },
        submission::Submission,
        told,
        viewer::Viewer,
    },
};

/// The path of the list.
const LIST: &str = "/operator/parked";

/// Most messages that are taken once more by one press of the button.
const AT_ONCE: usize = 200;

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, html! {}).await
}

async fn page(viewer: &Viewer, outcome: Markup) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/parked", &[])).await?;
    let mut table = Table::new(viewer.say("operator-parked-title"))
        .column(viewer.say("operator-parked-topic"))
        .column(viewer.say("operator-parked-server"))
        .column(viewer.say("operator-parked-fault"))
        .column(viewer.say("operator-parked-came"))
        .numbers(viewer.say("operator-parked-times"))
        .numbers(viewer.say("operator-parked-bytes"))
        .column(viewer.say("operator-actions"));
    for message in items(&list, "/parked") {
        table.row(row(viewer, message));
    }
    let content = html! {
        (outcome)
        p.lead { (viewer.say("operator-parked-lead")) }
        @if table.is_empty() {
            (empty(&viewer.say("operator-parked-none"), "", None))
        } @else {
            (button_form(viewer, "/operator/parked/retry", &viewer.say("operator-parked-retry-all"), false))
            (table.shown())
        }
        (pager(viewer, next_of(&list)))
    };
    Ok(sections::page(viewer, &viewer.say("operator-parked-title"), content))
}

fn row(viewer: &Viewer, message: &Json) -> Vec<Markup> {
    let id = text(message, "/id");
    vec![
        html! { a href={ (LIST) "/" (id) } { (text(message, "/topic")) } },
        html! { (text(message, "/networkServer")) },
        html! { code { (text(message, "/code")) } " " (told::problem(viewer.language(), message, "")) },
        moment_at(viewer, message, "/lastAt"),
        number_at(viewer, message, "/times"),
        size_at(viewer, message, "/bytes"),
        buttons(viewer, &id),
    ]
}

fn buttons(viewer: &Viewer, id: &str) -> Markup {
    let retry = format!("{LIST}/{id}/retry");
    let discard = format!("{LIST}/{id}/discard");
    html! {
        (button_form(viewer, &retry, &viewer.say("operator-parked-retry"), false))
        " "
        (button_form(viewer, &discard, &viewer.say("operator-parked-discard"), true))
    }
}

pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let message = viewer.get(&path_of(&id)).await?;
    let body = optional(&message, "/text").or_else(|| optional(&message, "/base64"));
    let content = html! {
        p { a href=(LIST) { (viewer.say("operator-parked-title")) } }
        (notice(Tone::Warning, html! {
            p.title { code { (text(&message, "/code")) } }
            p { (told::problem(viewer.language(), &message, "")) }
        }))
        (facts([
            (viewer.say("operator-parked-topic"), html! { code { (text(&message, "/topic")) } }),
            (viewer.say("operator-parked-server"), html! { (text(&message, "/networkServer")) }),
            (viewer.say("operator-parked-came"), moment_at(&viewer, &message, "/parkedAt")),
            (viewer.say("operator-parked-times"), number_at(&viewer, &message, "/times")),
            (viewer.say("operator-parked-bytes"), size_at(&viewer, &message, "/bytes")),
        ]))
        (buttons(&viewer, &text(&message, "/id")))
        h2 { (viewer.say("operator-parked-body")) }
        @if message["truncated"] == true { p { (viewer.say("operator-parked-truncated")) } }
        (lines(body.unwrap_or_default()))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-parked-message"), content))
}

fn path_of(id: &str) -> String {
    format!("/v1/parked/{}", path_part(id))
}

pub(super) async fn retry(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Page, Problem> {
    let retried = viewer.send(Method::POST, &format!("{}/retry", path_of(&id)), None).await?;
    let said =
        viewer.say_with("operator-parked-retried", [("result", text(&retried, "/result").into())]);
    page(&viewer, notice(Tone::Good, html! { p { (said) } })).await
}

/// Takes messages once more, the oldest first. One that cannot be read again stays, and keeps no other from being taken.
pub(super) async fn retry_all(viewer: Viewer, _: Submission) -> Result<Page, Problem> {
    let list = viewer.get(&format!("/v1/parked?limit={AT_ONCE}")).await?;
    let mut taken = 0_usize;
    for message in items(&list, "/parked") {
        let path = format!("{}/retry", path_of(&text(message, "/id")));
        taken += usize::from(viewer.send(Method::POST, &path, None).await.is_ok());
    }
    let left = items(&viewer.get("/v1/parked").await?, "/parked").len();
    let counts = [("taken", taken.into()), ("left", left.into())];
    let said = viewer.say_with("operator-parked-retried-all", counts);
    let tone = if left == 0 { Tone::Good } else { Tone::Warning };
    page(&viewer, notice(tone, html! { p { (said) } })).await
}

pub(super) async fn discard(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &path_of(&id), None).await?;
    Ok(viewer.done(LIST, "done-operator-discarded"))
}
