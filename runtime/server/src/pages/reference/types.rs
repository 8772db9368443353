//! The page of a type: its members with their meanings, and an example.

use axum::extract::Path;
use maud::html;

use super::{
    operation::members_of,
    served::document,
    shape::{Shape, example, members},
    words::{OVERVIEW, paragraphs, shape},
};
use crate::{
    api::Problem,
    pages::{json::text, layout::Page, parts::code::pretty, viewer::Viewer},
};

pub(super) async fn show(viewer: Viewer, Path(name): Path<String>) -> Result<Page, Problem> {
    let document = document(&viewer).await?;
    let schema = document
        .schema(&name)
        .ok_or_else(|| Problem::not_found("no-such-path", viewer.say("reference-no-such-type")))?;
    let title = viewer.say_with("reference-type-title", [("name", name.as_str().into())]);
    let has_members = !members(schema, &document.schemas).is_empty();
    let content = html! {
        ol.trail { li { a href=(OVERVIEW) { (viewer.say("reference-title")) } } }
        h1 { (title) }
        (paragraphs(&text(schema, "/description")))
        @if has_members {
            (members_of(&viewer, document, (&name, schema)))
        } @else {
            p { (shape(&viewer, &Shape::of(schema))) }
        }
        h2 { (viewer.say("reference-type-example")) }
        (pretty(&example(schema, &document.schemas)))
    };
    Ok(viewer.page(title.clone(), content))
}
