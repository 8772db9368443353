//! A request as its partner sees it: the state, the clock, the remarks and the decision.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{items, optional, text},
    partner::frame::moment_or_dash,
    parts::{badge::badge, notice::Tone},
    viewer::Viewer,
};

/// Returns a request as its partner sees it.
pub(super) fn request(viewer: &Viewer, request: &Json) -> Markup {
    html! {
        article.card {
            p.title { (matter(viewer, request)) " " (state(viewer, request)) }
            dl.facts {
                dt { (viewer.say("request-asked")) }
                dd { (moment_or_dash(viewer, request, "/askedAt")) }
                @if text(request, "/state") == "waiting" {
                    dt { (viewer.say("request-waits-for")) }
                    dd { (viewer.say_word("waits-for", &text(request, "/waitsFor"))) }
                    dt { (viewer.say("own-request-due")) }
                    dd { (moment_or_dash(viewer, request, "/dueAt")) }
                }
            }
            @for remark in items(request, "/remarks") { (said(viewer, remark)) }
            @if let Some(letter) = optional(request, "/decision/letter") {
                p { strong { (viewer.say("request-letter")) } " " (moment_or_dash(viewer, request, "/decision/at")) }
                blockquote { p { (letter) } }
            }
        }
    }
}

fn matter(viewer: &Viewer, request: &Json) -> Markup {
    let about = text(request, "/matter/about");
    let number = text(request, "/matter/number");
    html! {
        (viewer.say_word("matter", &about))
        @if !number.is_empty() { " (" (number) ")" }
    }
}

fn state(viewer: &Viewer, request: &Json) -> Markup {
    let state = text(request, "/state");
    let tone = match state.as_str() {
        "accepted" => Tone::Good,
        "refused" => Tone::Bad,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("own-request-state", &state))
}

fn said(viewer: &Viewer, remark: &Json) -> Markup {
    html! {
        p {
            strong { (viewer.say_word("side", &text(remark, "/side"))) } " "
            (moment_or_dash(viewer, remark, "/at"))
        }
        blockquote { p { (text(remark, "/text")) } }
    }
}
