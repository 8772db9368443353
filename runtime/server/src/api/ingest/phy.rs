//! Frames in our own format, whole.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use champollion_lns::phy::PhyFrame;

use super::{Problem, described::FrameProblems, lines::Taken, own};
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
        description = "A frame, a list of frames, or a frame on each line."
    ),
    responses(
        (
            status = 200,
            description = "The frame is durable. A list is answered by a list of receipts. Of lines each \
                           gets a line of the answer, in their order: `receipt`, or `problem` where it \
                           was refused.",
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
    own::take::<PhyFrame>(&authorized, &service, request).await
}
