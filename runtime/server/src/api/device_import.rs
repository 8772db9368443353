//! Sheets of devices: imported as a whole, with a verdict for each row.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::header::CONTENT_LENGTH,
    response::{IntoResponse, Response},
};
use champollion_delivery::names::{GroupId, SubGroup};
use champollion_fleet::sheets::{ReadOptions, Sheet, SheetError, SheetLimits};
use champollion_sandbox::Digest;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{
    Problem,
    authorized::{Authorized, Duty, ProvisionOwn},
    extract::{Parameters, read_body, to_the_end},
};
use crate::{
    auth::{GroupRefused, Reach},
    authors::AuditedAuthor,
    devices::{ImportReport, ImportUnderWay, ImportWish, RefusesObject},
    service::Service,
    sheet_lanes::NoPlace,
};

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
) -> Result<Response, Problem> {
    let options = parameters.options()?;
    let token = &authorized.principal.token;
    let group = authorized.reach.counted_group();
    // Files wait in memory, so few may. They are read before their turn: a slow client holds up nobody else.
    let mut place = service.sheet_lanes.place(token, group, announced(&request))?;
    let told = service.imports_under_way.begin(token);
    let body = read_body(request, service.config.sheets.file_bytes).await?;
    let (rights, sender) = (Arc::clone(&service), token.clone());
    let places = authorized.reach.places().to_vec();
    let import = Import {
        options,
        wish: ImportWish {
            dry_run: parameters.dry_run,
            good_rows: parameters.good_rows,
            group: parameters.group,
            complete: parameters.complete,
            network_servers: service.config.network_servers.keys().cloned().collect(),
            digest: Digest::of(&body).to_string(),
            refuses: refusing(authorized.reach.clone()),
            may_go_on: Arc::new(move || rights.keeps_right(&sender, ProvisionOwn::SCOPE, &places)),
            progress: told.progress(),
        },
        author: authorized.author(&service),
        service: Arc::clone(&service),
        body,
    };
    let import = Arc::new(import);
    to_the_end(async move {
        let _told = told;
        loop {
            let (import, limits) = (Arc::clone(&import), place.limits().clone());
            let runtime = Handle::current();
            let answered = place.run(move || import.answer(&limits, &runtime)).await?;
            match answered {
                Err(NotImported::Sheet(beyond)) if place.is_small() && beyond.is_of_size() => {
                    place = service.sheet_lanes.widen(place)?;
                }
                Err(NotImported::Sheet(unreadable)) => return Err(unreadable.into()),
                Err(NotImported::Problem(problem)) => return Err(*problem),
                Ok(answer) => return Ok(answer),
            }
        }
    })
    .await
}

/// The bytes of a body, where they are known before it is read.
fn announced(request: &Request<Body>) -> Option<usize> {
    let said = request.headers().get(CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse().ok());
    said.or_else(|| request.body().size_hint().exact()?.try_into().ok())
}

/// A sheet that is imported.
struct Import {
    service: Arc<Service>,
    body: Bytes,
    options: ReadOptions,
    wish: ImportWish,
    author: AuditedAuthor,
}

/// The reason why a sheet is not imported.
enum NotImported {
    /// It is no sheet that can be read, within the limits of its lane.
    Sheet(SheetError),
    Problem(Box<Problem>),
}

impl NotImported {
    fn of(error: impl Into<Problem>) -> Self {
        Self::Problem(Box::new(error.into()))
    }
}

impl Import {
    /// Reads the sheet, does what is asked for, and writes the answer, on the thread of a lane: each takes long of a hundred
    /// thousand rows.
    fn answer(&self, limits: &SheetLimits, runtime: &Handle) -> Result<Response, NotImported> {
        let sheet = Sheet::read(&self.body, &self.options, limits).map_err(NotImported::Sheet)?;
        let rows = sheet.rows();
        let imported = self.service.devices.import(&sheet, &rows, &self.wish, &self.author);
        let report = runtime.block_on(imported).map_err(NotImported::of)?;
        drop((rows, sheet));
        if report.applied {
            runtime.block_on(self.service.ask_for_consents());
        }
        if report.applied || report.dry_run {
            return Ok(Json(report).into_response());
        }
        Err(NotImported::of(refused(&report)))
    }
}

impl From<NoPlace> for Problem {
    fn from(none: NoPlace) -> Self {
        let detail = none.to_string();
        match none {
            NoPlace::OfToken | NoPlace::OfGroup(_) => {
                Self::too_many_requests("too-many-at-once", detail)
            }
            NoPlace::All => Self::unavailable("too-busy", detail),
        }
    }
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
