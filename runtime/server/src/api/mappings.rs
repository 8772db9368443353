//! Mappings of decoders: what operators know of the fields of imported codecs.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::{
    Mandate,
    ledger::KeptMapping,
    package::{DecoderId, MappedField, Mapping},
};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Curate, Inspect},
    catalogue::decoder_id,
    extract::{JsonBody, PathParts, path_part, to_the_end},
};
use crate::service::Service;

/// The body of a request for a mapping.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MappingRequest {
    /// The version of the mapping, higher than the one in force.
    #[schema(value_type = String)]
    version: Version,
    /// The fields that are known better than the package knows them.
    fields: Vec<MappedField>,
    /// Whether nothing is changed, and it is only told whether the mapping could be put.
    #[serde(default)]
    dry_run: bool,
}

/// A mapping with the decoder that it is of.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MappingView {
    id: DecoderId,
    #[serde(flatten)]
    kept: KeptMapping,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

#[utoipa::path(
    put,
    path = "/v1/registry/{vendor}/{model}/mapping",
    operation_id = "putMapping",
    tag = "registry",
    summary = "Put a version of a decoder's mapping of fields in force",
    request_body = MappingRequest,
    responses(
        (
            status = 200,
            description = "The mapping is in force; with `dryRun` nothing is changed.",
            body = MappingView,
        ),
        (status = 404, description = "unknown-decoder"),
        (status = 409, description = "version-exists, not-a-script"),
        (status = 422, description = "invalid-mapping, incompatible"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn put(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): PathParts<(String, String)>,
    JsonBody(wish): JsonBody<MappingRequest>,
) -> Result<Json<MappingView>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let MappingRequest { version, fields, dry_run } = wish;
    let mapping = Mapping { version, fields };
    let mandate = Mandate { by: authorized.principal.actor(), at: Timestamp::now(), dry_run };
    let view = to_the_end(async move {
        let kept = service.registry.put_mapping(&id, &mapping, &mandate).await?;
        if !dry_run {
            let (version, by) = (&kept.mapping.version, &mandate.by.name);
            tracing::info!(decoder = %id, %version, by, "the mapping is put");
        }
        Ok(MappingView { id, kept: KeptMapping::clone(&kept), dry_run })
    });
    Ok(Json(view.await?))
}

#[utoipa::path(
    get,
    path = "/v1/registry/{vendor}/{model}/mapping",
    operation_id = "getMapping",
    tag = "registry",
    summary = "Get the mapping of a decoder that is in force",
    responses(
        (status = 200, description = "The mapping.", body = MappingView),
        (status = 404, description = "unknown-decoder, no-mapping"),
    ),
)]
pub(super) async fn show(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): PathParts<(String, String)>,
) -> Result<Json<MappingView>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let kept = KeptMapping::clone(&*service.registry.mapping(&id)?);
    Ok(Json(MappingView { id, kept, dry_run: false }))
}

#[utoipa::path(
    get,
    path = "/v1/registry/{vendor}/{model}/mapping/{version}",
    operation_id = "getMappingVersion",
    tag = "registry",
    summary = "Get one version of a decoder's mapping, as records name it",
    responses(
        (status = 200, description = "The mapping.", body = MappingView),
        (status = 404, description = "unknown-decoder, no-mapping"),
    ),
)]
pub(super) async fn show_version(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<Json<MappingView>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let kept = service.registry.mapping_version(&id, &version).await?;
    Ok(Json(MappingView { id, kept, dry_run: false }))
}
