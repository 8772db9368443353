//! Frames in our own format: one as JSON, or many as lines of JSON (`application/x-ndjson`).

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use champollion_lns::{
    Frame, Incoming,
    phy::{self, PhyFrame},
};

use super::{
    super::extract::{parse_json, read_body},
    Problem,
    described::FrameProblems,
    lines::{self, Taken},
    network_server,
};
use crate::{
    api::authorized::{Authorized, Ingest},
    ingest::Receipt,
    service::Service,
};

#[utoipa::path(
    post,
    path = "/v1/ingest/phy",
    operation_id = "ingestFrame",
    tag = "frames",
    summary = "Hand over a frame, or many as lines of JSON",
    request_body(
        content((PhyFrame = "application/json"), (PhyFrame = "application/x-ndjson")),
        description = "A frame, or a frame on each line."
    ),
    responses(
        (
            status = 200,
            description = "The frame is durable. Of lines each gets a line of the answer, in \
                           their order: `receipt`, or `problem` where it was refused.",
            content((Receipt = "application/json"), (Taken = "application/x-ndjson")),
        ),
        FrameProblems,
    ),
)]
pub(super) async fn take(
    authorized: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (speaker, _) = network_server(&authorized, &service, phy::KIND)?;
    let has_lines = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|declared| declared.to_str().ok())
        .and_then(|declared| declared.split(';').next())
        .is_some_and(|declared| {
            lines::CONTENT_TYPES.iter().any(|name| declared.trim().eq_ignore_ascii_case(name))
        });
    let body = read_body(request, service.config.http.body_bytes).await?;
    if has_lines {
        return Ok(lines::take(&service, &speaker, &body, read).await);
    }
    let receipt = service.intake.take(read(&body)?, &speaker).await?;
    Ok(Json(receipt).into_response())
}

/// Reads a frame in our own format.
fn read(body: &[u8]) -> Result<Frame, Problem> {
    // Where an error is costs as much as reading, and is asked for only where there is one.
    if let Ok(frame) = serde_json::from_slice::<PhyFrame>(body) {
        return Ok(frame.read()?);
    }
    let incoming = Incoming { event: "up", content_type: None, description: None, body };
    let advice = match phy::KIND.read(&incoming) {
        Err(error) if error.is_mistaken() => return Err(error.into()),
        read => read.err().and_then(|error| error.advice()),
    };
    let frame = parse_json::<PhyFrame>(body).map_err(|problem| problem.advised(advice))?;
    Ok(frame.read()?)
}
