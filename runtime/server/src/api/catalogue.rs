//! The catalogue: which devices are decoded, into which fields and units. Open to everybody.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::{
    CatalogueEntry, CatalogueQuery, CatalogueQueryError, CatalogueSort, Registry,
    package::{DecoderId, Direction, UseCase, use_cases},
};
use champollion_sandbox::{Quantity, vocabulary};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    extract::{Parameters, PathParts, path_part},
    paging::{self, PageEnd, Window},
};
use crate::{nearest::nearest, service::Service};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Catalogue {
    decoders: Vec<CatalogueEntry>,
    #[serde(flatten)]
    end: PageEnd,
    /// The number of decoders on all pages together.
    total: usize,
    /// The vocabulary that all measurements are in.
    quantities: Vec<&'static Quantity>,
    /// The use cases that decoders have, with the quantities that tell of them.
    #[serde(rename = "useCases")]
    use_cases: Vec<&'static UseCase>,
}

/// The decoders that are wanted: those that satisfy all that is said.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A quantity of the vocabulary that a field has, such as `water.volume`; all of several separated by commas.
    quantity: Option<String>,
    /// A use case, such as `water-metering`.
    #[serde(rename = "use")]
    #[param(rename = "use")]
    use_case: Option<String>,
    /// The maker of a device, or the first part of the decoder's name.
    vendor: Option<String>,
    /// The unit (UCUM) of a field, as measured or in `data`.
    unit: Option<String>,
    /// Words that all stand in its names, devices, fields or commands.
    q: Option<String>,
    /// The direction of frames that there are: `down` of decoders that encode commands.
    #[param(inline)]
    direction: Option<Direction>,
    /// The order of the answer; by `id` where it is left out.
    #[param(inline)]
    sort: Option<CatalogueSort>,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most decoders of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[utoipa::path(
    get,
    path = "/v1/catalogue",
    operation_id = "listCatalogue",
    tag = "catalogue",
    summary = "List or find decoders with their devices, fields and units",
    params(Wanted),
    responses(
        (status = 200, description = "The catalogue.", body = Catalogue),
        (status = 304, description = "The answer is the one that `If-None-Match` names."),
    ),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Catalogue>, Problem> {
    let query = wanted.query()?;
    let sort = wanted.sort.unwrap_or_default();
    let after = wanted.after.as_deref().map(|text| {
        sort.read_place(text).map_err(|error| unreadable("after", text, &error.to_string()))
    });
    let after = after.transpose()?;
    let registry = &service.registry;
    let places = registry.catalogue_places(&query, sort);
    let entries = registry.catalogue_after(&places, sort, after.as_ref()).map(|(_, entry)| entry);
    let window = Window::new(wanted.after, wanted.limit, service.config.http.page_bytes);
    let place = |entry: &CatalogueEntry| {
        let place = places.iter().find(|place| place.id == entry.manifest.id);
        place.map(ToString::to_string).unwrap_or_default()
    };
    let (decoders, end) = paging::page(entries, window, place);
    Ok(Json(Catalogue {
        decoders,
        end,
        total: places.len(),
        quantities: vocabulary::quantities().collect(),
        use_cases: use_cases().collect(),
    }))
}

impl Wanted {
    fn query(&self) -> Result<CatalogueQuery, Problem> {
        let mut query = CatalogueQuery::default();
        if let Some(names) = &self.quantity {
            query = query.quantities(names).map_err(|error| unknown("quantity", names, &error))?;
        }
        if let Some(name) = &self.use_case {
            query = query.use_case(name).map_err(|error| unknown("use", name, &error))?;
        }
        if let Some(name) = &self.vendor {
            query = query.vendor(name);
        }
        if let Some(code) = &self.unit {
            query = query.unit(code);
        }
        if let Some(text) = &self.q {
            query = query.text(text);
        }
        if let Some(direction) = self.direction {
            query = query.direction(direction);
        }
        Ok(query)
    }
}

/// The problem of a parameter that names what does not exist: an empty answer would hide a slip.
fn unknown(name: &str, text: &str, error: &CatalogueQueryError) -> Problem {
    let near = match error {
        CatalogueQueryError::Quantity(unknown) => {
            nearest(unknown, vocabulary::quantities().map(|quantity| quantity.name))
        }
        CatalogueQueryError::UseCase(unknown) => {
            nearest(unknown, use_cases().map(|case| case.name))
        }
        _ => None,
    };
    let hint = match near {
        Some(near) => format!("; did you mean {near}?"),
        None => "; `quantities` and `useCases` of /v1/catalogue list all".to_owned(),
    };
    unreadable(name, text, &format!("{error}{hint}"))
}

fn unreadable(name: &str, text: &str, said: &str) -> Problem {
    let detail = format!("{name}={text} cannot be read: {said}");
    Problem::bad_request("invalid-query", detail).with("path", name)
}

#[utoipa::path(
    get,
    path = "/v1/catalogue/{vendor}/{model}",
    operation_id = "getCatalogueEntry",
    tag = "catalogue",
    summary = "Get a decoder in its newest stable version",
    responses(
        (status = 200, description = "The decoder.", body = CatalogueEntry),
        (status = 304, description = "The answer is the one that `If-None-Match` names."),
        (status = 404, description = "DECODER"),
    ),
)]
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): PathParts<(String, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    let entry = service.registry.catalogue_entry(&decoder_id(&vendor, &model)?)?;
    Ok(Json(with_examples(&service.registry, entry).await))
}

#[utoipa::path(
    get,
    path = "/v1/catalogue/{vendor}/{model}/{version}",
    operation_id = "getCatalogueVersion",
    tag = "catalogue",
    summary = "Get a decoder in one version",
    responses(
        (status = 200, description = "The decoder in this version.", body = CatalogueEntry),
        (status = 304, description = "The answer is the one that `If-None-Match` names."),
        (status = 404, description = "DECODER"),
    ),
)]
pub(super) async fn show_version(
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let entry = service.registry.catalogue_version(&id, &version)?;
    Ok(Json(with_examples(&service.registry, entry).await))
}

/// An entry with examples for its ports. One whose package is damaged is shown without: the rest of it is known.
async fn with_examples(registry: &Registry, mut entry: CatalogueEntry) -> CatalogueEntry {
    let (id, version) = (&entry.manifest.id, &entry.manifest.version);
    match registry.examples(id, version).await {
        Ok(examples) => entry.examples = examples,
        Err(error) => tracing::warn!(%id, %version, %error, "the catalogue has no examples"),
    }
    entry
}

pub(super) fn decoder_id(vendor: &str, model: &str) -> Result<DecoderId, Problem> {
    DecoderId::new(vendor, model)
        .map_err(|error| Problem::bad_request("invalid-path", error.to_string()))
}
