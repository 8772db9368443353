//! The steps of those who work on a request: they estimate, ask, name the candidate, or decline.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::requests::{Act, Candidate, Estimate};
use serde_json::json;

use super::{
    carrying_on::{Said, Wanted, seen, tried},
    shown::Shown,
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Publish},
        extract::{JsonBody, PathParts},
    },
    service::Service,
};

/// A later estimate takes the place of one of before, until the partner orders.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/estimate",
    operation_id = "estimateDecoder",
    tag = "decoder-requests",
    summary = "Tell the price of a decoder, and the day by which it is stable",
    request_body = Estimate,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "invalid-wish, request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn estimate(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(estimate): JsonBody<Estimate>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let details = json!({ "price": estimate.price, "by": estimate.by });
    let wanted = Wanted::new(authorized, &service, (Act::Estimate, sight)).with(details);
    wanted.take(move |turn, taking| turn.estimate(request.id, estimate, taking)).await
}

/// The request waits for the partner from then on, and its clock stands.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/question",
    operation_id = "questionDecoderRequest",
    tag = "decoder-requests",
    summary = "Ask the partner something about a request for a decoder",
    request_body = Said,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn question(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Said { text }): JsonBody<Said>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let wanted = Wanted::new(authorized, &service, (Act::Question, sight)).saying(Some(text));
    wanted.take(move |turn, taking| turn.question(request.id, taking)).await
}

/// The version must be a candidate that names the sponsor, has its payloads among its vectors, and reads them as the
/// sponsor says. From then on it decodes beside, on the sponsor's devices that ask for the decoder, and nothing of that is
/// handed over.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/candidate",
    operation_id = "proposeCandidate",
    tag = "decoder-requests",
    summary = "Name the candidate that was published for a request",
    request_body = Candidate,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request, DECODER"),
        (
            status = 409,
            description = "not-now, no-candidate, sponsor-missing, vectors-missing, payloads-differ",
        ),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(in crate::api) async fn propose(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(candidate): JsonBody<Candidate>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let Candidate { decoder, version } = &candidate;
    let package = service.registry.package(decoder, version).await?;
    service.registry.check_candidate(decoder, version)?;
    let details = json!({ "decoder": decoder, "version": version });
    let tried = tried(&authorized, &service, &request, candidate).await?;
    let wanted = Wanted::new(authorized, &service, (Act::Candidate, sight)).with(details);
    wanted.take(move |turn, taking| turn.propose(request.id, &package, tried, taking)).await
}

/// The words are the reason, which the partner reads.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/decline",
    operation_id = "declineDecoderRequest",
    tag = "decoder-requests",
    summary = "Decline a request for a decoder, with a reason",
    request_body = Said,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn decline(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Said { text }): JsonBody<Said>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let wanted = Wanted::new(authorized, &service, (Act::Decline, sight)).saying(Some(text));
    wanted.take(move |turn, taking| turn.decline(request.id, taking)).await
}
