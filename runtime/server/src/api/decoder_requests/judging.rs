//! The end of a request: the sponsor judges the candidate, and an admin makes it stable.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::requests::Paragraph;
use champollion_registry::{
    Change, ChangeError, Mandate,
    requests::{Act, Candidate, DecoderRequest, RequestFault, RequestState},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    carrying_on::{Wanted, seen, tried},
    shown::Shown,
};
use crate::{
    api::{
        Problem,
        authorized::{AskForDecoders, Authorized, Curate},
        bodiless::NoBody,
        channels::asked,
        extract::{JsonBody, PathParts, to_the_end},
    },
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SponsorVerdict)]
pub(in crate::api) struct Verdict {
    /// Whether the sponsor accepts the candidate.
    accepted: bool,
    /// The words to those who work on it; needed where the candidate is sent back.
    text: Option<Paragraph>,
}

/// The server tries the candidate on the payloads once more before it is accepted. One that is sent back is at work again.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/verdict",
    operation_id = "judgeCandidate",
    tag = "decoder-requests",
    summary = "Accept the candidate of a request, or send it back",
    request_body = Verdict,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "invalid-decision, request-too-large"),
        (status = 404, description = "unknown-request, DECODER"),
        (status = 409, description = "not-now, payloads-differ"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(in crate::api) async fn judge(
    authorized: Authorized<AskForDecoders>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Verdict { accepted, text }): JsonBody<Verdict>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    if !accepted {
        if text.is_none() {
            let detail = "say in `text` what is not right: a developer reads it";
            return Err(Problem::bad_request("invalid-decision", detail).with("path", "text"));
        }
        let wanted = Wanted::new(authorized, &service, (Act::SendBack, sight)).saying(text);
        return wanted.take(move |turn, taking| turn.send_back(request.id, taking)).await;
    }
    let candidate = on_trial(&request, RequestState::Candidate)?;
    let tried = tried(&authorized, &service, &request, candidate).await?;
    let wanted = Wanted::new(authorized, &service, (Act::Accept, sight)).saying(text);
    wanted.take(move |turn, taking| turn.accept(request.id, tried, taking)).await
}

/// The version is promoted, and devices that ask for the decoder get it. Where it was promoted before, the request ends
/// all the same.
#[utoipa::path(
    post,
    path = "/v1/decoder-requests/{id}/stable",
    operation_id = "finishDecoderRequest",
    tag = "decoder-requests",
    summary = "Promote the candidate that a sponsor has accepted, which ends its request",
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request, DECODER"),
        (status = 409, description = "not-now, yanked"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn finish(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let Candidate { decoder, version } = on_trial(&request, RequestState::Accepted)?;
    let details = json!({ "decoder": decoder, "version": version });
    let by = authorized.principal.actor();
    let mandate = Mandate { by, at: Timestamp::now(), dry_run: false };
    let asked = asked(&service, &decoder).await?;
    let of_change = Arc::clone(&service);
    to_the_end(async move {
        let change = Change::Promote(Some(version));
        match of_change.registry.change(&decoder, &change, &mandate, &asked).await {
            // As where the server ended between the promotion and the step.
            Ok(_) | Err(ChangeError::Already { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    let wanted = Wanted::new(authorized, &service, (Act::Stable, sight)).with(details);
    wanted.take(move |turn, taking| turn.finish(request.id, taking)).await
}

/// The candidate of a request in a state.
fn on_trial(request: &DecoderRequest, state: RequestState) -> Result<Candidate, RequestFault> {
    let candidate = request.candidate.clone().filter(|_| request.state == state);
    candidate.ok_or_else(|| RequestFault::NotNow {
        state: request.state,
        wanted: state.as_str().to_owned(),
    })
}
