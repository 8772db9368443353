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

#[derive(Serialize)]
pub(super) struct Catalogue {
    decoders: Vec<CatalogueEntry>,
    #[serde(flatten)]
    end: PageEnd,
    /// The vocabulary that all measurements are in.
    quantities: Vec<&'static Quantity>,
}

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

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): PathParts<(String, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    Ok(Json(service.registry.catalogue_entry(&decoder_id(&vendor, &model)?)?))
}

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
