//! Bounds of one requester, which is known by its token, or without a token by its address: how often it asks
//! without a token, and how many large answers are on their way to it.

use std::sync::{Arc, OnceLock};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::header::AUTHORIZATION,
    response::{IntoResponse, Response},
};

use super::{Problem, held_body::HeldBody};
use crate::{
    at_once::TooManyAtOnce,
    connections::{ClientAddress, network_of},
    service::Service,
};

/// Bytes of an answer beyond which it is a large one: what a connection may have in its buffer in any case.
const LARGE: u64 = 64 << 10;

/// The token of a request, once it is recognized.
#[derive(Clone, Default)]
pub(super) struct Requester(Arc<OnceLock<String>>);

impl Requester {
    /// Notes the id of the token.
    pub(super) fn is(&self, token: &str) {
        // A request has one token, however often it is looked at.
        drop(self.0.set(token.to_owned()));
    }
}

/// Stands in an answer that has a place of its own among those that are being sent.
#[derive(Clone, Copy)]
pub(super) struct HasPlace;

/// Answers a request within the bounds of its requester.
pub(super) async fn bounded<F: Future<Output = Response>>(
    service: &Service,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let client = request.extensions().get::<ClientAddress>();
    let address = client.map(|client| network_of(client.address));
    if let Some(address) = address.filter(|_| !request.headers().contains_key(AUTHORIZATION))
        && let Err(too_often) = service.rates.admit_without_token(address)
    {
        return Problem::from(too_often).into_response();
    }
    let requester = Requester::default();
    request.extensions_mut().insert(requester.clone());
    let response = next(request).await;
    let size = response.body().size_hint().exact().filter(|size| *size > LARGE);
    let Some(size) = size.filter(|_| response.extensions().get::<HasPlace>().is_none()) else {
        return response;
    };
    let of_address = || address.map(|address| address.to_string()).unwrap_or_default();
    let name = requester.0.get().cloned().unwrap_or_else(of_address);
    let limit = service.config.http.large_answers;
    match service.large_answers.begin(&name, limit) {
        Some(under_way) => held(response, size, under_way).await,
        None => {
            let (what, setting) = ("large answers", "[http] large-answers");
            Problem::from(TooManyAtOnce { what, setting, limit }).into_response()
        }
    }
}

/// The same answer, which holds its place while it is sent.
async fn held(response: Response, size: u64, place: impl Send + Unpin + 'static) -> Response {
    let (head, body) = response.into_parts();
    // It is whole in memory, since its size is known.
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    match to_bytes(body, size).await {
        Ok(bytes) => Response::from_parts(head, Body::new(HeldBody::new(bytes, place))),
        Err(error) => Problem::internal(&error).into_response(),
    }
}
