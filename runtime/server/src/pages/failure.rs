//! Problems as pages: a person reads what is wrong and what to do, where a program gets `application/problem+json`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{
            ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{json::address, layout::SIGN_IN, navigation::home, told::Told, viewer::Viewer};
use crate::{
    api::{Problem, RequestId},
    service::Service,
};

/// Headers of the problem's own body, which the page does not have.
const OF_BODY: [HeaderName; 5] =
    [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY];

/// Answers a request, and shows a problem as a page to those who ask for pages.
pub(super) async fn shown(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    if !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let (viewer, request) = Viewer::of_request(request, &service);
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        Some(problem) => as_page(&viewer, &viewer.translated(problem), response),
        None => response,
    }
}

/// Whether a request asks for a page, as browsers do of what a person opens.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|all| all.split(','));
    types.any(|one| one.split(';').next().is_some_and(|name| name.trim() == "text/html"))
}

/// The page of a problem with the headers of its answer, such as the time after which to come back.
fn as_page(viewer: &Viewer, problem: &Problem, answer: Response) -> Response {
    let title = viewer.say(title(problem.status()));
    let page = viewer.page(title.clone(), content(viewer, &title, problem));
    let mut response = page.with_status(problem.status()).into_response();
    for (name, value) in answer.headers() {
        if !OF_BODY.contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "problem-sign-in",
        StatusCode::FORBIDDEN => "problem-no-right",
        StatusCode::NOT_FOUND => "problem-not-found",
        StatusCode::TOO_MANY_REQUESTS => "problem-too-many",
        status if status.is_server_error() => "problem-server",
        _ => "problem-request",
    }
}

fn content(viewer: &Viewer, title: &str, problem: &Problem) -> Markup {
    let next = viewer.uri().path_and_query().map_or("/", |path| path.as_str());
    html! {
        div.problem {
            h1 { (title) }
            p.lead { (viewer.say(&advice(problem.status()))) }
            (detail(viewer, problem))
            p.actions {
                @if problem.status() == StatusCode::UNAUTHORIZED {
                    a.button href=(address(SIGN_IN, &[("next", next)])) { (viewer.say("sign-in")) }
                }
                @if let Some(home) = home(viewer) {
                    a.button href=(home.path) { (viewer.say(home.key)) }
                }
                a.button.quiet href="/" { (viewer.say("problem-home")) }
            }
        }
    }
}

fn advice(status: StatusCode) -> String {
    format!("{}-advice", title(status))
}

/// The words of the server, which say exactly what is wrong, with what the operator finds it by.
fn detail(viewer: &Viewer, problem: &Problem) -> Markup {
    html! {
        details open[tells_more(problem.status())] {
            summary { (viewer.say("problem-detail")) }
            dl.facts {
                dt { (viewer.say("problem-words")) }
                dd { (Told::of(problem).shown()) }
                dt { (viewer.say("problem-code")) }
                dd { code { (problem.code()) } }
                @if let Some(id) = RequestId::current() {
                    dt { (viewer.say("problem-id")) }
                    dd { code { (id.as_str()) } }
                }
            }
        }
    }
}

/// Whether the words of the server tell a person more than the advice of the page does.
fn tells_more(status: StatusCode) -> bool {
    ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn wants(accept: &'static str) -> bool {
        wants_page(&[(ACCEPT, HeaderValue::from_static(accept))].into_iter().collect())
    }

    #[test]
    fn browsers_want_pages_and_programs_do_not() {
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!wants("*/*"));
        assert!(!wants("application/json"));
        assert!(!wants_page(&HeaderMap::new()));
    }
}
