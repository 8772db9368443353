//! The way in and out: by password, by a provider of OpenID Connect, and by a link to choose a password.

mod password;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, SET_COOKIE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json};

use super::{
    layout::{Page, SIGN_IN},
    parts::{
        form::{Fault, Field, Kind, form, submit},
        notice::{Tone, notice},
    },
    preferences::is_own_path,
    submission::Submission,
    viewer::Viewer,
};
use crate::{api::Problem, service::Service};

pub(super) use password::fault_of as password_fault;

/// The path at which the browser begins a sign-in at the provider.
const OPENID: &str = "/v1/session/openid";

/// The path of a session in the interface.
const SESSION: &str = "/v1/session";

/// Returns the pages of the way in and out.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(SIGN_IN, get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .merge(password::routes())
}

async fn show(viewer: Viewer) -> Page {
    let next = viewer.parameter("next").unwrap_or_default();
    let filled = Submission::of_fields([("next".to_owned(), next)]);
    sign_in_page(&viewer, &filled, (&Fault::none(), false))
}

async fn sign_in(viewer: Viewer, submission: Submission) -> Response {
    let wanted = Bytes::from(wanted(&submission).to_string());
    let asked = viewer.pass((Method::POST, SESSION), Some(("application/json", wanted))).await;
    match asked {
        Ok(begun) => {
            with_cookies(Redirect::to(next(submission.text("next"))).into_response(), &begun)
        }
        Err(problem) => {
            let page = sign_in_page(&viewer, &submission, (&fault(&viewer, &problem), true));
            page.with_status(problem.status()).into_response()
        }
    }
}

/// The session that a form asks for.
fn wanted(submission: &Submission) -> Json {
    let mut wanted = Map::new();
    wanted.insert("email".to_owned(), Json::from(submission.text("email")));
    // Blanks may be a part of it.
    let password = submission.field("password").unwrap_or_default();
    wanted.insert("password".to_owned(), Json::from(password));
    for name in ["code", "home"] {
        if let Some(text) = submission.filled(name) {
            let text = text.chars().filter(|letter| name == "home" || !letter.is_whitespace());
            wanted.insert(name.to_owned(), Json::from(text.collect::<String>()));
        }
    }
    Json::Object(wanted)
}

/// The page to go to: the one that the person came from, or else the partner's first one.
fn next(path: &str) -> &str {
    Some(path).filter(|path| is_own_path(path) && *path != SIGN_IN).unwrap_or("/partner")
}

/// The fault of a sign-in, at the field that it is about, in the words of the page.
fn fault(viewer: &Viewer, problem: &Problem) -> Fault {
    match problem.code() {
        "code-needed" => Fault::said(viewer.say("sign-in-code-needed"), "code"),
        "sign-in-failed" => Fault::said(viewer.say("sign-in-failed"), "password"),
        _ => Fault::of(problem),
    }
}

/// Hands the cookies of an answer of the interface to the browser. Nothing of it is kept.
fn with_cookies(mut response: Response, of: &Response) -> Response {
    for cookie in of.headers().get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn sign_out(viewer: Viewer, _: Submission) -> Result<Response, Problem> {
    match viewer.pass((Method::DELETE, SESSION), None).await {
        Ok(ended) => Ok(with_cookies(viewer.done("/", "done-signed-out"), &ended)),
        // The session has ended already.
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => {
            Ok(viewer.done("/", "done-signed-out"))
        }
        Err(problem) => Err(problem),
    }
}

fn sign_in_page(viewer: &Viewer, filled: &Submission, (fault, was_sent): (&Fault, bool)) -> Page {
    let content = html! {
        div.narrow {
            h1 { (viewer.say("sign-in")) }
            @if let Some(principal) = viewer.principal() {
                (notice(Tone::Plain, html! { p { (viewer.say("sign-in-already")) " " (principal.name) } }))
            }
            section.card { (form(viewer, SIGN_IN, fault, fields(viewer, filled, fault, was_sent))) }
            @if viewer.service().provider.is_some() {
                section.card {
                    h2 { (viewer.say("sign-in-openid")) }
                    p { (viewer.say("sign-in-openid-advice")) }
                    p.actions { a.button.quiet href=(OPENID) { (viewer.say("sign-in-openid")) } }
                }
            }
            (other_ways(viewer))
        }
    };
    viewer.page(viewer.say("sign-in"), content)
}

fn fields(viewer: &Viewer, filled: &Submission, fault: &Fault, was_sent: bool) -> Markup {
    let needs_code = was_sent && (fault.at("code").is_some() || filled.filled("code").is_some());
    let code = Field::new("code", viewer.say("sign-in-code")).completed_by("one-time-code");
    let code = code.hint(viewer.say("sign-in-code-hint")).fault(fault);
    html! {
        input type="hidden" name="next" value=(filled.text("next"));
        (Field::new("email", viewer.say("person-email")).kind(Kind::Line("email")).value(filled.text("email"))
            .completed_by("username").fault(fault).required().shown())
        (Field::new("password", viewer.say("sign-in-password")).kind(Kind::Line("password"))
            .completed_by("current-password").fault(fault).required().shown())
        @if needs_code { (code.required().shown()) }
        @else { details { summary { (viewer.say("sign-in-has-code")) } (code.shown()) } }
        (submit(&viewer.say("sign-in")))
    }
}

fn other_ways(viewer: &Viewer) -> Markup {
    html! {
        ul {
            li { a href="/password/forgotten" { (viewer.say("password-forgotten")) } }
            li { a href="/password/choose" { (viewer.say("password-by-link")) } }
            li { a href="/approval" { (viewer.say("approval-title")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_comes_back_to_a_page_of_the_server_alone() {
        assert_eq!(next("/partner/objects?q=a"), "/partner/objects?q=a");
        for other in ["", "https://evil.example", "//evil.example", "/sign-in"] {
            assert_eq!(next(other), "/partner", "{other}");
        }
    }

    #[test]
    fn a_password_keeps_its_blanks_and_a_code_does_not() {
        let said = [("email", " ada@city.example "), ("password", " a b "), ("code", "123 456")];
        let said = said.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let wanted = wanted(&Submission::of_fields(said));
        let expected =
            json!({ "email": "ada@city.example", "password": " a b ", "code": "123456" });
        assert_eq!(wanted, expected);
    }
}
