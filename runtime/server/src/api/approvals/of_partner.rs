//! The approval of a partner: shown to its people, asked for anew, ended with notice.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{
    grants::{GrantRole, Place},
    names::PartnerId,
    partners::PartnerWithGroups,
    people::Email,
    requests::{
        Approval, ApprovalRefused, ApprovalState, Asked, Declaration, Matter, Notice, Paragraph,
    },
    roster::{Change, RosterError},
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    deciding::{addresses, send_letter},
    shown::{Shown, Sight},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePartners, ManagePeople, ReadPeople},
        extract::{JsonBody, PathParts, path_part, to_the_end},
    },
    auth::Reach,
    authors::Author,
    service::Service,
};

/// The subject of the mail with the letter.
const SUBJECT: &str = "Champollion: the end of your approval / la fin de votre agrément";

/// The approval of a partner, and what it means now.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PartnerApproval)]
pub(in crate::api) struct ShownApproval {
    /// The short name of the partner.
    partner: PartnerId,
    /// Whether objects are accepted.
    state: ApprovalState,
    /// The objects that there are.
    objects: usize,
    /// The number of objects that is declared for today; absent where none was declared at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<u32>,
    /// The most objects that are accepted today; absent where nothing bounds them but the quotas of groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<u32>,
    /// The approval as it is kept.
    approval: Approval,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeclarationRequest)]
pub(in crate::api) struct Declared {
    /// The declaration under the six headings of the agreement.
    declaration: Declaration,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NoticeRequest)]
pub(in crate::api) struct Ending {
    /// The moment from which on the approval is not in force.
    ends_at: Timestamp,
    /// The letter that says so, which the partner reads.
    letter: Paragraph,
}

/// A partner of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/partners/{partner}/approval",
    operation_id = "getApproval",
    tag = "approvals",
    summary = "Get the approval of a partner, and how many objects it may have",
    responses(
        (status = 200, description = "The approval.", body = ShownApproval),
        (status = 404, description = "unknown-partner"),
    ),
)]
pub(in crate::api) async fn show(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts(partner): PathParts<String>,
) -> Result<Json<ShownApproval>, Problem> {
    let found = seen(&service, &authorized.reach, &partner)?;
    Ok(Json(shown(&service, found)))
}

/// The approval of before is in force until the operator has decided.
#[utoipa::path(
    post,
    path = "/v1/partners/{partner}/approval",
    operation_id = "askForAnotherApproval",
    tag = "approvals",
    summary = "Ask for another approval of a partner, by another declaration",
    request_body = Declared,
    responses(
        (status = 201, description = "The request.", body = Shown),
        (status = 400, description = "invalid-declaration, request-too-large"),
        (status = 404, description = "unknown-partner"),
        (status = 409, description = "asks-already"),
        (status = 429, description = "too-many-waiting"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn ask_again(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(partner): PathParts<String>,
    JsonBody(Declared { declaration }): JsonBody<Declared>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let found = seen(&service, &authorized.reach, &partner)?;
    let author = authorized.author(&service);
    let asked = Asked {
        matter: Matter::Approval {
            declaration: Box::new(declaration),
            applicant: None,
            groups: BTreeSet::new(),
        },
        name: found.partner.name,
        partner: Some(found.partner.id),
        by: authorized.principal.name,
        secret_hash: None,
        checks: service.config.approvals.checks.clone(),
    };
    let sight = if authorized.reach.is_everything() { Sight::Operator } else { Sight::Partner };
    let taken = to_the_end(async move {
        let turn = service.desk.turn().await;
        let step = turn.ask(asked, service.config.approvals.waiting, Timestamp::now())?;
        let details = json!({ "partner": step.request.partner });
        let act = AuditEntry::of_act("approval-ask", step.request.id).with(details);
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        author.commit(batch, act).await?;
        Ok(Shown::new(turn.apply(step), sight))
    });
    Ok((StatusCode::CREATED, Json(taken.await?)))
}

/// No further object is accepted from then on; those that there are go on until they are removed. Another notice, or an
/// approval that is granted anew, takes the place of this one.
#[utoipa::path(
    post,
    path = "/v1/partners/{partner}/approval/end",
    operation_id = "endApproval",
    tag = "approvals",
    summary = "End the approval of a partner, with notice and a letter",
    request_body = Ending,
    responses(
        (status = 200, description = "The approval.", body = ShownApproval),
        (status = 400, description = "notice-too-short"),
        (status = 404, description = "unknown-partner"),
        (status = 409, description = "approval-not-in-force"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn end(
    authorized: Authorized<ManagePartners>,
    State(service): State<Arc<Service>>,
    PathParts(partner): PathParts<String>,
    JsonBody(Ending { ends_at, letter }): JsonBody<Ending>,
) -> Result<Json<ShownApproval>, Problem> {
    let id = seen(&service, &authorized.reach, &partner)?.partner.id;
    let author = authorized.author(&service);
    let ended = to_the_end(async move {
        let turn = service.roster.turn().await;
        let now = Timestamp::now();
        let found = service.roster.partner(&id);
        let found = found.ok_or_else(|| RosterError::UnknownPartner(id.clone()))?;
        let approval = found.partner.approval();
        if approval.state(now) == ApprovalState::Ended {
            return Err(ApprovalRefused::Ended { partner: id }.into());
        }
        check_notice(&service, ends_at, now)?;
        let notice = Some(Notice { given_at: now, ends_at, letter: letter.clone() });
        let Change { batch, effects, outcome } =
            turn.approve(&id, Approval { notice, ..approval })?;
        let details = json!({ "endsAt": ends_at });
        author.commit(batch, AuditEntry::of_act("approval-end", &id).with(details)).await?;
        turn.apply(effects);
        send_letter(&service, owners(&service, &id), SUBJECT, letter);
        Ok(shown(&service, outcome))
    });
    Ok(Json(ended.await?))
}

fn check_notice(service: &Service, ends_at: Timestamp, now: Timestamp) -> Result<(), Problem> {
    let notice = service.config.approvals.notice();
    let earliest = now.saturating_add(notice).unwrap_or(now);
    if ends_at >= earliest {
        return Ok(());
    }
    let detail = format!(
        "an approval ends {} days after its notice at the earliest ([approvals] notice-days): name {earliest} or later",
        service.config.approvals.notice_days
    );
    Err(Problem::bad_request("notice-too-short", detail).with("earliest", earliest))
}

/// The addresses of the owners of a partner.
fn owners(service: &Service, partner: &PartnerId) -> Vec<Email> {
    let place = Place::Partner(partner.clone());
    let grants = service.roster.grants().into_iter();
    let owning = grants.filter(|grant| grant.role == GrantRole::Owner && grant.scope == place);
    addresses(owning.filter_map(|grant| service.roster.person(grant.person)))
}

fn shown(service: &Service, found: PartnerWithGroups) -> ShownApproval {
    let (approval, now) = (found.partner.approval(), Timestamp::now());
    let (state, declared) = (approval.state(now), approval.declared(now));
    let (most, objects) = (approval.most(now), service.devices.count_in(&found.groups));
    ShownApproval { partner: found.partner.id, state, objects, declared, most, approval }
}

/// A partner that is within reach as a whole. Others are as unknown as those that do not exist.
fn seen(service: &Service, reach: &Reach, partner: &str) -> Result<PartnerWithGroups, Problem> {
    let id: PartnerId = path_part("partner", partner)?;
    let found = service.roster.partner(&id).filter(|_| reach.covers(&Place::Partner(id.clone())));
    Ok(found.ok_or(RosterError::UnknownPartner(id))?)
}
