//! The objects that are left out of the shares, and why.

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
use champollion_service::quality::{LeftOut, Standing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scope::scope;
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Collect},
        extract::{Parameters, parameter},
        paging::{self, PageEnd, Window},
        tables::{Rows, TableForm, TableShape, or_empty},
    },
    devices::Device,
    quality::members::standing,
    service::Service,
};

/// The headings of the table.
const HEADINGS: [&str; 6] = ["devEui", "name", "group", "subGroup", "useCase", "reason"];

/// The objects that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct ExcludedQuery {
    /// The group; all within reach where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// The sub-group; all where it is left out.
    #[param(inline)]
    sub_group: Option<SubGroup>,
    /// The use case; all where it is left out.
    #[param(inline)]
    use_case: Option<UseCase>,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// Objects that are left out.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct ExcludedList {
    /// The objects, in the order of their DevEUIs.
    excluded: Vec<Excluded>,
    #[serde(flatten)]
    end: PageEnd,
}

/// An object that is left out of the shares.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExcludedObject)]
struct Excluded {
    dev_eui: DevEui,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    group: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_group: Option<SubGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    use_case: Option<UseCase>,
    reason: LeftOut,
}

/// The objects are those that are left out today; each day that is over counts those of its own.
#[utoipa::path(
    get,
    path = "/v1/quality/excluded",
    operation_id = "listExcludedObjects",
    tag = "quality",
    summary = "List the objects that are left out of the shares, and why",
    params(ExcludedQuery),
    responses(
        (
            status = 200,
            description = "The objects. With the Accept header they are a table of CSV or a workbook, without pages.",
            body = ExcludedList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn excluded(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(query): Parameters<ExcludedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ExcludedQuery { group, sub_group, use_case, after, limit, layout } = query;
    let form = TableForm::of(&headers, layout)?;
    let scope = scope(&authorized.reach, group, sub_group, use_case)?;
    let from: Option<DevEui> =
        after.as_deref().map(|dev_eui| parameter("after", dev_eui)).transpose()?;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    if let Some(form) = form {
        let rows = async move {
            let devices = scope.devices(&service.devices, None);
            let left_out = devices.filter_map(|device| left_out(&service, &device));
            Rows::gather(left_out.map(|one| row(&one)))
        };
        return TableShape::new(form, turn).answer("Excluded", &HEADINGS, rows).await;
    }
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let page = turn.run(move || {
        let devices = scope.devices(&service.devices, from);
        let left_out = devices.filter_map(|device| left_out(&service, &device));
        paging::page(left_out, window, |one| one.dev_eui.to_string())
    });
    let (excluded, end) = page.await?;
    Ok(Json(ExcludedList { excluded, end }).into_response())
}

fn left_out(service: &Service, device: &Device) -> Option<Excluded> {
    let today = service.quality.days().of(Timestamp::now());
    let has_notice = service.quality.has_notice(device, today);
    match standing(&service.devices, device, has_notice) {
        Standing::InService => None,
        Standing::LeftOut(reason) => Some(Excluded {
            dev_eui: device.dev_eui,
            name: device.name.as_str().to_owned(),
            group: device.group.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            reason,
        }),
    }
}

fn row(one: &Excluded) -> Vec<String> {
    vec![
        one.dev_eui.to_string(),
        one.name.clone(),
        one.group.to_string(),
        or_empty(one.sub_group.as_ref()),
        or_empty(one.use_case.as_ref()),
        one.reason.as_str().to_owned(),
    ]
}
