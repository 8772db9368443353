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
use champollion_service::quality::{Silent, Standing, last_receptions};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::scope::{Scope, unreadable};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Collect},
        extract::Parameters,
        paging::{self, PageEnd, Window},
        tables::{Rows, Shape, or_empty},
    },
    devices::Device,
    quality::members::standing,
    service::Service,
};

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

/// Objects that are left out of the shares are not among them.
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
    let since = since(hours)?;
    let shape = Shape::of((&headers, layout), &service, &authorized.principal)?;
    let scope = Scope::of(&authorized.reach, group, sub_group, use_case)?;
    let mut silent = silent_since(&service, &scope, since);
    silent.sort_by_cached_key(place);
    if let Shape::Table(table) = shape {
        add_receptions(&service, &mut silent).await?;
        return table.answer("Silent", &HEADINGS, Rows::gather(silent.iter().map(row))?).await;
    }
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (mut silent, end) = paging::page_in_order(silent, window, place);
    add_receptions(&service, &mut silent).await?;
    Ok(Json(SilentList { silent, end }).into_response())
}

/// The moment before which a silent object was last heard.
fn since(hours: Option<u32>) -> Result<Timestamp, Problem> {
    let hours = hours.unwrap_or(USUAL_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let detail = format!("hours={hours} is not from 1 to {MOST_HOURS}");
        return Err(Problem::bad_request("invalid-query", detail));
    }
    let since = Timestamp::now().checked_sub(SignedDuration::from_hours(hours.into()));
    since.map_err(|error| Problem::internal(&error))
}

fn silent_since(service: &Service, scope: &Scope, since: Timestamp) -> Vec<Silent> {
    let today = service.quality.days().of(Timestamp::now());
    let silent = |device: &Arc<Device>| {
        let last_heard_at = service.devices.last_heard(device.dev_eui)?;
        let has_notice = service.quality.has_notice(device, today);
        let is_in_service = standing(&service.devices, device, has_notice) == Standing::InService;
        (is_in_service && last_heard_at < since).then(|| Silent {
            dev_eui: device.dev_eui,
            name: device.name.as_str().to_owned(),
            group: device.group.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            last_heard_at,
            last_reception: None,
        })
    };
    scope.devices(service).iter().filter_map(silent).collect()
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

/// The place of an object in the list: by the moment at which it was last heard.
fn place(one: &Silent) -> String {
    format!("{:016}-{}", one.last_heard_at.as_millisecond().max(0), one.dev_eui)
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
