//! Objects as a sheet that can be changed and imported again, and the empty sheet.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use champollion_fleet::sheets::{
    Cell, Column, Field, FileForm, Language as SheetLanguage, WriteError, template, write_sheet,
};
use serde_json::Value as Json;

use super::listing::{Sight, WantedObjects};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::Reach,
    devices::Device,
    pages::{language::Language, viewer::Viewer},
    service::Service,
};

/// Most objects of a sheet, which is held in memory: as many as sheets are imported with.
const MOST_OBJECTS: usize = 100_000;

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/objects/export.xlsx", get(export_workbook))
        .route("/partner/objects/export.csv", get(export_csv))
        .route("/partner/import/template.xlsx", get(empty_workbook))
        .route("/partner/import/template.csv", get(empty_csv))
}

/// The language of the headings of a viewer's sheets.
pub(super) fn sheet_language(viewer: &Viewer) -> SheetLanguage {
    match viewer.language() {
        Language::English => SheetLanguage::English,
        Language::French => SheetLanguage::French,
    }
}

async fn empty_workbook(viewer: Viewer) -> Result<Response, Problem> {
    let sheet = template(FileForm::Workbook, sheet_language(&viewer));
    file(sheet, "template.xlsx", FileForm::Workbook)
}

async fn empty_csv(viewer: Viewer) -> Result<Response, Problem> {
    let language = sheet_language(&viewer);
    let form = FileForm::csv(language);
    file(template(form, language), "template.csv", form)
}

async fn export_workbook(
    viewer: Viewer,
    authorized: Authorized<Inspect>,
) -> Result<Response, Problem> {
    let sheet = exported(&viewer, authorized.reach, FileForm::Workbook).await?;
    file(sheet, "objects.xlsx", FileForm::Workbook)
}

async fn export_csv(viewer: Viewer, authorized: Authorized<Inspect>) -> Result<Response, Problem> {
    let form = FileForm::csv(sheet_language(&viewer));
    file(exported(&viewer, authorized.reach, form).await?, "objects.csv", form)
}

/// The objects that are asked for as a sheet.
async fn exported(
    viewer: &Viewer,
    reach: Reach,
    form: FileForm,
) -> Result<Result<Vec<u8>, WriteError>, Problem> {
    let (wanted, language) = (WantedObjects::of(viewer), sheet_language(viewer));
    let service = Arc::clone(viewer.service());
    let written = viewer.look_through(move || {
        let sight = Sight::of(&wanted, &service, &reach);
        let objects = wanted.some(&sight, MOST_OBJECTS + 1);
        if objects.len() > MOST_OBJECTS {
            let detail =
                format!("a sheet has at most {MOST_OBJECTS} objects: take those of one group");
            return Err(Problem::bad_request("invalid-query", detail));
        }
        Ok(written(&objects, form, language))
    });
    written.await?
}

fn file(
    sheet: Result<Vec<u8>, WriteError>,
    name: &str,
    form: FileForm,
) -> Result<Response, Problem> {
    let sheet = sheet.map_err(|error| Problem::internal(&error))?;
    let kind = if form == FileForm::Workbook { WORKBOOK } else { "text/csv; charset=utf-8" };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, sheet).into_response())
}

/// Writes objects with all fields but keys, and a column for each tag.
fn written(
    objects: &[Arc<Device>],
    form: FileForm,
    language: SheetLanguage,
) -> Result<Vec<u8>, WriteError> {
    let fields: Vec<Field> = Field::ALL.iter().copied().filter(|field| !field.is_key()).collect();
    let tags: BTreeSet<&String> = objects.iter().flat_map(|device| device.tags.keys()).collect();
    let of_fields = fields.iter().map(|field| field.heading(language).to_owned());
    let headings: Vec<String> =
        of_fields.chain(tags.iter().map(|tag| Column::of_tag(tag))).collect();
    let rows = objects.iter().map(|device| {
        // A device is texts, numbers and lists of them, which are written without fail.
        let members = serde_json::to_value(&**device).unwrap_or_default();
        let cells = fields.iter().map(|field| cell(*field, &members));
        let tag = |name: &&String| device.tags.get(*name).map_or(Cell::Empty, Cell::text);
        cells.chain(tags.iter().map(tag)).collect::<Vec<_>>()
    });
    write_sheet(form, &headings, rows)
}

/// The cell of a field. The address of a session that a device joined for is not part of its registration.
fn cell(field: Field, members: &Json) -> Cell {
    if field == Field::DevAddr && members["activation"] != "abp" {
        return Cell::Empty;
    }
    match &members[field.name()] {
        Json::String(text) => Cell::text(text),
        Json::Number(number) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        Json::Bool(truth) => Cell::Truth(*truth),
        _ => Cell::Empty,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sheet_has_all_fields_and_tags_and_no_key() {
        let device = json!({
            "devEui": "70B3D5499A000001", "name": "=1+1", "group": "water", "latitude": 48.5, "longitude": 2,
            "activation": "otaa", "devAddr": "01020304", "tags": { "street": "Haute" },
        });
        let device = Device::of_stored(device).unwrap();
        let language = SheetLanguage::English;
        let sheet = written(&[Arc::new(device)], FileForm::csv(language), language).unwrap();
        let sheet = String::from_utf8(sheet).unwrap();
        assert!(sheet.contains("'=1+1"), "no spreadsheet takes it for a formula: {sheet}");
        assert!(sheet.contains("Haute") && sheet.contains("48.5"), "{sheet}");
        assert!(!sheet.contains("AppKey") && !sheet.contains("01020304"), "{sheet}");
    }
}
