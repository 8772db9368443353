//! The form by which somebody asks for the approval of a partner that is to be. No account is needed.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::{IntoResponse, Response},
    routing::get,
};
use maud::html;
use serde_json::{Value as Json, json};

use super::{
    declaration::declaration,
    heading_fields::{fault_of, headings},
};
use crate::{
    pages::{
        json::text,
        layout::Page,
        partner::frame::shown_once,
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/approval", get(show).post(ask))
}

async fn show(viewer: Viewer) -> Page {
    ask_page(&viewer, &Submission::default(), &Fault::none())
}

async fn ask(viewer: Viewer, submission: Submission) -> Response {
    match viewer.send(Method::POST, "/v1/approvals", Some(&asked(&submission))).await {
        Ok(taken) => taken_page(&viewer, &taken).into_response(),
        Err(problem) => {
            let fault = fault_of(&problem).renamed(|path| {
                let of_applicant = path.strip_prefix("applicant.");
                of_applicant
                    .map(str::to_owned)
                    .or_else(|| (path == "name").then(|| "partner".into()))
            });
            let page = ask_page(&viewer, &submission, &fault);
            page.with_status(problem.status()).into_response()
        }
    }
}

/// The request that a form makes.
fn asked(submission: &Submission) -> Json {
    let groups = submission.text("groups").split(',').map(str::trim);
    let groups: Vec<&str> = groups.filter(|group| !group.is_empty()).collect();
    json!({
        "name": submission.text("partner"),
        "applicant": {
            "name": submission.text("name"),
            "firstName": submission.text("firstName"),
            "email": submission.text("email"),
        },
        "groups": groups,
        "declaration": declaration(submission),
    })
}

fn taken_page(viewer: &Viewer, taken: &Json) -> Page {
    let content = html! {
        h1 { (viewer.say("approval-taken")) }
        p.lead { (viewer.say("approval-taken-advice")) }
        dl.facts.card {
            dt { (viewer.say("request-id")) }
            dd { code { (text(taken, "/request/id")) } }
        }
        (shown_once(viewer, &viewer.say("request-secret"), &text(taken, "/secret")))
        p.actions { a.button href="/approval/own" { (viewer.say("request-look")) } }
    };
    viewer.page(viewer.say("approval-taken"), content)
}

fn ask_page(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Page {
    let line = |name: &'static str, label: String| {
        Field::new(name, label).value(filled.text(name)).fault(fault)
    };
    let content = html! {
        h1 { (viewer.say("approval-title")) }
        p.lead { (viewer.say("approval-lead")) }
        p { a href="/approval/own" { (viewer.say("request-look")) } }
        (form(viewer, "/approval", fault, html! {
            fieldset {
                legend { (viewer.say("approval-who")) }
                (line("partner", viewer.say("approval-partner-name")).required().shown())
                (line("firstName", viewer.say("person-first-name")).required().shown())
                (line("name", viewer.say("person-name")).required().shown())
                (line("email", viewer.say("person-email")).kind(Kind::Line("email")).required().shown())
                (line("groups", viewer.say("approval-groups")).hint(viewer.say("approval-groups-hint")).shown())
            }
            (headings(viewer, filled, fault))
            (submit(&viewer.say("approval-ask")))
        }))
    };
    viewer.page(viewer.say("approval-title"), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_that_are_wished_for_stand_between_commas() {
        let said =
            [("partner", "The city"), ("groups", "water, light,"), ("email", "ada@city.example")];
        let said = said.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let asked = asked(&Submission::of_fields(said));
        assert_eq!(asked["groups"], json!(["water", "light"]));
        assert_eq!(
            (&asked["name"], &asked["applicant"]["email"]),
            (&json!("The city"), &json!("ada@city.example"))
        );
    }
}
