//! All partners with the groups that they own, and a new one.

use axum::{
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    sections,
    values::{moment_at, names, part_of, words_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, next_of, text},
        layout::Page,
        parts::{
            empty::empty,
            form::{Fault, Field, form, submit},
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// The path of the list, to which the form is sent as well.
pub(super) const LIST: &str = "/operator/partners";

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn page(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/partners", &[])).await?;
    let content = html! {
        p.lead { (viewer.say("operator-partners-lead")) }
        (table(viewer, &list))
        (pager(viewer, next_of(&list)))
        @if viewer.may(Scope::Partners) { (adding(viewer, sent, fault)) }
    };
    Ok(sections::page(viewer, &viewer.say("operator-partners-title"), content))
}

fn table(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-partners-title"))
        .column(viewer.say("operator-partners-partner"))
        .column(viewer.say("operator-partners-short"))
        .column(viewer.say("operator-partners-groups"))
        .column(viewer.say("operator-partners-created"));
    for partner in items(list, "/partners") {
        let id = text(partner, "/id");
        table.row(vec![
            html! { a href={ (LIST) "/" (id) } { (text(partner, "/name")) } },
            html! { code { (id) } },
            words_at(viewer, partner, "/groups"),
            moment_at(viewer, partner, "/createdAt"),
        ]);
    }
    if table.is_empty() {
        return empty(
            &viewer.say("operator-partners-none"),
            &viewer.say("operator-step-partner-how"),
            None,
        );
    }
    table.shown()
}

fn adding(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Markup {
    let field = |name: &'static str, label: String| {
        Field::new(name, label).value(sent.text(name)).fault(fault)
    };
    let fields = html! {
        (field("name", viewer.say("operator-name")).required().shown())
        (field("id", viewer.say("operator-partners-short")).required()
            .hint(viewer.say("operator-requests-partner-hint")).shown())
        (field("groups", viewer.say("operator-partners-groups"))
            .hint(viewer.say("operator-partners-groups-hint")).shown())
        (submit(&viewer.say("operator-partners-add")))
    };
    html! {
        h2 { (viewer.say("operator-partners-add")) }
        (form(viewer, LIST, fault, fields))
    }
}

pub(super) async fn add(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    let body = json!({
        "id": sent.text("id"),
        "name": sent.text("name"),
        "groups": names(sent.text("groups")),
    });
    match viewer.send(Method::POST, "/v1/partners", Some(&body)).await {
        Ok(added) => {
            let page = format!("{LIST}/{}", text(&added, "/id"));
            Ok(viewer.done(&page, "done-operator-partner-added"))
        }
        Err(problem) => {
            let page = page(&viewer, &sent, &Fault::of(&problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}
