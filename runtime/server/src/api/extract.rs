//! Takes requests apart; what does not fit is a problem that says what and where.

use std::{str::FromStr, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{header::CONTENT_LENGTH, request::Parts},
};
use serde::de::DeserializeOwned;

use super::Problem;
use crate::service::Service;

/// A JSON body, whatever its Content-Type says.
pub(super) struct JsonBody<T>(pub(super) T);

/// The parameters of the query.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let bytes = read_body(request, service.config.http.body_bytes).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let code = if error.is_data() { "invalid-body" } else { "malformed-json" };
            Problem::bad_request(code, format!("the body cannot be read as JSON: {error}"))
                .with("line", error.line())
                .with("column", error.column())
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Service>> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Service>) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| Problem::bad_request("invalid-query", error.body_text()))
    }
}

/// The whole body, unless it is larger than it may be.
pub(super) async fn read_body(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(Problem::too_large(limit));
    }
    to_bytes(request.into_body(), limit).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
            Problem::too_large(limit)
        } else {
            Problem::bad_request("broken-body", format!("the body did not arrive whole: {error}"))
        }
    })
}

/// A part of the path as a type of its own.
pub(super) fn path_part<T: FromStr>(what: &'static str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        Problem::bad_request("invalid-path", format!("{text:?} is no {what}: {error}"))
    })
}
