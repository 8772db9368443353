//! Versions of decoders that are set aside: seen and lifted by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{channels::Quarantined, ledger::AuditEntry};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    catalogue::decoder_id,
    extract::{PathParts, path_part},
};
use crate::service::Service;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct QuarantineList {
    quarantined: Vec<Quarantined>,
}

#[utoipa::path(
    get,
    path = "/v1/registry/quarantine",
    operation_id = "listQuarantine",
    tag = "registry",
    summary = "List the versions of decoders that are set aside",
    security(("token" = ["admin"])),
    responses((status = 200, description = "The versions.", body = QuarantineList)),
)]
pub(super) async fn list(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<QuarantineList> {
    Json(QuarantineList { quarantined: service.registry.quarantined() })
}

#[utoipa::path(
    delete,
    path = "/v1/registry/quarantine/{vendor}/{model}/{version}",
    operation_id = "liftQuarantine",
    tag = "registry",
    summary = "Let a version that is set aside decode again",
    security(("token" = ["admin"])),
    responses(
        (status = 204, description = "It is done."),
        (status = 409, description = "not-quarantined"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn lift(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    if !service.registry.lift_quarantine(&id, &version).await? {
        let detail = format!("{id} {version} is not set aside: there is nothing to lift");
        return Err(Problem::conflict("not-quarantined", detail));
    }
    let actor = authorized.principal.actor();
    let entry = AuditEntry::new(&actor, "lift-quarantine", format_args!("{id} {version}"));
    service.registry.record(entry, Timestamp::now()).await?;
    tracing::info!(decoder = %id, %version, by = actor.name, "quarantine lifted");
    Ok(StatusCode::NO_CONTENT)
}
