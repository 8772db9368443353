//! Points: the places of devices, and meters that take the place of others.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::names::GroupId;
use champollion_fleet::points::{IndexReading, PointId};
use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Inspect, ProvisionOwn},
    devices::author_of_own,
    extract::{JsonBody, OfGroup, Parameters, PathParts, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{devices::PlacedPoint, service::Service};

/// The list of points.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PointList {
    points: Vec<PlacedPoint>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    get,
    path = "/v1/points",
    operation_id = "listPoints",
    tag = "devices",
    summary = "List the points that the token may see",
    params(Listing),
    responses((status = 200, description = "The points, by group and name.", body = PointList)),
)]
pub(super) async fn list(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<PointList>, Problem> {
    let from = after.as_deref().map(place).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let sees = |group: &GroupId| authorized.reach.sees(group);
    let points = service.devices.points(sees, from, window.lookups());
    let place = |point: &PlacedPoint| format!("{}/{}", point.group, point.point);
    let (points, end) = paging::page(points, window, place);
    Ok(Json(PointList { points, end }))
}

/// The place in the list that a page ended at.
fn place(text: &str) -> Result<(GroupId, PointId), Problem> {
    let parts = text.split_once('/');
    let read = parts.and_then(|(group, point)| Some((group.parse().ok()?, point.parse().ok()?)));
    read.ok_or_else(|| {
        Problem::bad_request("invalid-query", format!("after={text} is not where a page ended"))
    })
}

/// A point of another partner is as unknown as one that nobody has.
#[utoipa::path(
    get,
    path = "/v1/points/{point}",
    operation_id = "getPoint",
    tag = "devices",
    summary = "Get a point with the devices that are and were on it",
    params(OfGroup),
    responses(
        (status = 200, description = "The point.", body = PlacedPoint),
        (status = 400, description = "group-missing"),
        (status = 404, description = "unknown-point"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(point): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<PlacedPoint>, Problem> {
    let point: PointId = path_part("point", &point)?;
    let group = authorized.reach.group(group)?;
    let found = service.devices.point(&group, &point);
    found.map(Json).ok_or_else(|| {
        Problem::not_found("unknown-point", format!("the group {group} has no point {point}"))
    })
}

/// The body of a request that puts a device on a point.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PointRequest {
    /// The point of the device's group; it is made where there is none.
    point: PointId,
    /// The first moment of the device there; from the beginning where it is left out.
    #[serde(default)]
    from: Option<Timestamp>,
}

#[utoipa::path(
    put,
    path = "/v1/devices/{dev_eui}/point",
    operation_id = "putOnPoint",
    tag = "devices",
    summary = "Put a device on a point",
    request_body = PointRequest,
    responses(
        (status = 200, description = "The point with its devices.", body = PlacedPoint),
        (status = 404, description = "unknown-device"),
        (status = 409, description = "impossible-link"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn put(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(PointRequest { point, from }): JsonBody<PointRequest>,
) -> Result<Json<PlacedPoint>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let author = author_of_own(&authorized, &service, vec![dev_eui])?;
    let placed = to_the_end(async move {
        Ok(service.devices.put_on_point(dev_eui, point, from, &author).await?)
    });
    Ok(Json(placed.await?))
}

/// The device is its own point from now on.
#[utoipa::path(
    delete,
    path = "/v1/devices/{dev_eui}/point",
    operation_id = "takeFromPoint",
    tag = "devices",
    summary = "Take a device from its point",
    responses(
        (status = 200, description = "The point with the devices that are and were on it.", body = PlacedPoint),
        (status = 404, description = "unknown-device"),
        (status = 409, description = "impossible-link"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn take(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<Json<PlacedPoint>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let author = author_of_own(&authorized, &service, vec![dev_eui])?;
    let left = to_the_end(async move {
        Ok(service.devices.take_from_point(dev_eui, Timestamp::now(), &author).await?)
    });
    Ok(Json(left.await?))
}

/// The body of a request that has a device take the place of another one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReplacementRequest {
    /// The device that takes the place.
    by: DevEui,
    /// The moment of the exchange; now where it is left out.
    #[serde(default)]
    at: Option<Timestamp>,
    /// The indexes of both devices at that moment, so that the series of the point goes on.
    #[serde(default)]
    indexes: Vec<IndexReading>,
}

#[utoipa::path(
    post,
    path = "/v1/devices/{dev_eui}/replacement",
    operation_id = "replaceDevice",
    tag = "devices",
    summary = "Have a device take the place of another one on its point",
    request_body = ReplacementRequest,
    responses(
        (status = 200, description = "The point with its devices.", body = PlacedPoint),
        (status = 404, description = "unknown-device"),
        (status = 409, description = "impossible-link"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn replace(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(ReplacementRequest { by, at, indexes }): JsonBody<ReplacementRequest>,
) -> Result<Json<PlacedPoint>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let author = author_of_own(&authorized, &service, vec![dev_eui, by])?;
    let at = at.unwrap_or_else(Timestamp::now);
    let replaced = to_the_end(async move {
        Ok(service.devices.replace(dev_eui, by, at, &indexes, &author).await?)
    });
    Ok(Json(replaced.await?))
}
