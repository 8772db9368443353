//! Routes: a partner says which of its records go to whom.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{
    destinations::Secret,
    dispatch::{Attempt, Beginning, ShownRoute},
    names::{GroupId, RouteKey},
    routes::Route,
};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::{JsonBody, OfGroup, Parameters, PathParts, path_part, to_the_end},
    route_change::{RouteChange, details},
};
use crate::service::Service;

/// Attempts of one answer where the client does not say how many, and the most.
const ATTEMPTS: (usize, usize) = (50, 1_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    group: Option<GroupId>,
    /// Where a new route begins: `now`, or with the oldest record that is kept.
    from: Option<From_>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum From_ {
    Now,
    Oldest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRoute {
    group: Option<GroupId>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct RouteList {
    routes: Vec<ShownRoute>,
}

/// A route that was made or changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    #[serde(flatten)]
    route: ShownRoute,
    /// The signing secret of its requests, where it was made here. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<Secret>,
}

#[derive(Serialize)]
pub(super) struct Attempts {
    attempts: Vec<Attempt>,
}

/// A partner sees those of its group, an admin all, or those of the group that it names.
pub(super) async fn list(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<RouteList>, Problem> {
    let group = authorized.principal.groups(group)?;
    Ok(Json(RouteList { routes: service.dispatcher.list(group.as_ref()).await? }))
}

pub(super) async fn show(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(&authorized, group, &name)?;
    Ok(Json(service.dispatcher.show(&key).await?))
}

pub(super) async fn put(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(Put { group, from }): Parameters<Put>,
    JsonBody(route): JsonBody<Route>,
) -> Result<Json<Made>, Problem> {
    let key = key(&authorized, group, &name)?;
    let beginning = match from {
        Some(From_::Oldest) => Beginning::Oldest,
        Some(From_::Now) | None => Beginning::Now,
    };
    let change = RouteChange::new(&authorized.principal, "route-put", &key).with(details(&route));
    to_the_end(async move {
        let change = change.of(&service.registry);
        let signing_secret =
            service.dispatcher.put(&key, route, beginning, change.change()).await?;
        Ok(Json(Made { route: service.dispatcher.show(&key).await?, signing_secret }))
    })
    .await
}

pub(super) async fn remove(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<StatusCode, Problem> {
    let key = key(&authorized, group, &name)?;
    let change = RouteChange::new(&authorized.principal, "route-remove", &key);
    to_the_end(async move {
        let change = change.of(&service.registry);
        service.dispatcher.remove(&key, change.change()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

pub(super) async fn pause(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, true).await
}

pub(super) async fn resume(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, false).await
}

async fn set_paused(
    authorized: &Authorized<Collect>,
    service: Arc<Service>,
    group: Option<GroupId>,
    name: &str,
    paused: bool,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(authorized, group, name)?;
    let what = if paused { "route-pause" } else { "route-resume" };
    let change = RouteChange::new(&authorized.principal, what, &key);
    to_the_end(async move {
        let change = change.of(&service.registry);
        service.dispatcher.pause(&key, paused, change.change()).await?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

/// Tries a route. What comes of it is the answer, whether it worked or not.
pub(super) async fn test(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<Attempt>, Problem> {
    let key = key(&authorized, group, &name)?;
    Ok(Json(service.dispatcher.test(&key).await?))
}

pub(super) async fn attempts(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfRoute { group, limit }): Parameters<OfRoute>,
) -> Result<Json<Attempts>, Problem> {
    let key = key(&authorized, group, &name)?;
    let (usual, most) = ATTEMPTS;
    let limit = limit.unwrap_or(usual).clamp(1, most);
    Ok(Json(Attempts { attempts: service.dispatcher.attempts(&key, limit)? }))
}

fn key(
    authorized: &Authorized<Collect>,
    group: Option<GroupId>,
    name: &str,
) -> Result<RouteKey, Problem> {
    let group = authorized.principal.group(group)?;
    Ok(RouteKey { group, name: path_part("route", name)? })
}
