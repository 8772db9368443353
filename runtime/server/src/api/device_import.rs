//! Sheets of devices: imported as a whole, with a verdict for each row.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use champollion_delivery::names::{GroupId, SubGroup};
use champollion_fleet::sheets::{ObjectRow, ReadOptions, Sheet, SheetError};
use champollion_sandbox::Digest;
use serde::Deserialize;

use super::{
    Problem,
    authorized::{Authorized, ProvisionOwn},
    extract::{Parameters, read_body, to_the_end},
};
use crate::{
    auth::{GroupRefused, Reach},
    devices::{ImportReport, ImportUnderWay, ImportWish, RefusesObject},
    service::Service,
};

/// Sheets of one token that are under way: one is imported, and one waits.
const OF_TOKEN: usize = 2;

/// The parameters of an import.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImportParameters {
    /// Whether the sheet is only judged.
    #[serde(default)]
    dry_run: bool,
    /// Whether the good rows are taken where others are refused; without, all are taken or none.
    #[serde(default)]
    good_rows: bool,
    /// The group of devices whose rows name none.
    #[param(inline)]
    group: Option<GroupId>,
    /// The sheet of the workbook; the first one with a DevEUI where it is left out.
    sheet: Option<String>,
    /// The meaning of columns, as a JSON object of headings and fields: `{"My number":"serialNumber","Floor":"tag:floor"}`.
    columns: Option<String>,
    /// Whether identifiers that a spreadsheet made shorter numbers of get their zeros in front back.
    #[serde(default)]
    restore_zeros: bool,
    /// Whether rows without a field that the territory's sheet asks for are refused.
    #[serde(default)]
    complete: bool,
}

impl ImportParameters {
    fn options(&self) -> Result<ReadOptions, Problem> {
        let columns = match &self.columns {
            None => BTreeMap::new(),
            Some(columns) => serde_json::from_str(columns).map_err(|error| {
                let detail = format!(
                    "columns={columns} is no JSON object of headings and fields, such as \
                     {{\"My number\":\"serialNumber\"}}: {error}"
                );
                Problem::bad_request("invalid-query", detail)
            })?,
        };
        let (sheet, restore_zeros) = (self.sheet.clone(), self.restore_zeros);
        Ok(ReadOptions { sheet, columns, restore_zeros })
    }
}

/// A row that says nothing about a field leaves it as it is; an empty cell takes it away, but for keys, which stay.
#[utoipa::path(
    post,
    path = "/v1/devices/import",
    operation_id = "importDevices",
    tag = "devices",
    summary = "Register the devices of a sheet, or change what it has of them",
    params(ImportParameters),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "The sheet: XLSX, ODS, or CSV with commas, semicolons or tabs.",
    ),
    responses(
        (
            status = 200,
            description = "The verdict of each row. With `dryRun` nothing was done.",
            body = ImportReport,
        ),
        (status = 400, description = "unreadable-sheet"),
        (
            status = 409,
            description = "quota-exceeded, approval-not-in-force, beyond-approval, unowned-group, other-database",
        ),
        (status = 422, description = "rows-refused"),
        (status = 503, description = "not-kept, too-busy"),
    ),
)]
pub(super) async fn import(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    Parameters(parameters): Parameters<ImportParameters>,
    request: Request,
) -> Result<Json<ImportReport>, Problem> {
    let options = parameters.options()?;
    let token = &authorized.principal.token;
    let Some(under_way) = service.sheets_of_tokens.begin(token, OF_TOKEN) else {
        let detail = format!("{OF_TOKEN} sheets of this token are under way: wait for one of them");
        return Err(Problem::too_many_requests("too-many-at-once", detail));
    };
    // Files wait in memory, so few may. They are read before their turn: a slow client holds up nobody else.
    let place = Arc::clone(&service.sheets_waiting).try_acquire_owned().map_err(|_| {
        let detail = "as many sheets wait to be imported as this server takes: send it again";
        Problem::unavailable("too-busy", detail)
    })?;
    let told = service.imports_under_way.begin(token);
    let body = read_body(request, service.config.sheets.file_bytes).await?;
    let turn = service.devices.import_turn().await;
    let digest = Digest::of(&body).to_string();
    let limits = service.config.sheets.clone();
    let read = move || -> Result<(Sheet, Vec<ObjectRow>), SheetError> {
        let sheet = Sheet::read(&body, &options, &limits)?;
        let rows = sheet.rows();
        Ok((sheet, rows))
    };
    let read =
        tokio::task::spawn_blocking(read).await.map_err(|error| Problem::internal(&error))?;
    let (sheet, rows) = read?;
    let wish = ImportWish {
        dry_run: parameters.dry_run,
        good_rows: parameters.good_rows,
        group: parameters.group,
        complete: parameters.complete,
        network_servers: service.config.network_servers.keys().cloned().collect(),
        digest,
        refuses: refusing(authorized.reach.clone()),
        progress: told.progress(),
    };
    let author = authorized.author(&service);
    let report = to_the_end(async move {
        let report = service.devices.import(&sheet, &rows, &wish, &author).await?;
        drop((turn, place, under_way, told));
        if report.applied {
            service.ask_for_consents().await;
        }
        Ok(report)
    });
    let report = report.await?;
    if report.applied || report.dry_run {
        return Ok(Json(report));
    }
    Err(refused(&report))
}

/// The last sheet counts, where the token has several under way.
#[utoipa::path(
    get,
    path = "/v1/devices/import",
    operation_id = "getImport",
    tag = "devices",
    summary = "Get the progress of the sheet that the token has under way",
    responses((status = 200, description = "The progress of the sheet, or that there is none.", body = ImportUnderWay)),
)]
pub(super) async fn progress(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
) -> Json<ImportUnderWay> {
    Json(service.imports_under_way.of(&authorized.principal.token))
}

/// Says why an object of a group cannot be the sender's, where it lies out of reach: a group of others as one that does
/// not exist.
fn refusing(reach: Reach) -> RefusesObject {
    Arc::new(move |group: &GroupId, part: Option<&SubGroup>| {
        if reach.sees_object(group, part) {
            return None;
        }
        let refused = match (reach.touches(group), part) {
            (true, Some(part)) => GroupRefused::OtherPart(part.clone()),
            (true, None) => GroupRefused::PartOnly,
            (false, _) => GroupRefused::OfAnother(group.clone()),
        };
        Some(refused.to_string())
    })
}

/// The problem of a sheet of which nothing was taken, with the verdicts of its rows.
fn refused(report: &ImportReport) -> Problem {
    let ImportReport { rows, refused, .. } = report;
    let detail = format!(
        "{refused} of {rows} rows are refused, so nothing of the sheet was taken: correct them, or take the good \
         rows alone (goodRows)"
    );
    Problem::unprocessable("rows-refused", detail)
        .with("dryRun", report.dry_run)
        .with("applied", report.applied)
        .with("rows", report.rows)
        .with("created", report.created)
        .with("changed", report.changed)
        .with("unchanged", report.unchanged)
        .with("refused", report.refused)
        .with("notes", report.notes.words())
        .with("noted", report.notes.values())
        .with("verdicts", &report.verdicts)
}
