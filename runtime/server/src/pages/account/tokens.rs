//! The tokens that a person makes for programs of the person's own.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::post,
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json};

use crate::{
    api::Problem,
    pages::{
        clocks::Clocks,
        json::{items, path_part, text},
        layout::Page,
        partner::{
            frame::shown_once,
            tokens::{expiry_field, tokens_table},
        },
        parts::form::{Fault, Field, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/account/tokens", post(make))
        .route("/account/tokens/{id}/revoke", post(revoke))
}

/// Returns the tokens of a person, and the form of one more.
pub(super) fn section(viewer: &Viewer, tokens: &Json) -> Markup {
    html! {
        section {
            h2 { (viewer.say("account-tokens")) }
            p { (viewer.say("account-tokens-advice")) }
            (tokens_table(viewer, items(tokens, "/tokens"), "/account/tokens"))
            div.card { (token_form(viewer, &Submission::default(), &Fault::none())) }
        }
    }
}

fn token_form(viewer: &Viewer, submission: &Submission, fault: &Fault) -> Markup {
    form(
        viewer,
        "/account/tokens",
        fault,
        html! {
            (Field::new("name", viewer.say("token-name")).value(submission.text("name"))
                .hint(viewer.say("token-name-hint")).fault(fault).required().shown())
            (expiry_field(viewer, submission, fault))
            (submit(&viewer.say("token-make")))
        },
    )
}

async fn make(viewer: Viewer, submission: Submission) -> Response {
    let mut wanted = Map::new();
    wanted.insert("name".to_owned(), Json::from(submission.text("name")));
    if let Some(day) = submission.filled("expiresAt") {
        wanted.insert("expiresAt".to_owned(), Json::from(Clocks::of(&viewer).sent_end(day)));
    }
    match viewer.send(Method::POST, "/v1/me/tokens", Some(&Json::Object(wanted))).await {
        Ok(made) => made_page(&viewer, &made).into_response(),
        Err(problem) => {
            let content = html! {
                h1 { (viewer.say("account-tokens")) }
                section.card { (token_form(&viewer, &submission, &Fault::of(&problem))) }
            };
            let page = viewer.page(viewer.say("account-tokens"), content);
            page.with_status(problem.status()).into_response()
        }
    }
}

fn made_page(viewer: &Viewer, made: &Json) -> Page {
    let content = html! {
        h1 { (viewer.say("token-made")) }
        (shown_once(viewer, &text(made, "/name"), &text(made, "/token")))
        p.actions { a.button href="/account" { (viewer.say("account-title")) } }
    };
    viewer.page(viewer.say("token-made"), content)
}

async fn revoke(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &format!("/v1/me/tokens/{}", path_part(&id)), None).await?;
    Ok(viewer.done("/account", "done-token-revoked"))
}
