//! The interface as the server's own pages ask it: the same handlers, rights, audit and problems, without a network in
//! between.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, FORWARDED, HOST, ORIGIN},
        request::Parts,
    },
    response::Response,
};
use serde_json::Value as Json;
use tokio::task::spawn_blocking;
use tower_service::Service as _;

use super::{Problem, request_id::RequestId, requester::Requester};
use crate::{connections::ClientAddress, service::Service};

/// Bytes of an answer that is read on a thread beside those that serve all: it may be the report of a sheet.
const LARGE_BYTES: usize = 1 << 20;

/// Headers of a person's request that say who asks, from where and from which page.
const PASSED_ON: [HeaderName; 7] = [
    AUTHORIZATION,
    COOKIE,
    FORWARDED,
    HOST,
    ORIGIN,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("x-forwarded-for"),
];

/// The layer that shows people all problems as pages.
pub(crate) type Shown = fn(Router<Arc<Service>>, &Arc<Service>) -> Router<Arc<Service>>;

/// Pages for people, as the interface takes them in.
pub struct Pages {
    /// The routes of the pages.
    pub(crate) routes: Router<Arc<Service>>,
    /// Shows people all problems as pages, those of the interface too.
    pub(crate) shown: Shown,
    /// Whether a request asks for a page: others pass by what shows problems so.
    pub(crate) wants_page: fn(&HeaderMap) -> bool,
}

/// The interface for programs, which pages ask in the name of the person who looks at them.
#[derive(Clone)]
pub(crate) struct Interface(Router);

/// The sender of a request to a page, in whose name the page asks.
#[derive(Clone)]
pub(crate) struct Asker {
    headers: HeaderMap,
    extensions: axum::http::Extensions,
}

impl Asker {
    /// The sender of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let passed_on = |name: &HeaderName| {
            let values = parts.headers.get_all(name).iter();
            values.map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        let mut headers: HeaderMap = PASSED_ON.iter().flat_map(passed_on).collect();
        // Over HTTP/2 the host stands in the address, which is another one here.
        let host = parts.uri.authority().and_then(|authority| authority.as_str().parse().ok());
        if let Some(host) = host {
            headers.insert(HOST, host);
        }
        let mut extensions = axum::http::Extensions::new();
        pass_on::<ClientAddress>(parts, &mut extensions);
        pass_on::<ConnectInfo<SocketAddr>>(parts, &mut extensions);
        pass_on::<RequestId>(parts, &mut extensions);
        pass_on::<Requester>(parts, &mut extensions);
        Self { headers, extensions }
    }

    /// The same with a further header.
    pub(crate) fn with(&self, (name, value): (HeaderName, HeaderValue)) -> Self {
        let mut asker = self.clone();
        asker.headers.insert(name, value);
        asker
    }
}

fn pass_on<T: Clone + Send + Sync + 'static>(parts: &Parts, to: &mut axum::http::Extensions) {
    if let Some(known) = parts.extensions.get::<T>() {
        to.insert(known.clone());
    }
}

impl Interface {
    /// The interface of these endpoints.
    pub(super) fn of(endpoints: Router<Arc<Service>>, service: &Arc<Service>) -> Self {
        Self(endpoints.with_state(Arc::clone(service)))
    }

    /// Asks an endpoint. A body is bytes with their type.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(crate) async fn ask(
        &self,
        asker: &Asker,
        (method, path): (Method, &str),
        body: Option<(&str, Bytes)>,
    ) -> Result<Response, Problem> {
        let uri: Uri = path.parse().map_err(|error| Problem::internal(&error))?;
        let (content_type, bytes) = body.unwrap_or_default();
        let mut request = Request::new(Body::from(bytes));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = asker.headers.clone();
        *request.extensions_mut() = asker.extensions.clone();
        if let Some(value) = content_type.parse().ok().filter(|_| !content_type.is_empty()) {
            request.headers_mut().insert(CONTENT_TYPE, value);
        }
        let answered: Result<Response, Infallible> = self.0.clone().call(request).await;
        let Ok(mut response) = answered;
        match response.extensions_mut().remove::<Problem>() {
            Some(problem) => Err(problem),
            None => Ok(response),
        }
    }

    /// Asks an endpoint that answers with JSON, or with nothing, which is `null`.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(crate) async fn json(
        &self,
        asker: &Asker,
        asked: (Method, &str),
        body: Option<&Json>,
    ) -> Result<Json, Problem> {
        let body = body.map(|json| ("application/json", Bytes::from(json.to_string())));
        read_json(self.ask(asker, asked, body).await?).await
    }
}

/// Reads the JSON of an answer of an endpoint; nothing is `null`.
///
/// # Errors
/// A [`Problem`] where the answer is no JSON.
pub(crate) async fn read_json(response: Response) -> Result<Json, Problem> {
    // Endpoints bound their answers, which are in memory already.
    let whole = to_bytes(response.into_body(), usize::MAX).await;
    let whole = whole.map_err(|error| Problem::internal(&error))?;
    if whole.is_empty() {
        return Ok(Json::Null);
    }
    let is_large = whole.len() > LARGE_BYTES;
    let read = move || -> Result<Json, Problem> {
        serde_json::from_slice(&whole).map_err(|error| Problem::internal(&error))
    };
    if is_large {
        return spawn_blocking(read).await.map_err(|error| Problem::internal(&error))?;
    }
    read()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    #[test]
    fn a_page_asks_with_what_says_who_asks_and_with_nothing_else() {
        let request = Request::builder()
            .uri("/objects?lang=fr")
            .header("cookie", "champollion-session=secret")
            .header("sec-fetch-site", "same-origin")
            .header("if-none-match", "*")
            .body(())
            .unwrap();
        let (parts, ()) = request.into_parts();
        let asker = Asker::of(&parts);
        assert_eq!(asker.headers[COOKIE], "champollion-session=secret");
        assert!(!asker.headers.contains_key("if-none-match"));
    }

    #[tokio::test]
    async fn a_problem_of_an_endpoint_is_the_problem_of_the_page() {
        let refused = || async { Problem::not_found("unknown-device", "there is none") };
        let router = Router::new()
            .route("/v1/devices", get(refused))
            .route("/v1/me", get(|| async { "{\"a\":1}" }));
        let interface = Interface(router);
        let asker = Asker { headers: HeaderMap::new(), extensions: axum::http::Extensions::new() };
        let problem = interface.json(&asker, (Method::GET, "/v1/devices"), None).await.unwrap_err();
        assert_eq!(problem.code(), "unknown-device");
        let me = interface.json(&asker, (Method::GET, "/v1/me"), None).await.unwrap();
        assert_eq!(me["a"], 1);
    }
}
