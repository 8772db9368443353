//! Routes: a partner says which of its records go to whom.

use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{
    destinations::Secret,
    dispatch::{Attempt, Beginning, ShownRoute},
    names::{GroupId, RouteKey},
    routes::Route,
};
use champollion_registry::ledger::{AuditEntry, without_queries};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Authorized, ManageRoutes},
    extract::{OfGroup, Parameters, PathParts, SecretBody, parameter, path_part, to_the_end},
    paging::{self, PageEnd, Window},
};
use crate::{
    quotas::{Quota, QuotaExceeded},
    service::Service,
};

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
    /// Where the page before ended: its `next`.
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct RouteList {
    routes: Vec<ShownRoute>,
    #[serde(flatten)]
    end: PageEnd,
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
    #[serde(flatten)]
    end: PageEnd,
}

/// A partner sees those of its group, an admin all, or those of the group that it names.
pub(super) async fn list(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(OfRoute { group, after, limit }): Parameters<OfRoute>,
) -> Result<Json<RouteList>, Problem> {
    let group = authorized.principal.groups(group)?;
    let from = after.as_deref().map(|key| parameter("after", key)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let lookups = window.lookups();
    let routes = service.dispatcher.list(group.as_ref(), from.as_ref(), lookups).await?;
    let place = |route: &ShownRoute| {
        let (group, name) = (route.group.clone(), route.name.clone());
        RouteKey { group, name }.to_string()
    };
    let (routes, end) = paging::page(routes, window, place);
    Ok(Json(RouteList { routes, end }))
}

pub(super) async fn show(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(&authorized, group, &name)?;
    Ok(Json(service.dispatcher.show(&key).await?))
}

pub(super) async fn put(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(Put { group, from }): Parameters<Put>,
    SecretBody(route): SecretBody<Route>,
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

pub(super) async fn remove(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<StatusCode, Problem> {
    let key = key(&authorized, group, &name)?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "route-remove", &key).essential();
    to_the_end(async move {
        service.dispatcher.remove(&key).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

pub(super) async fn pause(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRoute>, Problem> {
    set_paused(&authorized, service, group, &name, true).await
}

pub(super) async fn resume(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
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
    let what = if paused { "route-pause" } else { "route-resume" };
    // Pausing ends something; resuming is refused before where the audit is full.
    let entry = AuditEntry::new(&authorized.principal.actor(), what, &key).essential();
    to_the_end(async move {
        service.dispatcher.pause(&key, paused).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

/// Tries a route. What comes of it is the answer, whether it worked or not.
pub(super) async fn test(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<Attempt>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_test(&service, &key.group)?;
    Ok(Json(without_query(service.dispatcher.test(&key).await?)))
}

/// Whether a group may try a route now: each try is a request to whoever the partner names.
fn may_test(service: &Service, group: &GroupId) -> Result<(), Problem> {
    let limit = service.config.quotas.of(group).route_tests_per_minute;
    let wait = match service.route_tests.step(group, limit, Instant::now()) {
        Ok(()) => return Ok(()),
        Err(wait) => wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
    };
    let (group, quota) = (group.clone(), Quota::RouteTestsPerMinute);
    let exceeded = QuotaExceeded { group, quota, used: limit, wanted: 1, limit };
    Err(Problem::too_many_tests(&exceeded, wait))
}

pub(super) async fn attempts(
    authorized: Authorized<ManageRoutes>,
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

fn key(
    authorized: &Authorized<ManageRoutes>,
    group: Option<GroupId>,
    name: &str,
) -> Result<RouteKey, Problem> {
    let group = authorized.principal.group(group)?;
    Ok(RouteKey { group, name: path_part("route", name)? })
}
