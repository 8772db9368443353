//! The work on a request before its decision: checks of the operator, remarks of both sides.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::{
    objects::FieldText,
    requests::{CheckResult, Paragraph, Remark, Side},
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    seen,
    shown::{Shown, Sight},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePartners, ManagePeople},
        extract::{JsonBody, PathParts, path_part, to_the_end},
    },
    authors::Author,
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CheckResultRequest)]
pub(in crate::api) struct Found {
    /// Whether the request passes the check.
    passed: bool,
    /// A note on what was found.
    note: Option<FieldText>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RemarkRequest)]
pub(in crate::api) struct Said {
    /// The words of the remark.
    text: Paragraph,
    /// Whether the operator asks for an answer: the request waits for the partner from then on, and its clock stands.
    #[serde(default)]
    question: bool,
}

#[utoipa::path(
    put,
    path = "/v1/approvals/{id}/checks/{number}",
    operation_id = "checkRequest",
    tag = "approvals",
    summary = "Note the result of a check of a request",
    request_body = Found,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "request-too-large"),
        (status = 404, description = "unknown-request, unknown-check"),
        (status = 409, description = "request-decided"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn check(
    authorized: Authorized<ManagePartners>,
    State(service): State<Arc<Service>>,
    PathParts((id, number)): PathParts<(String, String)>,
    JsonBody(Found { passed, note }): JsonBody<Found>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let number: usize = path_part("check", &number)?;
    let author = authorized.author(&service);
    let by = authorized.principal.name;
    let checked = to_the_end(async move {
        let turn = service.desk.turn().await;
        let result = CheckResult { passed, at: Timestamp::now(), by, note };
        let step = turn.check(request.id, number, result)?;
        let details = json!({ "check": number, "passed": passed });
        let act = AuditEntry::of_act("approval-check", request.id).with(details);
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        author.commit(batch, act).await?;
        Ok(Shown::new(turn.apply(step), sight))
    });
    Ok(Json(checked.await?))
}

/// A remark of people of the partner has the request wait for the operator again.
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/remarks",
    operation_id = "remarkOnRequest",
    tag = "approvals",
    summary = "Remark on a request, or ask the partner a question about it",
    request_body = Said,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "request-decided"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn remark(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Said { text, question }): JsonBody<Said>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    let side = match sight {
        Sight::Operator => Side::Operator,
        Sight::Partner => Side::Partner,
    };
    if question && side == Side::Partner {
        let detail =
            "a request waits for the partner where the operator asks: leave `question` out";
        return Err(Problem::forbidden(detail));
    }
    let author = authorized.author(&service);
    let by = authorized.principal.name;
    let remarked = to_the_end(async move {
        let turn = service.desk.turn().await;
        let remark = Remark { side, at: Timestamp::now(), by, text };
        let step = turn.remark(request.id, remark, question)?;
        let details = json!({ "side": side, "question": question });
        let act = AuditEntry::of_act("approval-remark", request.id).with(details);
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        author.commit(batch, act).await?;
        Ok(Shown::new(turn.apply(step), sight))
    });
    Ok(Json(remarked.await?))
}
