//! The objects in service that have not been heard for a while, the longest first.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::{
    formats::Layout,
    names::{GroupId, SubGroup, UseCase},
};
use champollion_frames::DevEui;
use champollion_service::quality::{Silent, last_receptions};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::scope::{scope, unreadable};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Collect},
        extract::{Parameters, parameter},
        paging::{self, PageEnd, Window},
        tables::{Rows, TableForm, TableShape, or_empty},
    },
    quality::{AskedSilence, SilentPlace},
    service::Service,
};

/// Objects whose last receptions are looked up at once for a table.
const AT_ONCE: usize = 1_000;

/// Hours of silence where nobody says how many: the promise is of once a day.
const USUAL_HOURS: u32 = 24;

/// Most hours of silence that can be asked for: ten years.
const MOST_HOURS: u32 = 87_600;

/// The headings of the table.
const HEADINGS: [&str; 10] = [
    "devEui",
    "name",
    "group",
    "subGroup",
    "useCase",
    "lastHeardAt",
    "gateway",
    "rssiDbm",
    "snrDb",
    "spreadingFactor",
];

/// The silent objects that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct SilentQuery {
    /// The group; all within reach where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// The sub-group; all where it is left out.
    #[param(inline)]
    sub_group: Option<SubGroup>,
    /// The use case; all where it is left out.
    #[param(inline)]
    use_case: Option<UseCase>,
    /// The least hours of silence, 1 to 87600; 24 where it is left out.
    #[param(minimum = 1, maximum = 87_600)]
    hours: Option<u32>,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// Objects that are silent.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct SilentList {
    /// The objects, the longest silent first.
    silent: Vec<Silent>,
    #[serde(flatten)]
    end: PageEnd,
}

/// Objects that are left out of the shares are not among them. The pages after the first are of the list as it was when the
/// first one was asked for, for ten minutes, without objects that were heard since.
#[utoipa::path(
    get,
    path = "/v1/quality/silent",
    operation_id = "listSilentObjects",
    tag = "quality",
    summary = "List the objects in service that are silent, the longest first",
    params(SilentQuery),
    responses(
        (
            status = 200,
            description = "The silent objects. With the Accept header they are a table of CSV or a workbook, without pages.",
            body = SilentList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn silent(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(query): Parameters<SilentQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let SilentQuery { group, sub_group, use_case, hours, after, limit, layout } = query;
    let hours = checked(hours)?;
    let form = TableForm::of(&headers, layout)?;
    let from: Option<SilentPlace> =
        after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let scope = scope(&authorized.reach, group, sub_group, use_case)?;
    let asked = AskedSilence { scope, hours };
    let turn = service.expensive_turn(&authorized.principal, None)?;
    if let Some(form) = form {
        let rows = rows(service, asked);
        return TableShape::new(form, turn).answer("Silent", &HEADINGS, rows).await;
    }
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let page = turn.see_through(page(service, asked, (from, window)));
    Ok(Json(page.await??).into_response())
}

/// A page of the list, of the objects after a place.
async fn page(
    service: Arc<Service>,
    asked: AskedSilence,
    (after, window): (Option<SilentPlace>, Window),
) -> Result<SilentList, Problem> {
    let quality = &service.quality;
    let objects =
        quality.silent_objects(asked, after).map_err(|error| Problem::internal(&error))?;
    let place = |one: &Silent| SilentPlace::from(one).to_string();
    let (mut silent, end) = paging::page(objects.after(quality, after), window, place);
    add_receptions(&service, &mut silent).await?;
    Ok(SilentList { silent, end })
}

/// Adds to each object the reception of its last frame.
async fn add_receptions(service: &Service, silent: &mut [Silent]) -> Result<(), Problem> {
    let quality = &service.quality;
    let place =
        |one: &Silent| (one.group.clone(), one.dev_eui, quality.days().of(one.last_heard_at));
    let places: Vec<(GroupId, DevEui, Date)> = silent.iter().map(place).collect();
    let mut found = last_receptions(quality.books(), &places).await.map_err(unreadable)?;
    silent.iter_mut().for_each(|one| one.last_reception = found.remove(&one.dev_eui));
    Ok(())
}

/// The hours of silence that are asked for.
fn checked(hours: Option<u32>) -> Result<u32, Problem> {
    let hours = hours.unwrap_or(USUAL_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let detail = format!("hours={hours} is not from 1 to {MOST_HOURS}");
        return Err(Problem::bad_request("invalid-query", detail));
    }
    Ok(hours)
}

/// The rows of the table.
async fn rows(service: Arc<Service>, asked: AskedSilence) -> Result<Rows, Problem> {
    let quality = &service.quality;
    let objects = quality.silent_objects(asked, None).map_err(|error| Problem::internal(&error))?;
    let (mut rows, mut after) = (Rows::default(), None);
    loop {
        let mut some: Vec<Silent> = objects.after(quality, after).take(AT_ONCE).collect();
        let Some(last) = some.last() else { return Ok(rows) };
        after = Some(SilentPlace::from(last));
        add_receptions(&service, &mut some).await?;
        rows.add(some.iter().map(row))?;
        yield_now().await;
    }
}

fn row(one: &Silent) -> Vec<String> {
    let last = one.last_reception.clone().unwrap_or_default();
    vec![
        one.dev_eui.to_string(),
        one.name.clone(),
        one.group.to_string(),
        or_empty(one.sub_group.as_ref()),
        or_empty(one.use_case.as_ref()),
        one.last_heard_at.to_string(),
        or_empty(last.gateway),
        or_empty(last.rssi_dbm),
        or_empty(last.snr_db),
        or_empty(last.spreading_factor),
    ]
}
