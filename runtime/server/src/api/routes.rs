//! Routes: a partner says which of its records go to whom.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{
    destinations::Secret,
    dispatch::{Attempt, Beginning, ShownRoute},
    names::{GroupId, RouteKey},
    routes::Route,
};
use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::{JsonBody, OfGroup, Parameters, PathParts, path_part, to_the_end},
};
use crate::service::Service;

/// Attempts of one answer where the client does not say how many, and the most.
const ATTEMPTS: (usize, usize) = (50, 1_000);

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// Where a new route begins: `now`, or with the oldest record that is kept.
    #[param(inline)]
    from: Option<From_>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
enum From_ {
    Now,
    Oldest,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRoute {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// The most attempts of an answer, 1 to 1000; 50 where it is left out.
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RouteList {
    routes: Vec<ShownRoute>,
}

/// A route that was made or changed.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeRoute)]
pub(super) struct Made {
    #[serde(flatten)]
    route: ShownRoute,
    /// The signing secret of its requests, where it was made here. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<Secret>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Attempts {
    attempts: Vec<Attempt>,
}

/// A partner sees those of its group, an admin all, or those of the group that it names.
#[utoipa::path(
    get,
    path = "/v1/routes",
    operation_id = "listRoutes",
    tag = "routes",
    summary = "List the routes on which records leave",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses((status = 200, description = "The routes, without their secrets.", body = RouteList)),
)]
pub(super) async fn list(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<RouteList>, Problem> {
    let group = authorized.principal.groups(group)?;
    Ok(Json(RouteList { routes: service.dispatcher.list(group.as_ref()).await? }))
}

#[utoipa::path(
    get,
    path = "/v1/routes/{name}",
    operation_id = "getRoute",
    tag = "routes",
    summary = "Get a route and its state",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses(
        (status = 200, description = "The route, without its secrets.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(&authorized, group, &name)?;
    Ok(Json(service.dispatcher.show(&key).await?))
}

#[utoipa::path(
    put,
    path = "/v1/routes/{name}",
    operation_id = "putRoute",
    tag = "routes",
    summary = "Make a route, or change it",
    security(("token" = ["admin", "partner"])),
    params(Put),
    request_body = Route,
    responses(
        (
            status = 200,
            description = "The route. A signing secret that was made here is shown once.",
            body = Made,
        ),
        (status = 400, description = "group-missing"),
        (status = 409, description = "too-many-routes, wrong-kind-of-route"),
        (status = 422, description = "invalid-route"),
        (status = 503, description = "not-kept"),
    ),
)]
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
    let entry = AuditEntry::new(&authorized.principal.actor(), "route-put", &key)
        .with(json!(route.clone().hidden()));
    to_the_end(async move {
        let signing_secret = service.dispatcher.put(&key, route, beginning).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(Json(Made { route: service.dispatcher.show(&key).await?, signing_secret }))
    })
    .await
}

#[utoipa::path(
    delete,
    path = "/v1/routes/{name}",
    operation_id = "removeRoute",
    tag = "routes",
    summary = "Remove a route; its records stay",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses(
        (status = 204, description = "It is done."),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn remove(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<StatusCode, Problem> {
    let key = key(&authorized, group, &name)?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "route-remove", &key);
    to_the_end(async move {
        service.dispatcher.remove(&key).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/pause",
    operation_id = "pauseRoute",
    tag = "routes",
    summary = "Pause a route: its records wait",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn pause(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, true).await
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/resume",
    operation_id = "resumeRoute",
    tag = "routes",
    summary = "Resume a route that is paused or stopped",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 503, description = "not-kept"),
    ),
)]
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
    let entry = AuditEntry::new(&authorized.principal.actor(), what, &key);
    to_the_end(async move {
        service.dispatcher.pause(&key, paused).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

/// Tries a route. What comes of it is the answer, whether it worked or not.
#[utoipa::path(
    post,
    path = "/v1/routes/{name}/test",
    operation_id = "testRoute",
    tag = "routes",
    summary = "Try a route with a record that is nobody's",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses(
        (
            status = 200,
            description = "What came of it, whether it worked or not.",
            body = Attempt,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "wrong-kind-of-route"),
    ),
)]
pub(super) async fn test(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<Attempt>, Problem> {
    let key = key(&authorized, group, &name)?;
    Ok(Json(service.dispatcher.test(&key).await?))
}

#[utoipa::path(
    get,
    path = "/v1/routes/{name}/attempts",
    operation_id = "listAttempts",
    tag = "routes",
    summary = "List the latest attempts of a route",
    security(("token" = ["admin", "partner"])),
    params(OfRoute),
    responses(
        (status = 200, description = "The attempts, the latest first.", body = Attempts),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
    ),
)]
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
