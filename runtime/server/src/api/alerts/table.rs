//! Alerts as a table of CSV, or a workbook.

use axum::response::Response;
use champollion_service::alerts::Alert;

use crate::api::{
    Problem,
    tables::{Rows, TableShape, or_empty},
};

/// The headings of the table.
const HEADINGS: [&str; 24] = [
    "id",
    "rule",
    "group",
    "subGroup",
    "useCase",
    "device",
    "route",
    "name",
    "point",
    "address",
    "quantity",
    "value",
    "limit",
    "since",
    "raisedAt",
    "endedAt",
    "dropped",
    "acknowledgedBy",
    "acknowledgedAt",
    "note",
    "what",
    "limitValue",
    "unit",
    "endValue",
];

/// Writes alerts as a table, a row for each.
pub(super) async fn answer(
    shape: TableShape,
    rows: impl Future<Output = Result<Rows, Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    shape.answer("Alerts", &HEADINGS, rows).await
}

/// The row of an alert.
pub(super) fn row(alert: &Alert) -> Vec<String> {
    let (place, seen) = (&alert.place, alert.acknowledged.as_ref());
    vec![
        alert.id.to_string(),
        alert.rule.to_string(),
        place.group.to_string(),
        or_empty(place.sub_group.as_ref()),
        or_empty(place.use_case.as_ref()),
        or_empty(place.device),
        or_empty(place.route.as_ref()),
        place.name.clone(),
        or_empty(place.point.as_ref()),
        or_empty(place.address.as_ref()),
        or_empty(alert.quantity.as_ref()),
        or_empty(alert.value.as_ref()),
        alert.limit.clone(),
        alert.since.to_string(),
        alert.raised_at.to_string(),
        or_empty(alert.ended_at),
        alert.dropped.to_string(),
        or_empty(seen.map(|seen| &seen.by)),
        or_empty(seen.map(|seen| seen.at)),
        or_empty(seen.map(|seen| &seen.note)),
        alert.what.clone(),
        or_empty(alert.limit_value),
        or_empty(alert.unit.as_ref()),
        or_empty(alert.end_value.as_ref()),
    ]
}
