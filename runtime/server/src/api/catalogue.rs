//! The catalogue: which devices are decoded, into which fields and units. Open to everybody.

use std::{iter, sync::Arc};

use axum::{Json, extract::State};
use champollion_registry::{CatalogueEntry, Registry, package::DecoderId};
use champollion_sandbox::{Quantity, vocabulary};
use semver::Version;
use serde::Serialize;

use super::{
    Problem,
    extract::{Parameters, PathParts, parameter, path_part},
    paging::{self, Listing, PageEnd, Window},
};
use crate::service::Service;

/// Decoders that are looked up at once.
const AT_ONCE: usize = 32;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Catalogue {
    decoders: Vec<CatalogueEntry>,
    #[serde(flatten)]
    end: PageEnd,
    /// The vocabulary that all measurements are in.
    quantities: Vec<&'static Quantity>,
}

#[utoipa::path(
    get,
    path = "/v1/catalogue",
    operation_id = "listCatalogue",
    tag = "catalogue",
    summary = "List all decoders with their devices, fields and units",
    params(Listing),
    responses((status = 200, description = "The catalogue.", body = Catalogue)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<Catalogue>, Problem> {
    let from: Option<DecoderId> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let place = |entry: &CatalogueEntry| entry.manifest.id.to_string();
    let entries = entries(&service.registry, from);
    let (decoders, end) =
        paging::page(entries, Window::new(after, limit, service.config.http.page_bytes), place);
    Ok(Json(Catalogue { decoders, end, quantities: vocabulary::quantities().collect() }))
}

/// The decoders after one, few at a time: not all of them need be in memory.
fn entries(registry: &Registry, after: Option<DecoderId>) -> impl Iterator<Item = CatalogueEntry> {
    let (mut last, mut some) = (after, Vec::new().into_iter());
    iter::from_fn(move || {
        if some.len() == 0 {
            some = registry.catalogue_page(last.as_ref(), AT_ONCE).into_iter();
        }
        let entry: CatalogueEntry = some.next()?;
        last = Some(entry.manifest.id.clone());
        Some(entry)
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
