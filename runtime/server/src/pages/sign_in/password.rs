//! Passwords: a mail with a link is asked for, and a password is chosen by the secret of a link.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::html;
use serde_json::json;

use crate::{
    api::Problem,
    pages::{
        layout::{Page, SIGN_IN},
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/password/forgotten", get(forgotten).post(ask))
        .route("/password/choose", get(by_link).post(choose))
}

async fn forgotten(viewer: Viewer) -> Page {
    forgotten_page(&viewer, "", &Fault::none())
}

async fn ask(viewer: Viewer, submission: Submission) -> Response {
    let email = submission.text("email");
    let asked = json!({ "email": email });
    match viewer.send(Method::POST, "/v1/password/forgotten", Some(&asked)).await {
        Ok(_) => viewer.done(SIGN_IN, "done-link-mailed"),
        Err(problem) => {
            let page = forgotten_page(&viewer, email, &Fault::of(&problem));
            page.with_status(problem.status()).into_response()
        }
    }
}

fn forgotten_page(viewer: &Viewer, email: &str, fault: &Fault) -> Page {
    let content = html! {
        div.narrow {
            h1 { (viewer.say("password-forgotten")) }
            p.lead { (viewer.say("password-forgotten-lead")) }
            section.card {
                (form(viewer, "/password/forgotten", fault, html! {
                    (Field::new("email", viewer.say("person-email")).kind(Kind::Line("email")).value(email)
                        .completed_by("username").fault(fault).required().shown())
                    (submit(&viewer.say("password-send-link")))
                }))
            }
        }
    };
    viewer.page(viewer.say("password-forgotten"), content)
}

async fn by_link(viewer: Viewer) -> Page {
    choose_page(&viewer, &Fault::none())
}

async fn choose(viewer: Viewer, submission: Submission) -> Response {
    let password = submission.field("password").unwrap_or_default();
    if password != submission.field("again").unwrap_or_default() {
        let fault = Fault::said(viewer.say("password-not-the-same"), "again");
        let page = choose_page(&viewer, &fault);
        return page.with_status(StatusCode::BAD_REQUEST).into_response();
    }
    let chosen = json!({ "link": secret_of(submission.text("link")), "password": password });
    match viewer.send(Method::POST, "/v1/password", Some(&chosen)).await {
        Ok(_) => viewer.done(SIGN_IN, "done-password-chosen"),
        Err(problem) => {
            let page = choose_page(&viewer, &fault_of(&viewer, &problem));
            page.with_status(problem.status()).into_response()
        }
    }
}

/// The secret of a link: all that stands behind its `#`, or the secret alone.
fn secret_of(link: &str) -> &str {
    link.rsplit_once('#').map_or(link, |(_, secret)| secret)
}

/// The fault of a password or its link, in the words of the page.
pub(in crate::pages) fn fault_of(viewer: &Viewer, problem: &Problem) -> Fault {
    match problem.code() {
        "weak-password" => Fault::said(viewer.say("password-weak"), "password"),
        "unusable-link" => Fault::said(viewer.say("password-link-used"), "link"),
        _ => Fault::of(problem),
    }
}

fn choose_page(viewer: &Viewer, fault: &Fault) -> Page {
    let new = |name: &'static str, label: String| {
        let field = Field::new(name, label).kind(Kind::Line("password"));
        field.completed_by("new-password").fault(fault).required()
    };
    let content = html! {
        div.narrow {
            h1 { (viewer.say("password-choose")) }
            p.lead { (viewer.say("password-choose-lead")) }
            section.card {
                (form(viewer, "/password/choose", fault, html! {
                    (Field::new("link", viewer.say("password-link")).hint(viewer.say("password-link-hint"))
                        .completed_by("off").fault(fault).required().shown())
                    (new("password", viewer.say("password-new")).hint(viewer.say("password-hint")).shown())
                    (new("again", viewer.say("password-again")).shown())
                    (submit(&viewer.say("password-choose")))
                }))
            }
        }
    };
    viewer.page(viewer.say("password-choose"), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_be_pasted_whole() {
        let link = "https://champollion.example/choose-password#chmp_x";
        assert_eq!((secret_of(link), secret_of("chmp_x")), ("chmp_x", "chmp_x"));
    }
}
