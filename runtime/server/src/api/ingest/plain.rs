//! Uplinks in our own format, with their payloads in clear.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use champollion_lns::plain::PlainUplink;

use super::{Problem, described::FrameProblems, lines::Taken, own};
use crate::{
    api::authorized::{Authorized, Ingest},
    ingest::Receipt,
    service::Service,
};

#[utoipa::path(
    post,
    path = "/v1/ingest/plain",
    operation_id = "ingestPlain",
    tag = "frames",
    summary = "Hand over an uplink with its payload in clear, or many as lines of JSON",
    request_body(
        content((PlainUplink = "application/json"), (PlainUplink = "application/x-ndjson")),
        description = "An uplink, a list of uplinks, or an uplink on each line."
    ),
    responses(
        (
            status = 200,
            description = "The uplink is durable. A list is answered by a list of receipts. Of lines each \
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
    own::take::<PlainUplink>(&authorized, &service, request).await
}
