//! Grants: given, confirmed and taken away.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{
    grants::{Grant, GrantRole},
    roster::{Change, RosterError},
};
use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    WantedGrant,
    account::check_admin_left,
    may_grant,
    shown::{ShownGrant, seen},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePeople},
        bodiless::NoBody,
        extract::{JsonBody, PathParts, path_part, to_the_end},
    },
    auth::{Reach, Used},
    authors::Author,
    service::Service,
};

#[utoipa::path(
    post,
    path = "/v1/people/{id}/grants",
    operation_id = "grantRole",
    tag = "people",
    summary = "Grant a person a role",
    request_body = WantedGrant,
    responses(
        (status = 201, description = "The grant.", body = ShownGrant),
        (status = 400, description = "invalid-role"),
        (status = 404, description = "unknown-person, unknown-partner"),
        (status = 409, description = "outside-home, already-granted, too-many-grants"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn grant(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(wanted): JsonBody<WantedGrant>,
) -> Result<(StatusCode, Json<ShownGrant>), Problem> {
    let id: Uuid = path_part("person", &id)?;
    seen(&service, &authorized.reach, id)?;
    may_grant(&authorized.principal, &authorized.reach, &service, &wanted)?;
    let author = authorized.author(&service);
    let by = authorized.principal.name;
    let granted = to_the_end(async move {
        let turn = service.roster.turn().await;
        let change = turn.grant(id, (wanted.scope, wanted.role), &by, Timestamp::now())?;
        let Change { batch, effects, outcome: grant } = change;
        author.commit(batch, AuditEntry::of_act("grant", id).with(json!(grant))).await?;
        turn.apply(effects);
        Ok(ShownGrant::new(&service, grant))
    });
    Ok((StatusCode::CREATED, Json(granted.await?)))
}

#[utoipa::path(
    delete,
    path = "/v1/people/{id}/grants/{grant}",
    operation_id = "revokeGrant",
    tag = "people",
    summary = "Take a role from a person",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-person, unknown-grant"),
        (status = 409, description = "last-owner, last-admin"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn revoke(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts((id, grant)): PathParts<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, grant) = (path_part("person", &id)?, path_part("grant", &grant)?);
    let found = seen_grant(&service, &authorized.reach, id, grant)?;
    may_revoke(&authorized, &service, &found)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let turn = service.roster.turn().await;
        let _kept = match found.role {
            GrantRole::Admin => Some(check_admin_left(&service, id).await?),
            _ => None,
        };
        let Change { mut batch, effects, outcome } = turn.revoke(id, grant)?;
        service.tokens.last_uses().forget(&mut batch, Used::Grant(grant));
        let act = AuditEntry::of_act("revoke", id).with(json!(outcome));
        author.commit(batch, act.essential()).await?;
        turn.apply(effects);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[utoipa::path(
    post,
    path = "/v1/people/{id}/grants/{grant}/confirm",
    operation_id = "confirmGrant",
    tag = "people",
    summary = "Note at a review that a grant is still right",
    responses(
        (status = 200, description = "The grant.", body = ShownGrant),
        (status = 404, description = "unknown-person, unknown-grant"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn confirm(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts((id, grant)): PathParts<(String, String)>,
    NoBody: NoBody,
) -> Result<Json<ShownGrant>, Problem> {
    let (id, grant) = (path_part("person", &id)?, path_part("grant", &grant)?);
    let found = seen_grant(&service, &authorized.reach, id, grant)?;
    may_revoke(&authorized, &service, &found)?;
    let author = authorized.author(&service);
    let confirmed = to_the_end(async move {
        let turn = service.roster.turn().await;
        let Change { batch, effects, outcome: grant } =
            turn.confirm(id, grant, Timestamp::now())?;
        let act = AuditEntry::of_act("grant-confirm", id).with(json!(grant));
        author.commit(batch, act).await?;
        turn.apply(effects);
        Ok(ShownGrant::new(&service, grant))
    });
    Ok(Json(confirmed.await?))
}

/// A grant that the sender may see: others are as unknown as those that do not exist.
fn seen_grant(service: &Service, reach: &Reach, person: Uuid, id: Uuid) -> Result<Grant, Problem> {
    seen(service, reach, person)?;
    let is_own = service.roster.person(person).is_some_and(|person| reach.covers(&person.home));
    let grants = service.roster.grants_of(person).into_iter();
    let found = grants.filter(|grant| is_own || reach.covers(&grant.scope));
    let found = found.into_iter().find(|grant| grant.id == id);
    Ok(found.ok_or(RosterError::UnknownGrant(id))?)
}

/// Checks that the sender could have granted it.
fn may_revoke(
    authorized: &Authorized<ManagePeople>,
    service: &Service,
    grant: &Grant,
) -> Result<(), Problem> {
    let wanted = WantedGrant { scope: grant.scope.clone(), role: grant.role };
    may_grant(&authorized.principal, &authorized.reach, service, &wanted)
}
