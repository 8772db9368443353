//! The decision about a request: a letter, and where it is accepted the partner, its groups and its numbers.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    invitation::invitation,
    request::{page, page_of, paragraphs, path_of},
    values::{moment_at, names},
};
use crate::{
    api::Problem,
    pages::{
        json::text,
        parts::{
            badge::badge,
            form::{Fault, Field, Kind, form},
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
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

/// The decision as the interface takes it. What has a meaning for acceptance alone is left out of a refusal.
fn body(sent: &Submission) -> Json {
    let accepted = sent.is_ticked("accepted");
    let mut body = json!({ "accepted": accepted, "letter": sent.text("letter") });
    if !accepted {
        return body;
    }
    if let Some(partner) = sent.filled("partner") {
        body["partner"] = json!(partner);
    }
    if let Some(groups) = sent.filled("groups") {
        body["groups"] = json!(names(groups));
    }
    for name in ["number", "quota"] {
        if let Some(value) = sent.filled(name) {
            // What is no number is refused by the interface, which says so at the field.
            body[name] = value.parse::<u32>().map_or_else(|_| json!(value), |number| json!(number));
        }
    }
    body
}

pub(super) async fn decide(
    viewer: Viewer,
    Path(id): Path<String>,
    sent: Submission,
) -> Result<Response, Problem> {
    let path = format!("{}/decision", path_of(&id));
    match viewer.send(Method::POST, &path, Some(&body(&sent))).await {
        Ok(decided) => {
            let outcome = outcome(&viewer, &decided);
            let nothing = (&Submission::default(), &Fault::none());
            Ok(page(&viewer, &decided["request"], nothing, outcome).into_response())
        }
        Err(problem) => {
            let request = viewer.get(&path_of(&id)).await?;
            let page = page(&viewer, &request, (&sent, &Fault::of(&problem)), html! {});
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The outcome of a decision: the partner that was made, and the invitation of its first owner.
fn outcome(viewer: &Viewer, decided: &Json) -> Markup {
    notice(
        Tone::Good,
        html! {
            p.title { (viewer.say("operator-done")) }
            @if let Some(partner) = decided.get("partner") {
                p {
                    a href={ "/operator/partners/" (text(partner, "/id")) } { (text(partner, "/name")) }
                }
            }
            @if let Some(made) = decided.get("invitation") {
                p { (viewer.say("operator-requests-invitation")) }
                (invitation(viewer, made))
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_nothing_that_only_an_acceptance_means() {
        let refused = Submission::of_pairs(b"letter=No&partner=valley&quota=10");
        assert_eq!(body(&refused), json!({ "accepted": false, "letter": "No" }));
        let accepted = Submission::of_pairs(
            b"letter=Yes&partner=valley&groups=water,+sun&quota=10&accepted=yes",
        );
        let expected = json!({
            "accepted": true, "letter": "Yes", "partner": "valley", "groups": ["water", "sun"],
            "quota": 10,
        });
        assert_eq!(body(&accepted), expected);
    }
}
