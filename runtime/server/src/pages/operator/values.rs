//! Values of answers, as pages of the operator show them.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    api::Problem,
    pages::{
        json::{address, items, moment, text},
        viewer::Viewer,
        written,
    },
};

/// Items of a page of a list.
const LIMIT: &str = "50";

/// Returns the address at which the part of a list is asked for that the viewer looks at.
pub(super) fn part_of(viewer: &Viewer, path: &str, pairs: &[(&str, &str)]) -> String {
    let after = viewer.parameter("after").unwrap_or_default();
    let page = [("after", after.as_str()), ("limit", LIMIT)];
    let all: Vec<(&str, &str)> = pairs.iter().copied().chain(page).collect();
    address(path, &all)
}

/// Asks for what there may be, and what the viewer may not see: nothing in either case.
///
/// # Errors
/// Any other [`Problem`] with which the interface answers.
pub(super) async fn if_any(viewer: &Viewer, path: &str) -> Result<Option<Json>, Problem> {
    match viewer.get(path).await {
        Err(problem)
            if [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&problem.status()) =>
        {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// A moment, or the word for one that never was.
pub(super) fn moment_at(viewer: &Viewer, json: &Json, pointer: &str) -> Markup {
    match moment(json, pointer) {
        Some(at) => viewer.moment(at),
        None => html! { span.soft { (viewer.say("operator-never")) } },
    }
}

/// The name of the author of an act, below its moment; nothing where none is named.
pub(super) fn by(viewer: &Viewer, name: &str) -> Markup {
    if name.is_empty() {
        return html! {};
    }
    let said = viewer.say_with("operator-by", [("name", name.into())]);
    html! { div.soft.small { (said) } }
}

/// A whole number as the viewer writes numbers; nothing where there is none.
pub(super) fn number_at(viewer: &Viewer, json: &Json, pointer: &str) -> Markup {
    let number = json.pointer(pointer).and_then(Json::as_u64);
    html! { @if let Some(number) = number { (viewer.language().whole(number)) } }
}

/// A size in bytes.
pub(super) fn size_at(viewer: &Viewer, json: &Json, pointer: &str) -> Markup {
    let bytes = json.pointer(pointer).and_then(Json::as_u64).unwrap_or_default();
    html! { (written::size(bytes, viewer.language())) }
}

/// Words of a list, separated by commas; the word for none where it is empty.
pub(super) fn words_at(viewer: &Viewer, json: &Json, pointer: &str) -> Markup {
    let words: Vec<String> = items(json, pointer).iter().map(|item| text(item, "")).collect();
    html! {
        @if words.is_empty() {
            span.soft { (viewer.say("operator-none")) }
        } @else {
            (words.join(", "))
        }
    }
}

/// Facts about one thing, each with its name.
pub(super) fn facts(rows: impl IntoIterator<Item = (String, Markup)>) -> Markup {
    html! { dl.facts { @for (name, value) in rows { dt { (name) } dd { (value) } } } }
}

/// The names in a text that are separated by commas or blanks.
pub(super) fn names(text: &str) -> Vec<&str> {
    let signs = |sign: char| sign == ',' || sign == ';' || sign.is_whitespace();
    text.split(signs).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        assert_eq!(names(" acme, city;water\nparking "), ["acme", "city", "water", "parking"]);
        assert!(names(" , ").is_empty());
    }
}
