//! The door of those who are to be partners: they ask without a token, and look after their request by its secret.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{
    names::GroupId,
    requests::{
        Applicant, Asked, Declaration, DeskTurn, Matter, Paragraph, Remark, Request, RequestError,
        Side, Step,
    },
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::shown::{Shown, Sight};
use crate::{
    api::{
        Problem,
        authorized::Origin,
        extract::{JsonBody, SecretBody, to_the_end},
    },
    auth::{Secret, TokenHash},
    authors::{AuditedAuthor, Author},
    service::Service,
};

/// The name of those who look after a request by its secret.
const APPLICANT: &str = "who asks for an approval";

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApprovalRequest)]
pub(in crate::api) struct Wanted {
    /// The name of the partner to be, for people.
    name: String,
    /// The person who asks, and is to be the first owner.
    applicant: Applicant,
    /// The groups that are wished for; the operator may name others.
    #[serde(default)]
    groups: BTreeSet<GroupId>,
    /// The declaration under the six headings of the agreement.
    declaration: Declaration,
}

/// A request that was taken.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AskedApproval)]
pub(in crate::api) struct Taken {
    /// The request as it was taken.
    request: Shown,
    /// The secret by which it is looked after. It is shown here, and nowhere again.
    secret: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnRequest)]
pub(in crate::api) struct Own {
    /// The id of the request.
    request: Uuid,
    /// The secret that was shown when it was asked.
    secret: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnRequestAnswer)]
pub(in crate::api) struct Answered {
    /// The id of the request.
    request: Uuid,
    /// The secret that was shown when it was asked.
    secret: String,
    /// The words of the answer.
    text: Paragraph,
    /// Another declaration, which takes the place of the one before; its checks are open again.
    declaration: Option<Declaration>,
}

/// No token is needed. The operator decides within a month; the clock stands while it waits for an answer.
#[utoipa::path(
    post,
    path = "/v1/approvals",
    operation_id = "askForApproval",
    tag = "approvals",
    summary = "Ask for the approval of a partner that is to be",
    request_body = Wanted,
    responses(
        (status = 201, description = "The request, and its secret.", body = Taken),
        (status = 400, description = "invalid-declaration, invalid-name, request-too-large"),
        (status = 429, description = "too-many-sign-ins, too-many-waiting"),
        (status = 503, description = "not-kept"),
        (status = 507, description = "storage-full, audit-full"),
    ),
)]
pub(in crate::api) async fn ask(
    State(service): State<Arc<Service>>,
    origin: Origin,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let Wanted { name, applicant, groups, declaration } = wanted;
    service.attempts.admit(origin.network(), &applicant.email)?;
    let secret = Secret::of_request().map_err(|error| Problem::internal(&error))?;
    let asked = Asked {
        matter: Matter::Approval {
            declaration: Box::new(declaration),
            applicant: Some(applicant),
            groups,
        },
        name,
        partner: None,
        by: APPLICANT.to_owned(),
        secret_hash: Some(secret.hash().to_string()),
        checks: service.config.approvals.checks.clone(),
    };
    let taken = to_the_end(async move {
        let limit = service.config.approvals.waiting;
        let turn = service.desk.turn().await;
        let step = turn.ask(asked, limit, Timestamp::now())?;
        let details = json!({ "name": step.request.name });
        let act = AuditEntry::of_act("approval-ask", step.request.id).with(details);
        let request = keep(&service, &origin, &turn, step, act).await?;
        let request = Shown::new(request, Sight::Partner);
        Ok(Taken { request, secret: secret.reveal().to_owned() })
    });
    Ok((StatusCode::CREATED, Json(taken.await?)))
}

/// A wrong secret is answered as a request that does not exist.
#[utoipa::path(
    post,
    path = "/v1/approvals/own",
    operation_id = "lookAtOwnRequest",
    tag = "approvals",
    summary = "Look at a request by its secret",
    request_body = Own,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request"),
    ),
)]
pub(in crate::api) async fn look(
    State(service): State<Arc<Service>>,
    SecretBody(Own { request, secret }): SecretBody<Own>,
) -> Result<Json<Shown>, Problem> {
    let request = own(&service, request, &secret)?;
    Ok(Json(Shown::new(request, Sight::Partner)))
}

/// The request waits for the operator from then on, and its clock goes on.
#[utoipa::path(
    post,
    path = "/v1/approvals/own/answer",
    operation_id = "answerOwnRequest",
    tag = "approvals",
    summary = "Answer the operator about a request by its secret, or declare anew",
    request_body = Answered,
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 400, description = "invalid-declaration, request-too-large"),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "request-decided"),
        (status = 429, description = "too-many-sign-ins"),
        (status = 503, description = "not-kept"),
        (status = 507, description = "storage-full, audit-full"),
    ),
)]
pub(in crate::api) async fn answer(
    State(service): State<Arc<Service>>,
    origin: Origin,
    SecretBody(answered): SecretBody<Answered>,
) -> Result<Json<Shown>, Problem> {
    let Answered { request, secret, text, declaration } = answered;
    let found = own(&service, request, &secret)?;
    admit(&service, &origin, &found)?;
    let answered = to_the_end(async move {
        let (id, at) = (found.id, Timestamp::now());
        if let Some(declaration) = declaration {
            let turn = service.desk.turn().await;
            let step = turn.declare(id, declaration, at)?;
            let act = AuditEntry::of_act("approval-declare", id);
            keep(&service, &origin, &turn, step, act).await?;
        }
        let turn = service.desk.turn().await;
        let remark = Remark { side: Side::Partner, at, by: APPLICANT.to_owned(), text };
        let step = turn.remark(id, remark, false)?;
        let act = AuditEntry::of_act("approval-answer", id);
        let request = keep(&service, &origin, &turn, step, act).await?;
        Ok(Shown::new(request, Sight::Partner))
    });
    Ok(Json(answered.await?))
}

/// Nothing of it is kept but its lines in the audit.
#[utoipa::path(
    post,
    path = "/v1/approvals/own/withdraw",
    operation_id = "withdrawOwnRequest",
    tag = "approvals",
    summary = "Take a request back by its secret",
    request_body = Own,
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-request"),
        (status = 409, description = "request-decided"),
        (status = 503, description = "not-kept"),
        (status = 507, description = "storage-full, audit-full"),
    ),
)]
pub(in crate::api) async fn withdraw(
    State(service): State<Arc<Service>>,
    origin: Origin,
    SecretBody(Own { request, secret }): SecretBody<Own>,
) -> Result<StatusCode, Problem> {
    let id = own(&service, request, &secret)?.id;
    to_the_end(async move {
        let turn = service.desk.turn().await;
        let step = turn.withdraw(id)?;
        let act = AuditEntry::of_act("approval-withdraw", id);
        keep(&service, &origin, &turn, step, act).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The request of a secret. Whether it is the id or the secret that is wrong is not told.
fn own(service: &Service, id: Uuid, secret: &str) -> Result<Request, Problem> {
    let hash = TokenHash::of(secret).to_string();
    let found = service.desk.get(id).filter(|one| one.secret_hash.as_ref() == Some(&hash));
    Ok(found.ok_or(RequestError::Unknown(id))?)
}

/// Bounds how often somebody without a token writes: each step takes a line of the audit.
fn admit(service: &Service, origin: &Origin, request: &Request) -> Result<(), Problem> {
    if let Matter::Approval { applicant: Some(applicant), .. } = &request.matter {
        service.attempts.admit(origin.network(), &applicant.email)?;
    }
    Ok(())
}

/// Makes a step of somebody without a token durable.
async fn keep(
    service: &Service,
    origin: &Origin,
    turn: &DeskTurn<'_>,
    step: Step,
    act: AuditEntry,
) -> Result<Request, Problem> {
    let mut batch = Batch::new();
    step.put(&mut batch)?;
    let author = AuditedAuthor::new(&service.registry, origin.actor(APPLICANT.to_owned()));
    author.commit(batch, act).await?;
    Ok(turn.apply(step))
}
