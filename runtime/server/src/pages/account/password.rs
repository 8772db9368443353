//! The change of a person's own password.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use maud::{Markup, html};
use serde_json::json;

use crate::{
    pages::{
        layout::SIGN_IN,
        parts::form::{Fault, Field, Kind, form, submit},
        sign_in::password_fault,
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/account/password", post(change))
}

/// Returns the form by which the password is changed.
pub(super) fn section(viewer: &Viewer) -> Markup {
    html! {
        section.card {
            h2 { (viewer.say("account-password")) }
            p { (viewer.say("account-password-advice")) }
            (password_form(viewer, &Fault::none()))
        }
    }
}

fn password_form(viewer: &Viewer, fault: &Fault) -> Markup {
    let field = |name: &'static str, label: String, completion: &'static str| {
        let field = Field::new(name, label).kind(Kind::Line("password"));
        field.completed_by(completion).fault(fault).required().shown()
    };
    form(
        viewer,
        "/account/password",
        fault,
        html! {
            (field("current", viewer.say("password-current"), "current-password"))
            (field("password", viewer.say("password-new"), "new-password"))
            (field("again", viewer.say("password-again"), "new-password"))
            (submit(&viewer.say("password-change")))
        },
    )
}

async fn change(viewer: Viewer, submission: Submission) -> Response {
    let text = |name: &str| submission.field(name).unwrap_or_default();
    if text("password") != text("again") {
        let fault = Fault::said(viewer.say("password-not-the-same"), "again");
        return refused(&viewer, &fault, StatusCode::BAD_REQUEST);
    }
    let changed = json!({ "current": text("current"), "password": text("password") });
    match viewer.send(Method::PUT, "/v1/me/password", Some(&changed)).await {
        // All sessions have ended, this one too.
        Ok(_) => viewer.done(SIGN_IN, "done-password-chosen"),
        Err(problem) => {
            let fault = match problem.code() {
                "sign-in-failed" => Fault::said(viewer.say("password-current-wrong"), "current"),
                _ => password_fault(&viewer, &problem),
            };
            refused(&viewer, &fault, problem.status())
        }
    }
}

fn refused(viewer: &Viewer, fault: &Fault, status: StatusCode) -> Response {
    let content = html! {
        h1 { (viewer.say("account-password")) }
        section.card { (password_form(viewer, fault)) }
    };
    viewer.page(viewer.say("account-password"), content).with_status(status).into_response()
}
