//! The overview: all requests by their subjects, and a search among them.

use maud::{Markup, html};

use super::{
    document::{Operation, Tag},
    served::document,
    words::{OVERVIEW, marked, method_and_path, page_of, subject},
};
use crate::{
    api::Problem,
    pages::{
        layout::Page,
        parts::{empty::empty, table::Table},
        viewer::Viewer,
    },
};

/// The part of the page that a search replaces.
const FOUND: &str = "requests";

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let document = document(&viewer).await?;
    let words = viewer.parameter("q").unwrap_or_default();
    let found: Vec<(&Tag, Vec<&Operation>)> = document
        .tags
        .iter()
        .map(|tag| (tag, tag.operations.iter().filter(|one| one.has(&words)).collect()))
        .filter(|(_, operations): &(&Tag, Vec<&Operation>)| !operations.is_empty())
        .collect();
    let content = html! {
        h1 { (viewer.say("reference-title")) }
        p.lead { (viewer.say("reference-lead")) }
        p { a href="/openapi.json" { (viewer.say("reference-document")) } }
        (search(&viewer, &words))
        div id=(FOUND) {
            @if found.is_empty() {
                (empty(&viewer.say("reference-none"), &words, Some((OVERVIEW, &viewer.say("reference-back")))))
            } @else {
                (subjects(&viewer, &found))
                @for (tag, operations) in &found { (of_tag(&viewer, tag, operations)) }
            }
        }
    };
    Ok(viewer.page(viewer.say("reference-title"), content))
}

fn search(viewer: &Viewer, words: &str) -> Markup {
    html! {
        form.search method="get" action=(OVERVIEW) role="search" data-live=(FOUND) {
            label.unseen for="reference-q" { (viewer.say("reference-search")) }
            input type="search" id="reference-q" name="q" value=(words)
                placeholder=(viewer.say("reference-search"));
            button type="submit" { (viewer.say("reference-find")) }
        }
    }
}

fn subjects(viewer: &Viewer, found: &[(&Tag, Vec<&Operation>)]) -> Markup {
    html! {
        nav aria-label=(viewer.say("reference-tags")) {
            ul.tags {
                @for (tag, _) in found {
                    li { a href={ "#" (tag.name) } { (subject(viewer, &tag.name)) } }
                }
            }
        }
    }
}

fn of_tag(viewer: &Viewer, tag: &Tag, operations: &[&Operation]) -> Markup {
    let name = subject(viewer, &tag.name);
    let mut table = Table::new(name.clone())
        .column(viewer.say("reference-request"))
        .column(viewer.say("reference-summary"))
        .column(viewer.say("reference-rights"));
    for operation in operations {
        table.row(vec![
            html! { a href=(page_of(operation)) { (method_and_path(operation)) } },
            marked(&operation.summary),
            roles(viewer, operation),
        ]);
    }
    html! {
        h2 id=(tag.name) { (name) }
        p { (marked(&tag.description)) }
        (table.shown())
    }
}

/// The roles that may, or that the operation is open to everybody.
pub(super) fn roles(viewer: &Viewer, operation: &Operation) -> Markup {
    if operation.roles.is_empty() {
        return html! { (viewer.say("reference-open")) };
    }
    let roles = operation.roles.iter().map(|role| viewer.say_word("role", role));
    html! { (roles.collect::<Vec<_>>().join(", ")) }
}
