//! Requests of partners for decoders: asked, estimated, ordered, tried, accepted and made stable.

mod asking;
mod carrying_on;
mod judging;
mod shown;
mod working;

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::requests::{DecoderRequest, RequestState};
use champollion_sdk::vectors::Vector;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ReadDecoderRequests},
    extract::{Parameters, PathParts, parameter},
    paging::{self, PageEnd, Window, limit},
};
use crate::service::Service;
use carrying_on::seen;
use shown::{Shown, Sight};

pub(super) use asking::{
    __path_answer, __path_ask, __path_order, __path_replace_payloads, __path_withdraw, answer, ask,
    order, replace_payloads, withdraw,
};
pub(super) use judging::{__path_finish, __path_judge, finish, judge};
pub(super) use working::{
    __path_decline, __path_estimate, __path_propose, __path_question, decline, estimate, propose,
    question,
};

/// The requests for decoders that the sender may see.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DecoderRequestList)]
pub(super) struct List {
    /// The requests, the oldest first.
    requests: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The parameters of the list of requests for decoders.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct DecoderRequestListing {
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    /// Only requests in this state.
    #[param(inline)]
    state: Option<RequestState>,
}

#[utoipa::path(
    get,
    path = "/v1/decoder-requests",
    operation_id = "listDecoderRequests",
    tag = "decoder-requests",
    summary = "List the requests of partners for decoders",
    params(DecoderRequestListing),
    responses((status = 200, description = "The requests that the sender may see, the oldest first.", body = List)),
)]
pub(super) async fn list(
    authorized: Authorized<ReadDecoderRequests>,
    State(service): State<Arc<Service>>,
    Parameters(listing): Parameters<DecoderRequestListing>,
) -> Result<Json<List>, Problem> {
    let DecoderRequestListing { after, limit, state } = listing;
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let is_wanted = |request: &DecoderRequest| state.is_none_or(|state| request.state == state);
    let requests = service.decoder_requests.after(from).into_iter().filter(is_wanted);
    let shown = requests.filter_map(|request| {
        let sight = Sight::of(&authorized, &request)?;
        Some(Shown::new(request, sight, &service.registry))
    });
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (requests, end) = paging::page(shown, window, Shown::place);
    Ok(Json(List { requests, end }))
}

/// A request of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/decoder-requests/{id}",
    operation_id = "getDecoderRequest",
    tag = "decoder-requests",
    summary = "Get a request for a decoder with its payloads, its candidate and its steps",
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadDecoderRequests>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    Ok(Json(Shown::new(request, sight, &service.registry)))
}

/// Values that come out beside are to be added to them: `champollion test` shows it.
#[utoipa::path(
    get,
    path = "/v1/decoder-requests/{id}/vectors",
    operation_id = "getDecoderRequestVectors",
    tag = "decoder-requests",
    summary = "Get the payloads of a request as the vectors that a developer begins with",
    responses(
        (status = 200, description = "The vectors, as a `vectors.json` has them.", body = Vec<Vector>),
        (status = 404, description = "unknown-request"),
    ),
)]
pub(super) async fn vectors(
    authorized: Authorized<ReadDecoderRequests>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Vec<Vector>>, Problem> {
    let (request, _) = seen(&authorized, &service, &id)?;
    let source = format!("a device of {}", request.wish.payer);
    let payloads = request.wish.payloads.iter();
    Ok(Json(payloads.map(|payload| payload.vector(&source)).collect()))
}
