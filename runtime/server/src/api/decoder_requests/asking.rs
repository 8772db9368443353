//! The steps of partners before there is a candidate: they ask, answer, order, or withdraw.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{
    grants::Place, names::PartnerId, objects::FieldText, requests::Paragraph, roster::RosterError,
};
use champollion_registry::requests::{Act, SponsorPayload, Wish};
use serde::Deserialize;
use serde_json::json;

use super::{
    carrying_on::{Said, Wanted, seen},
    shown::{Shown, Sight},
};
use crate::{
    api::{
        Problem,
        authorized::{AskForDecoders, Authorized},
        extract::{JsonBody, PathParts},
    },
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecoderRequestWanted)]
pub(in crate::api) struct Asked {
    /// The partner that asks, and is the sponsor.
    partner: PartnerId,
    /// The device, its document and its payloads.
    wish: Wish,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DecoderOrder)]
pub(in crate::api) struct Ordered {
    /// The number of the order; the one of the wish where it is left out.
    order_number: Option<FieldText>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecoderRequestPayloads)]
pub(in crate::api) struct Payloads {
    /// All payloads of the request from then on.
    payloads: Vec<SponsorPayload>,
    /// The reason, for those who work on it.
    text: Option<Paragraph>,
}

/// The promise is three months, or the day that the wish names; the clock stands while the request waits for the partner.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests",
    operation_id = "askForDecoder",
    tag = "decoder-requests",
    summary = "Ask for a decoder, with real payloads and what is right of them",
    request_body = Asked,
    responses(
        (status = 201, description = "The request.", body = Shown),
        (status = 400, description = "invalid-wish, request-too-large"),
        (status = 404, description = "unknown-partner"),
        (status = 429, description = "too-many-waiting"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn ask(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    JsonBody(Asked { partner, wish }): JsonBody<Asked>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let is_own = authorized.reach.covers(&Place::Partner(partner.clone()));
    if !is_own || service.roster.partner(&partner).is_none() {
        return Err(RosterError::UnknownPartner(partner).into());
    }
    let sight = match authorized.reach.is_everything() {
        true => Sight::Operator,
        false => Sight::Partner,
    };
    let details = json!({ "partner": partner, "maker": wish.maker, "model": wish.model });
    let wanted = Wanted::new(authorized, &service, (Act::Ask, sight)).with(details);
    let taken = wanted.take(move |turn, taking| turn.ask(partner, wish, taking)).await;
    Ok((StatusCode::CREATED, taken.map_err(of_wish)?))
}

/// A problem whose path is that of the whole body, of which the wish is a member.
fn of_wish(problem: Problem) -> Problem {
    let path = problem.member("path").and_then(|path| path.as_str());
    match (problem.code(), path.map(|path| format!("wish.{path}"))) {
        ("invalid-wish", Some(path)) => problem.with("path", path),
        _ => problem,
    }
}

/// Where the wish names an order number, it need not be named again.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/order",
    operation_id = "orderDecoder",
    tag = "decoder-requests",
    summary = "Order the decoder that was estimated",
    request_body = Ordered,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "order-number-missing, request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn order(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Ordered { order_number }): JsonBody<Ordered>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let details = json!({ "orderNumber": order_number });
    let wanted = Wanted::new(authorized, &service, (Act::Order, sight)).with(details);
    wanted.take(move |turn, taking| turn.order(request.id, order_number, taking)).await
}

/// The request waits for the operator from then on, and its clock goes on.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/answer",
    operation_id = "answerDecoderRequest",
    tag = "decoder-requests",
    summary = "Answer a question about a request for a decoder",
    request_body = Said,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn answer(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Said { text }): JsonBody<Said>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let wanted = Wanted::new(authorized, &service, (Act::Answer, sight)).saying(Some(text));
    wanted.take(move |turn, taking| turn.answer(request.id, taking)).await
}

/// Once a candidate is accepted they stay as they are.
#[utoipa::path(
    put,
    path = "/v1/decoder-requests/{id}/payloads",
    operation_id = "replaceDecoderRequestPayloads",
    tag = "decoder-requests",
    summary = "Give a request for a decoder other payloads, as where a value was written down wrongly",
    request_body = Payloads,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "invalid-wish, request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn replace_payloads(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Payloads { payloads, text }): JsonBody<Payloads>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let wanted = Wanted::new(authorized, &service, (Act::Payloads, sight)).saying(text);
    let wanted = wanted.with(json!({ "payloads": payloads.len() }));
    wanted.take(move |turn, taking| turn.replace_payloads(request.id, payloads, taking)).await
}

/// An order is not withdrawn: the operator declines it.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/withdraw",
    operation_id = "withdrawDecoderRequest",
    tag = "decoder-requests",
    summary = "Withdraw a request for a decoder that is not ordered yet",
    request_body = Said,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "not-now"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn withdraw(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Said { text }): JsonBody<Said>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let wanted = Wanted::new(authorized, &service, (Act::Withdraw, sight)).saying(Some(text));
    wanted.take(move |turn, taking| turn.withdraw(request.id, taking)).await
}
