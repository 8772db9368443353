//! The decision about a request, as it is made: the letter, the partner and its invitation.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{invitation::invitation, request::page, requests::path_of, values::names};
use crate::{
    api::Problem,
    pages::{
        json::text,
        parts::{
            form::Fault,
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
};

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
