//! The places of groups among several databases: shown, and given to groups of which nothing was written yet.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::names::GroupId;
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_store::{DatabaseName, DatabaseView, Health, PlacedStore, StoreError, tables};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    extract::{JsonBody, Parameters, PathParts, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{authors::Author, service::Service};

/// A database in which groups lie.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GroupDatabase)]
struct Database {
    /// The name by which the settings know it.
    name: String,
    /// The hosts and the database.
    server: String,
    /// Whether it takes changes, so that frames of its groups are taken.
    ready: bool,
    /// The number of groups that lie in it, as far as this node knows.
    groups: usize,
    /// The number of devices that lie in it, as far as this node knows.
    devices: usize,
}

impl From<DatabaseView> for Database {
    fn from(view: DatabaseView) -> Self {
        let DatabaseView { name, server, health, groups, devices, is_full } = view;
        let (name, ready) = (name.to_string(), health == Health::Ready && !is_full);
        Self { name, server, ready, groups, devices }
    }
}

/// The place of a group.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupPlace {
    /// The name of the group.
    group: String,
    /// The name of the database in which it lies.
    database: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct GroupPlaceList {
    /// The databases, the home database first; none where the server has one alone, or a folder.
    databases: Vec<Database>,
    /// The groups of which something was written, or that were placed.
    groups: Vec<GroupPlace>,
    #[serde(flatten)]
    end: PageEnd,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = GroupPlaceRequest)]
pub(super) struct Wanted {
    /// The name of the database in which the group is to lie.
    database: String,
}

/// A server with one database, or a folder, has no places.
#[utoipa::path(
    get,
    path = "/v1/groups/places",
    operation_id = "listGroupPlaces",
    tag = "operation",
    summary = "List the databases, and the groups that lie in each",
    params(Listing),
    responses(
        (status = 200, description = "The databases and the places of groups.", body = GroupPlaceList),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn list(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<GroupPlaceList>, Problem> {
    let (mut databases, mut places) = (Vec::new(), Vec::new());
    if let Some(placed) = placed(&service) {
        places = placed.groups().await.map_err(RegistryError::from)?;
        databases = placed.view().into_iter().map(Database::from).collect();
    }
    let from = after.clone();
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let of_group = |(group, database): (String, DatabaseName)| GroupPlace {
        group,
        database: database.to_string(),
    };
    let later =
        places.into_iter().filter(|(group, _)| from.as_ref().is_none_or(|from| group > from));
    let (groups, end) = paging::page(later.map(of_group), window, |place| place.group.clone());
    Ok(Json(GroupPlaceList { databases, groups, end }))
}

/// A group of which anything was written stays where it lies. Placing it there once more changes nothing.
#[utoipa::path(
    put,
    path = "/v1/groups/{group}/place",
    operation_id = "placeGroup",
    tag = "operation",
    summary = "Say in which database a new group is to lie",
    request_body = Wanted,
    responses(
        (status = 200, description = "The place of the group.", body = GroupPlace),
        (status = 404, description = "unknown-database"),
        (status = 409, description = "group-placed"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn put(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
    JsonBody(Wanted { database }): JsonBody<Wanted>,
) -> Result<Json<GroupPlace>, Problem> {
    let group: GroupId = path_part("group", &group)?;
    let placed = placed(&service).cloned().ok_or_else(|| {
        unknown_database(
            "the settings name no further database, so all groups lie in one place".to_owned(),
        )
    })?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let wanted = named(&placed, &database)?;
        if let Some(shown) = where_it_lies(&placed, &group, &wanted).await? {
            return Ok(Json(shown));
        }
        let batch = placed.placing(group.as_str(), &wanted).map_err(RegistryError::from)?;
        let line = AuditEntry::of_act("group-place", &group).with(json!({ "database": database }));
        match author.commit(batch, line).await {
            Ok(()) => {}
            // Something of the group was written meanwhile, which has given it a place.
            Err(RegistryError::Store(StoreError::Conflict { table, .. }))
                if table == tables::GROUP_PLACES.as_str() => {}
            Err(error) => return Err(error.into()),
        }
        let shown = where_it_lies(&placed, &group, &wanted).await?;
        shown.map(Json).ok_or_else(|| Problem::internal(&"the place of a group is gone"))
    })
    .await
}

/// The store of several databases, where there are several.
fn placed(service: &Service) -> Option<&PlacedStore> {
    service.database.as_ref()?.placed()
}

/// The database of a name.
fn named(placed: &PlacedStore, name: &str) -> Result<DatabaseName, Problem> {
    let found = placed.databases().find(|(known, _)| known.as_str() == name);
    found.map(|(known, _)| known.clone()).ok_or_else(|| {
        let known: Vec<&str> = placed.databases().map(|(known, _)| known.as_str()).collect();
        unknown_database(format!("there is no database {name:?}: there are {}", known.join(", ")))
    })
}

/// The place of a group that lies where it is wanted, and none of one of which nothing was written yet.
async fn where_it_lies(
    placed: &PlacedStore,
    group: &GroupId,
    wanted: &DatabaseName,
) -> Result<Option<GroupPlace>, Problem> {
    let held = placed.place_of_group(group.as_str()).await.map_err(RegistryError::from)?;
    let Some(held) = held else { return Ok(None) };
    if held != wanted {
        let detail = format!(
            "the group {group} lies in the database {held} already, and stays there: a group is placed before \
             anything is written of it, such as its first device. To relieve {held}, place new groups elsewhere"
        );
        return Err(Problem::conflict("group-placed", detail).with("database", held.as_str()));
    }
    Ok(Some(GroupPlace { group: group.to_string(), database: held.to_string() }))
}

fn unknown_database(detail: String) -> Problem {
    Problem::not_found("unknown-database", detail)
}
