//! The availability of the taking of frames, and of each route.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::{
    formats::Layout,
    names::{GroupId, RouteName},
};
use champollion_service::quality::{AvailableDay, INGEST, Stretch};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::scope::{scope, stretch, unreadable};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Collect},
        extract::Parameters,
        tables::{Rows, TableForm, TableShape},
    },
    quality::{Scope, availability::name_of_route},
    service::Service,
};

/// The headings of the table.
const HEADINGS: [&str; 6] = ["of", "group", "route", "minutes", "available", "share"];

/// Most routes of an answer.
const ROUTES: usize = 10_000;

/// The days that are asked about.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AvailabilityQuery {
    /// The group whose routes are meant; all within reach where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// The first day, `2026-11-01`; 29 days before the last where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// The availability of the server and of routes.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Availability {
    /// The taking of frames.
    ingest: IngestAvailability,
    /// The routes, in the order of their groups and names.
    routes: Vec<RouteAvailability>,
}

/// The availability of the taking of frames.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct IngestAvailability {
    /// Minutes of the days that are counted. A day has 1,440 minutes, and twice a year an hour more or less.
    minutes: u64,
    /// Minutes in which the server was up and ready to take frames.
    up: u64,
    /// The share of the minutes in which it was, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
}

/// The availability of a route.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct RouteAvailability {
    group: GroupId,
    route: RouteName,
    /// Minutes in which the route was to deliver, and the server was up.
    minutes: u64,
    /// Minutes in which its recipient did not fail.
    well: u64,
    /// The share of the minutes in which it did not, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
}

/// A partner sees the routes of its groups, an admin all. The first day counts from the first minute in
/// which the server was there; later days count whole.
#[utoipa::path(
    get,
    path = "/v1/quality/availability",
    operation_id = "getAvailability",
    tag = "quality",
    summary = "Get the availability of the server and of routes",
    params(AvailabilityQuery),
    responses(
        (
            status = 200,
            description = "The availability. With the Accept header it is a table of CSV or a workbook.",
            body = Availability,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn availability(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(AvailabilityQuery { group, from, to, layout }): Parameters<AvailabilityQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = TableForm::of(&headers, layout)?;
    let stretch = stretch(&service, from, to)?;
    let scope = scope(&authorized.reach, group, None, None)?;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    let counted = async move { count(&service, &scope, stretch).await };
    if let Some(form) = form {
        let rows = async move { Rows::gather(rows(&counted.await?)) };
        return TableShape::new(form, turn).answer("Availability", &HEADINGS, rows).await;
    }
    Ok(Json(turn.see_through(counted).await??).into_response())
}

/// Counts the minutes of the server and of each route of some days.
async fn count(
    service: &Service,
    scope: &Scope,
    stretch: Stretch,
) -> Result<Availability, Problem> {
    let book = service.quality.availability();
    let days = (stretch.first, stretch.last);
    let ingest = of_ingest(service, stretch, &book.of(INGEST, days).await.map_err(unreadable)?);
    let mut routes = Vec::new();
    // Routes are of whole groups: who has parts of one sees none.
    if scope.sub_groups.is_empty() {
        for shown in service.dispatcher.list(scope.groups.as_ref(), None, ROUTES).await? {
            let name = name_of_route(&shown.group, &shown.name);
            let rows = book.of(&name, days).await.map_err(unreadable)?;
            routes.push(of_route(shown.group, shown.name, &rows));
            yield_now().await;
        }
    }
    Ok(Availability { ingest, routes })
}

/// The rows of the table: the taking of frames, then each route.
fn rows(Availability { ingest, routes }: &Availability) -> Vec<Vec<String>> {
    let row =
        |of: &str, [group, route]: [String; 2], (all, good, share): (u64, u64, Option<f64>)| {
            let share = share.map(|share| format!("{share:.4}")).unwrap_or_default();
            vec![of.to_owned(), group, route, all.to_string(), good.to_string(), share]
        };
    let none = [String::new(), String::new()];
    let first = row("ingest", none, (ingest.minutes, ingest.up, ingest.share));
    let others = routes.iter().map(|of| {
        let names = [of.group.to_string(), of.route.to_string()];
        row("route", names, (of.minutes, of.well, of.share))
    });
    std::iter::once(first).chain(others).collect()
}

/// The minutes of the server. Days without a row are days on which it was not up, from the first one that has one.
fn of_ingest(
    service: &Service,
    stretch: Stretch,
    rows: &BTreeMap<Date, AvailableDay>,
) -> IngestAvailability {
    let (now, book) = (Timestamp::now(), service.quality.availability());
    let first = service.quality.books().calendar().since;
    let days = std::iter::successors(Some(first.max(stretch.first)), |day| day.tomorrow().ok());
    let days = days.take_while(|day| *day <= stretch.last);
    let passed = days.map(|day| match rows.get(&day) {
        Some(row) if day == first => u64::from(book.minutes_of_first(day, row, now)),
        _ => u64::from(book.minutes(day, now)),
    });
    let up = rows.values().map(|row| u64::from(row.well)).sum::<u64>();
    let minutes = passed.sum::<u64>().max(up);
    IngestAvailability { minutes, up, share: share(up, minutes) }
}

fn of_route(
    group: GroupId,
    route: RouteName,
    rows: &BTreeMap<Date, AvailableDay>,
) -> RouteAvailability {
    let minutes = rows.values().map(|row| u64::from(row.looked)).sum();
    let well = rows.values().map(|row| u64::from(row.well)).sum();
    RouteAvailability { group, route, minutes, well, share: share(well, minutes) }
}

fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
