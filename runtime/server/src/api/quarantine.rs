//! Decoders, or calls of them, that are set aside: seen, lifted and set by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{channels::Quarantined, ledger::AuditEntry};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Administer, Authorized},
    catalogue::decoder_id,
    extract::{JsonBody, PathParts, path_part},
};
use crate::service::Service;

#[derive(Serialize)]
pub(super) struct QuarantineList {
    quarantined: Vec<Quarantined>,
}

/// The reason why a person sets a version aside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    reason: String,
}

/// Most bytes of a reason: each record that is delivered raw for it carries it.
const REASON_BYTES: usize = 1_024;

pub(super) async fn list(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<QuarantineList> {
    Json(QuarantineList { quarantined: service.registry.quarantined() })
}

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

/// Sets a whole version aside, until a person lifts it.
pub(super) async fn set_aside(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Result<StatusCode, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES {
        let detail = format!(
            "reason has {} bytes, and must have 1 to {REASON_BYTES}: records that are delivered \
             raw give it",
            reason.len()
        );
        return Err(Problem::unprocessable("invalid-reason", detail));
    }
    let actor = authorized.principal.actor();
    let now = Timestamp::now();
    service.registry.set_aside(&id, &version, (&actor.name, reason), now).await?;
    let entry = AuditEntry::new(&actor, "quarantine", format_args!("{id} {version}"))
        .with(serde_json::json!({ "reason": reason }));
    service.registry.record(entry, now).await?;
    tracing::warn!(decoder = %id, %version, by = actor.name, reason, "set aside by hand");
    Ok(StatusCode::NO_CONTENT)
}
