//! Words of the document on pages: marks of code, shapes of values, and addresses of pages.

use maud::{Markup, html};

use super::{document::Operation, shape::Shape};
use crate::pages::{
    json::path_part,
    parts::{badge::badge, notice::Tone},
    viewer::Viewer,
};

/// The path of the overview, which all other pages of the reference lie below.
pub(super) const OVERVIEW: &str = "/reference";

/// The address of the page of an operation.
pub(super) fn page_of(operation: &Operation) -> String {
    format!("{OVERVIEW}/{}", path_part(&operation.id))
}

/// The name of a subject, in words of the viewer's language.
pub(super) fn subject(viewer: &Viewer, tag: &str) -> String {
    viewer.say_word("reference-subject", tag)
}

/// The method and the path of an operation.
pub(super) fn method_and_path(operation: &Operation) -> Markup {
    let tone = match operation.method.as_str() {
        "GET" => Tone::Good,
        "DELETE" => Tone::Bad,
        _ => Tone::Warning,
    };
    html! { (badge(tone, &operation.method)) " " code { (operation.path) } }
}

/// A text of the document, in which code stands between signs of its own. It is in English, as all texts for programmers.
pub(super) fn marked(text: &str) -> Markup {
    html! {
        span lang="en" {
            @for (number, part) in text.split('`').enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

/// The paragraphs of a description.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (marked(paragraph)) }
        }
    }
}

/// The shape of a value in words, with links to the types that it names.
pub(super) fn shape(viewer: &Viewer, of: &Shape<'_>) -> Markup {
    html! {
        @match of {
            Shape::Named(name) => {
                a href={ (OVERVIEW) "/types/" (path_part(name)) } { (name) }
            }
            Shape::Simple(name, "") => code { (name) },
            Shape::Simple(name, format) => { code { (name) } " " span.soft { (format) } }
            Shape::List(item) => { (viewer.say("reference-list-of")) " " (shape(viewer, item)) }
            Shape::Map(value) => { (viewer.say("reference-map-of")) " " (shape(viewer, value)) }
            Shape::Words(words) => {
                (viewer.say("reference-one-of")) " "
                @for (number, word) in words.iter().enumerate() {
                    @if number > 0 { ", " }
                    code { (word) }
                }
            }
            Shape::Cases(cases) => {
                @for (number, case) in cases.iter().enumerate() {
                    @if number > 0 { " " (viewer.say("reference-or")) " " }
                    (shape(viewer, case))
                }
            }
            Shape::Anything => (viewer.say("reference-anything")),
        }
    }
}

/// Whether a member or a parameter must be there.
pub(super) fn need(viewer: &Viewer, is_required: bool) -> Markup {
    if is_required {
        return badge(Tone::Warning, &viewer.say("reference-required"));
    }
    html! { span.soft { (viewer.say("reference-optional")) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_and_nothing_else_is_markup() {
        let shown = marked("say `dryRun` and <b>").into_string();
        assert_eq!(shown, "<span lang=\"en\">say <code>dryRun</code> and &lt;b&gt;</span>");
        assert_eq!(paragraphs("one\n\n\n\ntwo").into_string().matches("<p>").count(), 2);
    }
}
