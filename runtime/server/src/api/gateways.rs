//! Gateways: when each was last heard, by which rhythm, and what fails if it fails.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_service::gateways::{Gateway, GatewayEvent, GatewayState};
use champollion_store::TableError;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Authorized, ReadMetrics},
    extract::{Parameters, PathParts},
    paging::{self, PageEnd, TableListing, Window},
    tables::{Rows, Shape, or_empty},
};
use crate::{auth::Principal, quality::OnlyGateways, service::Service};

/// The headings of the table.
const HEADINGS: [&str; 9] = [
    "id",
    "firstHeardAt",
    "lastHeardAt",
    "lastStatusAt",
    "framesAnHour",
    "usualGapMinutes",
    "silentSince",
    "onlyHere",
    "state",
];

/// Most objects that are listed of one gateway.
const OBJECTS: usize = 10_000;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct GatewayList {
    /// The gateways, in the order of their names.
    gateways: Vec<ShownGateway>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A gateway as frames and status messages show it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Gateway)]
pub(super) struct ShownGateway {
    /// The name that network servers have for it, usually its EUI.
    id: String,
    /// Whether it is heard or silent, by its own rhythm; that is not known before eight gaps are.
    #[schema(inline)]
    state: GatewayState,
    /// When it was heard for the first time.
    first_heard_at: Timestamp,
    /// When it was heard last, by a frame or a status message.
    last_heard_at: Timestamp,
    /// When its last status message came.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status_at: Option<Timestamp>,
    /// Frames an hour over the last 24 hours, on the average.
    frames_an_hour: f64,
    /// The median of the minutes between two in which it is heard; absent until it is known well enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    usual_gap_minutes: Option<i64>,
    /// Since when it is silent, for three times its usual gap; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_since: Option<Timestamp>,
    /// The number of objects that it alone has heard over 7 days, as it was a minute ago at most.
    only_here: usize,
}

/// A gateway with what fails if it fails.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewayDetails {
    #[serde(flatten)]
    gateway: ShownGateway,
    /// The last turns, from heard to silent and back, the oldest first.
    events: Vec<GatewayEvent>,
    /// The objects that it alone has heard over 7 days, at most 10000.
    objects: Vec<ObjectOfGateway>,
}

/// An object that one gateway alone has heard.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ObjectOfGateway {
    dev_eui: DevEui,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    /// Its group; absent where it is registered no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
}

#[utoipa::path(
    get,
    path = "/v1/gateways",
    operation_id = "listGateways",
    tag = "quality",
    summary = "List the gateways, as frames and status messages show them",
    params(TableListing),
    responses(
        (
            status = 200,
            description = "The gateways. With the Accept header they are a table of CSV or a workbook, without pages.",
            body = GatewayList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<ReadMetrics>,
    State(service): State<Arc<Service>>,
    Parameters(TableListing { after, limit, layout }): Parameters<TableListing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shape = Shape::of((&headers, layout), &service, &authorized.principal)?;
    let known = service.quality.gateways().list(after.as_deref());
    if let Shape::Table(table) = shape {
        let rows = async move {
            let objects = service.quality.only_gateways().await.map_err(unreadable)?;
            let shown = known.into_iter().map(|(id, gateway)| shown(id, &gateway, &objects));
            Rows::gather(shown.map(|gateway| row(&gateway)))
        };
        return table.answer("Gateways", &HEADINGS, rows).await;
    }
    let objects = objects(&service, &authorized.principal).await?;
    let shown = known.into_iter().map(|(id, gateway)| shown(id, &gateway, &objects));
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (gateways, end) = paging::page(shown, window, |gateway| gateway.id.clone());
    Ok(Json(GatewayList { gateways, end }).into_response())
}

fn row(gateway: &ShownGateway) -> Vec<String> {
    vec![
        gateway.id.clone(),
        gateway.first_heard_at.to_string(),
        gateway.last_heard_at.to_string(),
        or_empty(gateway.last_status_at),
        format!("{:.2}", gateway.frames_an_hour),
        or_empty(gateway.usual_gap_minutes),
        or_empty(gateway.silent_since),
        gateway.only_here.to_string(),
        gateway.state.as_str().to_owned(),
    ]
}

#[utoipa::path(
    get,
    path = "/v1/gateways/{id}",
    operation_id = "getGateway",
    tag = "quality",
    summary = "Get a gateway with the objects that it alone hears",
    responses(
        (status = 200, description = "The gateway.", body = GatewayDetails),
        (status = 404, description = "unknown-gateway"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadMetrics>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<GatewayDetails>, Problem> {
    let Some(gateway) = service.quality.gateways().get(&id) else {
        let detail = format!("no gateway {id:?} was heard: `champollion gateways` lists them");
        return Err(Problem::not_found("unknown-gateway", detail));
    };
    let objects = objects(&service, &authorized.principal).await?;
    let own = objects.get(&id).into_iter().flatten().take(OBJECTS);
    let own = own.map(|dev_eui| object(&service, *dev_eui)).collect();
    let events = gateway.events.clone();
    Ok(Json(GatewayDetails { gateway: shown(id, &gateway, &objects), events, objects: own }))
}

/// The objects by the gateway that alone hears them: as they are known, or found out on a thread of expensive requests.
async fn objects(
    service: &Arc<Service>,
    principal: &Principal,
) -> Result<Arc<OnlyGateways>, Problem> {
    if let Some(known) = service.quality.known_only_gateways() {
        return Ok(known);
    }
    let turn = service.expensive_turn(principal, None)?;
    let own = Arc::clone(service);
    let found = turn.see_through(async move { own.quality.only_gateways().await });
    found.await?.map_err(unreadable)
}

fn unreadable(error: TableError) -> Problem {
    Problem::internal(&error)
}

fn shown(id: String, gateway: &Gateway, objects: &OnlyGateways) -> ShownGateway {
    ShownGateway {
        state: gateway.state(),
        first_heard_at: gateway.first_heard_at,
        last_heard_at: gateway.last_heard_at,
        last_status_at: gateway.last_status_at,
        frames_an_hour: gateway.frames_an_hour(Timestamp::now()),
        usual_gap_minutes: gateway.rhythm.median(),
        silent_since: gateway.silent_since,
        only_here: objects.get(&id).map_or(0, Vec::len),
        id,
    }
}

fn object(service: &Service, dev_eui: DevEui) -> ObjectOfGateway {
    let device = service.devices.get(dev_eui);
    let name = device.as_ref().map(|device| device.name.as_str().to_owned()).unwrap_or_default();
    ObjectOfGateway { dev_eui, name, group: device.map(|device| device.group.clone()) }
}
