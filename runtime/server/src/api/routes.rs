//! Routes: a partner says which of its records go to whom.

use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{
    destinations::Secret,
    dispatch::{Attempt, Beginning, Sample, ShownRoute},
    names::{GroupId, RouteKey},
    routes::Route,
};
use champollion_registry::ledger::without_queries;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Authorized, ManageRoutes, ReadRoutes},
    bodiless::NoBody,
    extract::{OfGroup, Parameters, PathParts, SecretBody, parameter, path_part, to_the_end},
    paging::{self, PageEnd, Window},
    route_change::RouteChange,
};
use crate::{
    quotas::{Pace, Quota, QuotaExceeded},
    service::Service,
};

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
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most attempts of an answer, 1 to 1000; 50 where it is left out.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RouteList {
    routes: Vec<ShownRoute>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A route that was made or changed.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeRoute)]
pub(super) struct Made {
    #[serde(flatten)]
    pub(super) route: ShownRoute,
    /// The signing secret of its requests, where it was made here. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signing_secret: Option<Secret>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Attempts {
    attempts: Vec<Attempt>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A partner sees those of its group, an admin all, or those of the group that it names.
#[utoipa::path(
    get,
    path = "/v1/routes",
    operation_id = "listRoutes",
    tag = "routes",
    summary = "List the routes on which records leave",
    params(OfRoute),
    responses((status = 200, description = "The routes, without their secrets.", body = RouteList)),
)]
pub(super) async fn list(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(OfRoute { group, after, limit }): Parameters<OfRoute>,
) -> Result<Json<RouteList>, Problem> {
    let groups = authorized.reach.groups(group)?;
    let from = after.as_deref().map(|key| parameter("after", key)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let lookups = window.lookups();
    let routes = service.dispatcher.list(groups.as_ref(), from.as_ref(), lookups).await?;
    let place = |route: &ShownRoute| {
        let (group, name) = (route.group.clone(), route.name.clone());
        RouteKey { group, name }.to_string()
    };
    let (routes, end) = paging::page(routes, window, place);
    Ok(Json(RouteList { routes, end }))
}

#[utoipa::path(
    get,
    path = "/v1/routes/{name}",
    operation_id = "getRoute",
    tag = "routes",
    summary = "Get a route and its state",
    params(OfGroup),
    responses(
        (status = 200, description = "The route, without its secrets.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadRoutes>,
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
    summary = "Make a route, or replace its definition; signing secrets stay where none are said",
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
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn put(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(Put { group, from }): Parameters<Put>,
    SecretBody(route): SecretBody<Route>,
) -> Result<Json<Made>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_change(&service, &key.group)?;
    let beginning = match from {
        Some(From_::Oldest) => Beginning::Oldest,
        Some(From_::Now) | None => Beginning::Now,
    };
    let change = RouteChange::new(&authorized.principal, "route-put", &key)
        .with(json!(route.clone().hidden()));
    to_the_end(async move {
        let change = change.of(&service.registry);
        let put = service.dispatcher.put(&key, route, beginning, change.change()).await;
        let signing_secret = put.map_err(|error| change.problem(error))?;
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
    params(OfGroup),
    responses(
        (status = 204, description = "It is done."),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn remove(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<StatusCode, Problem> {
    let key = key(&authorized, group, &name)?;
    let change = RouteChange::new(&authorized.principal, "route-remove", &key).essential();
    to_the_end(async move {
        let change = change.of(&service.registry);
        let removed = service.dispatcher.remove(&key, change.change()).await;
        removed.map_err(|error| change.problem(error))?;
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
    params(OfGroup),
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn pause(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    NoBody: NoBody,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, true).await
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/resume",
    operation_id = "resumeRoute",
    tag = "routes",
    summary = "Resume a route that is paused or stopped",
    params(OfGroup),
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn resume(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    NoBody: NoBody,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, false).await
}

async fn set_paused(
    authorized: &Authorized<ManageRoutes>,
    service: Arc<Service>,
    group: Option<GroupId>,
    name: &str,
    paused: bool,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(authorized, group, name)?;
    may_change(&service, &key.group)?;
    let what = if paused { "route-pause" } else { "route-resume" };
    // Pausing ends something; resuming is refused before where the audit is full.
    let change = RouteChange::new(&authorized.principal, what, &key).essential();
    to_the_end(async move {
        let change = change.of(&service.registry);
        let set = service.dispatcher.pause(&key, paused, change.change()).await;
        set.map_err(|error| change.problem(error))?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// The record to try it with: `latest`, the latest of the group that the route takes, or the id of one. One
    /// that is nobody's where it is left out.
    record: Option<String>,
}

/// Tries a route. What comes of it is the answer, whether it worked or not.
#[utoipa::path(
    post,
    path = "/v1/routes/{name}/test",
    operation_id = "testRoute",
    tag = "routes",
    summary = "Try a route with a record that says that it is a test",
    params(Tried),
    responses(
        (
            status = 200,
            description = "What came of it, whether it worked or not.",
            body = Attempt,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route, no-such-record"),
        (status = 409, description = "wrong-kind-of-route"),
        (status = 429, description = "quota-exceeded"),
    ),
)]
pub(super) async fn test(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(Tried { group, record }): Parameters<Tried>,
    NoBody: NoBody,
) -> Result<Json<Attempt>, Problem> {
    let key = key(&authorized, group, &name)?;
    // Each try is a request to an address that the partner names.
    let limit = service.config.quotas.of(&key.group).route_tests_per_minute;
    keep_pace(&service.route_tests, &key.group, Quota::RouteTestsPerMinute, limit)?;
    let sample = match record.as_deref() {
        None => Sample::Specimen,
        Some("latest") => Sample::Latest,
        Some(id) => Sample::Record(id.to_owned()),
    };
    Ok(Json(without_query(service.dispatcher.test(&key, &sample).await?)))
}

/// Whether a group may change a route now: each change takes a line of the audit.
pub(super) fn may_change(service: &Service, group: &GroupId) -> Result<(), Problem> {
    let limit = service.config.quotas.of(group).route_changes_per_minute;
    keep_pace(&service.route_changes, group, Quota::RouteChangesPerMinute, limit)
}

/// Takes a step of a pace, or tells when the group may take the next one.
fn keep_pace(pace: &Pace, group: &GroupId, quota: Quota, limit: usize) -> Result<(), Problem> {
    let wait = match pace.step(group, limit, Instant::now()) {
        Ok(()) => return Ok(()),
        Err(wait) => wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
    };
    let exceeded = QuotaExceeded { group: group.clone(), quota, used: limit, wanted: 1, limit };
    Err(Problem::beyond_pace(&exceeded, wait))
}

#[utoipa::path(
    get,
    path = "/v1/routes/{name}/attempts",
    operation_id = "listAttempts",
    tag = "routes",
    summary = "List the latest attempts of a route",
    params(OfRoute),
    responses(
        (status = 200, description = "The attempts, the latest first.", body = Attempts),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
    ),
)]
pub(super) async fn attempts(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfRoute { group, after, limit }): Parameters<OfRoute>,
) -> Result<Json<Attempts>, Problem> {
    let key = key(&authorized, group, &name)?;
    let before = after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let window = Window::of(after, limit, ATTEMPTS, service.config.http.page_bytes);
    let attempts = service.dispatcher.attempts(&key, before.as_ref(), window.lookups())?;
    let place = |attempt: &Attempt| attempt.place().to_string();
    let shown = attempts.into_iter().map(without_query);
    let (attempts, end) = paging::page(shown, window, place);
    Ok(Json(Attempts { attempts, end }))
}

/// An attempt whose message shows no query of an address: libraries and recipients repeat it.
fn without_query(attempt: Attempt) -> Attempt {
    Attempt { message: without_queries(&attempt.message).into_owned(), ..attempt }
}

pub(super) fn key<D>(
    authorized: &Authorized<D>,
    group: Option<GroupId>,
    name: &str,
) -> Result<RouteKey, Problem> {
    let group = authorized.reach.group(group)?;
    Ok(RouteKey { group, name: path_part("route", name)? })
}
