//! A request that is looked after by its secret: seen, answered, and taken back. No account is needed.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::request::request;
use crate::{
    api::Problem,
    pages::{
        json::text,
        layout::{Page, token_field},
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/approval/own", get(show).post(look))
        .route("/approval/own/answer", post(answer))
        .route("/approval/own/withdraw", post(withdraw))
}

async fn show(viewer: Viewer) -> Page {
    key_page(&viewer, "", &Fault::none())
}

async fn look(viewer: Viewer, submission: Submission) -> Response {
    match viewer.send(Method::POST, "/v1/approvals/own", Some(&key(&submission))).await {
        Ok(found) => own_page(&viewer, &found, &submission, &Fault::none()).into_response(),
        Err(problem) => refused(&viewer, &submission, &problem),
    }
}

async fn answer(viewer: Viewer, submission: Submission) -> Response {
    let mut answered = key(&submission);
    answered["text"] = Json::from(submission.text("text"));
    let sent = viewer.send(Method::POST, "/v1/approvals/own/answer", Some(&answered)).await;
    match sent {
        Ok(found) => own_page(&viewer, &found, &submission, &Fault::none()).into_response(),
        Err(problem) => refused(&viewer, &submission, &problem),
    }
}

async fn withdraw(viewer: Viewer, submission: Submission) -> Response {
    let path = "/v1/approvals/own/withdraw";
    match viewer.send(Method::POST, path, Some(&key(&submission))).await {
        Ok(_) => viewer.done("/approval/own", "done-request-withdrawn"),
        Err(problem) => refused(&viewer, &submission, &problem),
    }
}

/// The id and the secret of a request, by which it is looked after.
fn key(submission: &Submission) -> Json {
    json!({ "request": submission.text("request"), "secret": submission.text("secret") })
}

fn refused(viewer: &Viewer, submission: &Submission, problem: &Problem) -> Response {
    let fault = Fault::of(problem);
    let page = key_page(viewer, submission.text("request"), &fault);
    page.with_status(problem.status()).into_response()
}

fn key_page(viewer: &Viewer, id: &str, fault: &Fault) -> Page {
    let content = html! {
        h1 { (viewer.say("request-look")) }
        p.lead { (viewer.say("request-look-lead")) }
        (form(viewer, "/approval/own", fault, html! {
            (Field::new("request", viewer.say("request-id")).value(id).fault(fault).required().shown())
            (Field::new("secret", viewer.say("request-secret")).kind(Kind::Line("password")).completed_by("off")
                .fault(fault).required().shown())
            (submit(&viewer.say("request-look")))
        }))
    };
    viewer.page(viewer.say("request-look"), content)
}

fn own_page(viewer: &Viewer, found: &Json, submission: &Submission, fault: &Fault) -> Page {
    let is_open = text(found, "/state") == "waiting";
    let content = html! {
        h1 { (text(found, "/name")) }
        (request(viewer, found))
        @if is_open {
            section.card {
                h2 { (viewer.say("own-request-answer")) }
                (form(viewer, "/approval/own/answer", fault, html! {
                    (hidden(submission))
                    (Field::new("text", viewer.say("own-request-words")).kind(Kind::Lines(5)).fault(fault).required().shown())
                    (submit(&viewer.say("own-request-answer")))
                }))
            }
            section.card {
                h2 { (viewer.say("own-request-withdraw")) }
                form.confirmed method="post" action="/approval/own/withdraw" {
                    (token_field(viewer))
                    (hidden(submission))
                    label { input type="checkbox" name="sure" value="yes" required; " " (viewer.say("sure")) }
                    " " button.danger type="submit" { (viewer.say("own-request-withdraw")) }
                }
            }
        }
    };
    viewer.page(text(found, "/name"), content)
}

/// The key of the request, for the next form: whoever sees the page has just typed it.
fn hidden(submission: &Submission) -> Markup {
    html! {
        @for name in ["request", "secret"] {
            input type="hidden" name=(name) value=(submission.text(name));
        }
    }
}
