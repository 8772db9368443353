//! The decision about a request, as it is shown: a letter, and the form with the partner, its groups and its numbers.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    requests::{page_of, paragraphs},
    values::moment_at,
};
use crate::pages::{
    json::text,
    parts::{
        badge::badge,
        form::{Fault, Field, Kind, form},
        notice::Tone,
    },
    submission::Submission,
    viewer::Viewer,
};

/// Rows of the field of the letter.
const ROWS: u8 = 8;

/// A decision that was made, with its letter.
pub(super) fn shown(viewer: &Viewer, decision: &Json) -> Markup {
    let (tone, word) = match decision["accepted"] == true {
        true => (Tone::Good, "accepted"),
        false => (Tone::Bad, "refused"),
    };
    html! {
        section.card {
            p {
                (badge(tone, &viewer.say_word("operator-request-state", word))) " "
                (text(decision, "/by")) " " (moment_at(viewer, decision, "/at"))
            }
            h3 { (viewer.say("operator-requests-letter")) }
            (paragraphs(&text(decision, "/letter")))
        }
    }
}

/// The form of the decision, with what was sent and what is wrong with it.
pub(super) fn deciding(
    viewer: &Viewer,
    request: &Json,
    (sent, fault): (&Submission, &Fault),
) -> Markup {
    let is_new = request.get("partner").is_none();
    let is_more = text(request, "/matter/about") == "more-objects";
    let field = |name: &'static str, label: String| {
        Field::new(name, label).value(sent.text(name)).fault(fault)
    };
    let fields = html! {
        (field("letter", viewer.say("operator-requests-letter")).kind(Kind::Lines(ROWS))
            .hint(viewer.say("operator-requests-letter-hint")).required().shown())
        @if is_new {
            (field("partner", viewer.say("operator-requests-partner"))
                .hint(viewer.say("operator-requests-partner-hint")).shown())
            (field("groups", viewer.say("operator-partners-groups"))
                .hint(viewer.say("operator-requests-groups-hint")).shown())
        }
        @if is_more {
            (field("number", viewer.say("operator-requests-number")).kind(Kind::Line("number")).shown())
        }
        (field("quota", viewer.say("operator-requests-quota")).kind(Kind::Line("number"))
            .hint(viewer.say("operator-requests-quota-hint")).shown())
        p.actions {
            button type="submit" name="accepted" value="yes" { (viewer.say("operator-requests-accept")) }
            " "
            button.danger type="submit" { (viewer.say("operator-requests-refuse")) }
        }
    };
    form(viewer, &format!("{}/decision", page_of(&text(request, "/id"))), fault, fields)
}
