//! The page of one operation: who may, what it takes, what it answers, and how it is asked.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    curl::{curl, example_text},
    document::{Answer, Content, Document, Operation, Parameter},
    overview::roles,
    served::document,
    shape::{Shape, members},
    trial::trial,
    words::{OVERVIEW, marked, method_and_path, need, paragraphs, shape, subject},
};
use crate::{
    api::Problem,
    pages::{
        layout::Page,
        own_address::own_address,
        parts::{code::lines, table::Table},
        viewer::Viewer,
    },
};

pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let document = document(&viewer).await?;
    let operation = document
        .operation(&id)
        .ok_or_else(|| Problem::not_found("no-such-path", viewer.say("reference-no-such")))?;
    Ok(viewer.page(operation.summary.clone(), content(&viewer, document, operation)))
}

fn content(viewer: &Viewer, document: &Document, operation: &Operation) -> Markup {
    html! {
        ol.trail {
            li { a href=(OVERVIEW) { (viewer.say("reference-title")) } }
            li { (subject(viewer, &operation.tag)) }
        }
        h1 { (marked(&operation.summary)) }
        p.lead { (method_and_path(operation)) }
        (paragraphs(&operation.description))
        dl.facts {
            dt { (viewer.say("reference-rights")) } dd { (roles(viewer, operation)) }
            @if !operation.scope.is_empty() {
                dt { (viewer.say("reference-scope")) } dd { code { (operation.scope) } }
            }
        }
        h2 { (viewer.say("reference-parameters")) }
        (parameters(viewer, &operation.parameters))
        h2 { (viewer.say("reference-body")) }
        @match &operation.body {
            Some(body) => (shown_body(viewer, document, body)),
            None => p { (viewer.say("reference-no-body")) },
        }
        h2 { (viewer.say("reference-answers")) }
        @for answer in operation.answers.iter().filter(|answer| answer.codes.is_empty()) {
            (shown_answer(viewer, document, answer))
        }
        h2 { (viewer.say("reference-problems")) }
        (problems(viewer, &operation.answers))
        h2 { (viewer.say("reference-curl")) }
        p { (viewer.say("reference-curl-lead")) }
        (lines(&curl(operation, &document.schemas, &own_address(viewer))))
        h2 { (viewer.say("reference-try")) }
        (trial(viewer, document, operation))
    }
}

fn parameters(viewer: &Viewer, parameters: &[Parameter]) -> Markup {
    if parameters.is_empty() {
        return html! { p { (viewer.say("reference-no-parameters")) } };
    }
    let mut table = Table::new(viewer.say("reference-parameters"))
        .column(viewer.say("reference-parameter"))
        .column(viewer.say("reference-place"))
        .column(viewer.say("reference-type"))
        .column(viewer.say("reference-meaning"));
    for parameter in parameters {
        table.row(vec![
            html! { code { (parameter.name) } " " (need(viewer, parameter.required)) },
            html! { (viewer.say_word("reference-place", &parameter.place)) },
            shape(viewer, &Shape::of(&parameter.schema)),
            marked(&parameter.description),
        ]);
    }
    table.shown()
}

fn shown_body(viewer: &Viewer, document: &Document, body: &Content) -> Markup {
    html! {
        p { code { (body.media_type) } " " (shape(viewer, &Shape::of(&body.schema))) }
        (paragraphs(&body.description))
        @if body.is_json() {
            (members_of(viewer, document, (&viewer.say("reference-body"), &body.schema)))
            details {
                summary { (viewer.say("reference-type-example")) }
                (lines(&example_text(body, &document.schemas)))
            }
        }
    }
}

/// The members of an object, where the schema is one, in a table that says of what they are.
pub(super) fn members_of(
    viewer: &Viewer,
    document: &Document,
    (of, schema): (&str, &Json),
) -> Markup {
    let members = members(schema, &document.schemas);
    let mut table = Table::new(format!("{}: {of}", viewer.say("reference-members")))
        .column(viewer.say("reference-member"))
        .column(viewer.say("reference-type"))
        .column(viewer.say("reference-meaning"));
    for member in &members {
        table.row(vec![
            html! { code { (member.name) } " " (need(viewer, member.required)) },
            shape(viewer, &Shape::of(member.schema)),
            marked(member.description),
        ]);
    }
    html! { @if !members.is_empty() { (table.shown()) } }
}

fn shown_answer(viewer: &Viewer, document: &Document, answer: &Answer) -> Markup {
    html! {
        section.card {
            h3 { (answer.status) " " (marked(&answer.description)) }
            @if let Some(content) = &answer.content {
                p { code { (content.media_type) } " " (shape(viewer, &Shape::of(&content.schema))) }
                @if content.is_json() { (members_of(viewer, document, (&answer.status, &content.schema))) }
            }
        }
    }
}

fn problems(viewer: &Viewer, answers: &[Answer]) -> Markup {
    let mut table = Table::new(viewer.say("reference-problems"))
        .column(viewer.say("reference-code"))
        .numbers(viewer.say("reference-status"))
        .column(viewer.say("reference-meaning"));
    for answer in answers {
        for (code, meaning) in &answer.codes {
            table.row(vec![html! { code { (code) } }, html! { (answer.status) }, marked(meaning)]);
        }
    }
    table.shown()
}
