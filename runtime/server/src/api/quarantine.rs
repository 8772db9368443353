//! Decoders, or calls of them, that are set aside: seen, lifted and set by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{channels::Quarantined, ledger::AuditEntry, package::DecoderId};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Curate},
    catalogue::decoder_id,
    extract::{JsonBody, Parameters, PathParts, parameter, path_part},
    paging::{self, Listing, PageEnd, Window},
};
use crate::service::Service;

#[derive(Serialize)]
pub(super) struct QuarantineList {
    quarantined: Vec<Quarantined>,
    #[serde(flatten)]
    end: PageEnd,
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
    _: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<QuarantineList>, Problem> {
    let from = after.as_deref().map(place_of).transpose()?;
    let all = service.registry.quarantined().into_iter();
    let later = all.filter(|one| {
        from.as_ref().is_none_or(|from| (&one.id, &one.version) > (&from.0, &from.1))
    });
    let place = |one: &Quarantined| format!("{}/{}", one.id, one.version);
    let (quarantined, end) =
        paging::page(later, Window::new(after, limit, service.config.http.page_bytes), place);
    Ok(Json(QuarantineList { quarantined, end }))
}

/// The place of a version in the list, as `next` has it.
fn place_of(text: &str) -> Result<(DecoderId, Version), Problem> {
    let (id, version) = text.rsplit_once('/').unwrap_or((text, ""));
    Ok((parameter("after", id)?, parameter("after", version)?))
}

pub(super) async fn lift(
    authorized: Authorized<Curate>,
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
