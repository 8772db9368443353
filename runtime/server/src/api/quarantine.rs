//! Versions of decoders that are set aside: seen and lifted by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{channels::Quarantined, ledger::AuditEntry, package::DecoderId};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    catalogue::decoder_id,
    extract::{Parameters, PathParts, parameter, path_part},
    paging::{self, Listing, PageEnd, Window},
};
use crate::service::Service;

#[derive(Serialize)]
pub(super) struct QuarantineList {
    quarantined: Vec<Quarantined>,
    #[serde(flatten)]
    end: PageEnd,
}

pub(super) async fn list(
    _: Authorized<Administer>,
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
