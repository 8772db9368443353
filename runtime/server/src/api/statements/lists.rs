//! The objects behind a statement: page by page, and whole as a file.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use champollion_delivery::formats::Layout;
use champollion_frames::DevEui;
use champollion_service::statements::{StatedObject, Statement};
use serde::{Deserialize, Serialize};

use super::seen_statement;
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ReadPeople},
        extract::{Parameters, PathParts, parameter},
        paging::{self, PageEnd, Window, limit},
        tables::layout_of_list,
    },
    service::Service,
    workbook::{WORKBOOK_TYPE, workbook},
};

/// The headings of a list.
const HEADINGS: [&str; 3] = ["devEui", "group", "useCase"];

/// The forms of a list.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum ListForm {
    /// JSON, page by page.
    #[default]
    Json,
    /// A text with commas, whole.
    Csv,
    /// A workbook of spreadsheets, whole.
    Xlsx,
    /// The canonical text that the digest is of, whole.
    Text,
}

/// The parameters of a list of objects.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ObjectListing {
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    /// The form of the list; all but JSON are whole.
    #[serde(default)]
    #[param(inline)]
    format: ListForm,
    /// The layout of a list of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct StatedObjectList {
    objects: Vec<StatedObject>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    get,
    path = "/v1/statements/{date}/{partner}/objects",
    operation_id = "listStatedObjects",
    tag = "people",
    summary = "List the objects behind the statement of a partner",
    params(ObjectListing),
    responses(
        (status = 200, description = "The objects, in the order of their DevEUIs.", body = StatedObjectList),
        (status = 400, description = "day-to-come"),
        (status = 404, description = "unknown-partner"),
        (status = 409, description = "unknown-inhabitants"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn objects(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts((date, partner)): PathParts<(String, String)>,
    Parameters(listing): Parameters<ObjectListing>,
) -> Result<Response, Problem> {
    let is_csv = matches!(listing.format, ListForm::Csv);
    let layout = layout_of_list(listing.layout, is_csv, "say format=csv")?;
    let turn = service.expensive.turn(&authorized.principal.token, None)?;
    let of = (date.as_str(), partner.as_str());
    let statement = seen_statement(&authorized.reach, &service, of, &turn).await?;
    let name = format!("statement-{}-{}", statement.date, statement.partner);
    match listing.format {
        ListForm::Json => page(&service, &statement, listing),
        ListForm::Csv => {
            let bytes = turn.run(move || csv(&statement, layout)).await?;
            Ok(file(&format!("{name}.csv"), "text/csv; charset=utf-8", bytes))
        }
        ListForm::Xlsx => {
            let bytes = turn.run(move || sheet(&statement)).await??;
            Ok(file(&format!("{name}.xlsx"), WORKBOOK_TYPE, bytes))
        }
        ListForm::Text => {
            let text = turn.run(move || statement.canonical().into_bytes()).await?;
            Ok(file(&format!("{name}.txt"), "text/plain; charset=utf-8", text))
        }
    }
}

fn sheet(statement: &Statement) -> Result<Vec<u8>, Problem> {
    let headings = HEADINGS.map(str::to_owned);
    let rows = statement.objects.iter().map(|object| row(object).to_vec());
    let written = workbook("statement", &headings, rows);
    written.map_err(|error| Problem::internal(&error))
}

fn page(
    service: &Service,
    statement: &Statement,
    listing: ObjectListing,
) -> Result<Response, Problem> {
    let ObjectListing { after, limit, .. } = listing;
    let from: Option<DevEui> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let objects = statement.objects_after(from).iter().cloned();
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (objects, end) = paging::page(objects, window, |object| object.dev_eui.to_string());
    Ok(Json(StatedObjectList { objects, end }).into_response())
}

/// The cells of an object. They are names of the product's own, in which no sign needs an escape.
fn row(object: &StatedObject) -> [String; 3] {
    let use_case = object.use_case.as_ref().map(ToString::to_string).unwrap_or_default();
    [object.dev_eui.to_string(), object.group.to_string(), use_case]
}

fn csv(statement: &Statement, layout: Layout) -> Vec<u8> {
    let separator = layout.separator().to_string();
    let mut text = layout.beginning().to_owned();
    text.push_str(&HEADINGS.join(&separator));
    text.push_str("\r\n");
    for object in &*statement.objects {
        text.push_str(&row(object).join(&separator));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn file(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
