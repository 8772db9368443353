//! The catalogue: which devices are decoded, into which fields and units. Open to everybody.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::{CatalogueEntry, package::DecoderId};
use champollion_sandbox::{Quantity, vocabulary};
use semver::Version;
use serde::Serialize;

use super::{
    Problem,
    extract::{PathParts, path_part},
};
use crate::service::Service;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Catalogue {
    decoders: Vec<CatalogueEntry>,
    /// The vocabulary that all measurements are in.
    quantities: Vec<&'static Quantity>,
}

#[utoipa::path(
    get,
    path = "/v1/catalogue",
    operation_id = "listCatalogue",
    tag = "catalogue",
    summary = "List all decoders with their devices, fields and units",
    responses((status = 200, description = "The catalogue.", body = Catalogue)),
)]
pub(super) async fn list(State(service): State<Arc<Service>>) -> Json<Catalogue> {
    Json(Catalogue {
        decoders: service.registry.catalogue(),
        quantities: vocabulary::quantities().collect(),
    })
}

#[utoipa::path(
    get,
    path = "/v1/catalogue/{vendor}/{model}",
    operation_id = "getCatalogueEntry",
    tag = "catalogue",
    summary = "Get a decoder in its newest stable version",
    responses(
        (status = 200, description = "The decoder.", body = CatalogueEntry),
        (status = 404, description = "DECODER"),
    ),
)]
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): PathParts<(String, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    Ok(Json(service.registry.catalogue_entry(&decoder_id(&vendor, &model)?)?))
}

#[utoipa::path(
    get,
    path = "/v1/catalogue/{vendor}/{model}/{version}",
    operation_id = "getCatalogueVersion",
    tag = "catalogue",
    summary = "Get a decoder in one version",
    responses(
        (status = 200, description = "The decoder in this version.", body = CatalogueEntry),
        (status = 404, description = "DECODER"),
    ),
)]
pub(super) async fn show_version(
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    Ok(Json(service.registry.catalogue_version(&id, &version)?))
}

pub(super) fn decoder_id(vendor: &str, model: &str) -> Result<DecoderId, Problem> {
    DecoderId::new(vendor, model)
        .map_err(|error| Problem::bad_request("invalid-path", error.to_string()))
}
