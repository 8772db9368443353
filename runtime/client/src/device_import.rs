//! Sheets of devices: sent as a whole, answered row by row.

use std::{collections::BTreeMap, time::Duration};

use champollion_frames::DevEui;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{Answer, Client, ClientError, Problem, client::ask};

/// A sheet waits for its turn, and a hundred thousand rows take their time.
const PATIENCE: Duration = Duration::from_secs(900);

/// The code of the problem that rows are refused, which has their verdicts.
const ROWS_REFUSED: &str = "rows-refused";

/// The way in which a sheet is to be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportWish {
    /// Whether the sheet is only judged.
    pub dry_run: bool,
    /// Whether the good rows are taken where others are refused; without, all are taken or none.
    pub good_rows: bool,
    /// The group of devices whose rows name none.
    pub group: Option<String>,
    /// The sheet of the workbook; the first one with a DevEUI where it is left out.
    pub sheet: Option<String>,
    /// The meaning of columns by their headings: a field of the API, `tag:NAME`, `variable:NAME`, or nothing.
    pub columns: BTreeMap<String, String>,
    /// Whether identifiers that a spreadsheet made shorter numbers of get their zeros in front back.
    pub restore_zeros: bool,
    /// Whether rows without a field that the territory's sheet asks for are refused.
    pub complete: bool,
}

/// The parameters of the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters<'of> {
    dry_run: bool,
    good_rows: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<String>,
    restore_zeros: bool,
    complete: bool,
}

/// The outcome of a sheet, or the outcome that it would have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Whether the sheet was only judged.
    pub dry_run: bool,
    /// Whether what the verdicts say was done.
    pub applied: bool,
    /// The rows that say something, below the headings.
    pub rows: usize,
    /// The rows of devices that were not registered before.
    pub created: usize,
    /// The rows of devices that are registered otherwise now.
    pub changed: usize,
    /// The rows that say what is registered.
    pub unchanged: usize,
    /// The rows that cannot be taken.
    pub refused: usize,
    /// Remarks about the sheet as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The verdict of each row, in their order.
    pub verdicts: Vec<RowVerdict>,
}

/// The verdict of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowVerdict {
    /// The number of the row as spreadsheets show it, and the line of a text.
    pub row: u32,
    /// The device of the row, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_eui: Option<DevEui>,
    /// The verdict in a word: `created`, `changed`, `unchanged` or `refused`.
    pub verdict: String,
    /// The changes of what is registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The cells for which the row is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<CellRefusal>,
    /// Remarks about what was understood though it is not as it should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A member of a registration that is another one now. Of a key the values are not told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The member that changes.
    pub field: String,
    /// The value of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The value from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// A cell that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRefusal {
    /// The cell, `B4`; the row alone where the sheet has no column for it.
    pub cell: String,
    /// The heading of its column, or the field that is meant.
    pub column: String,
    /// The reason, and what to do.
    pub reason: String,
    /// The same for programs; absent where the reason is in words alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Sentence>,
}

/// A sentence of the server as a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// The word for what is said, which does not change between releases.
    pub code: String,
    /// The values of which the sentence tells, by their names.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Json>,
}

impl ImportReport {
    /// The report of a sheet of which nothing was taken since rows are refused, where a problem is that.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Option<Self> {
        if problem.code != ROWS_REFUSED {
            return None;
        }
        serde_json::from_value(Json::Object(problem.more.clone())).ok()
    }
}

/// The progress of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportUnderWay {
    /// Whether a sheet of the token is imported, or waits for its turn.
    pub under_way: bool,
    /// The rows of the sheet; 0 until it was read.
    pub rows: usize,
    /// The rows that have a verdict.
    pub judged: usize,
    /// The rows whose verdict was carried out.
    pub taken: usize,
}

impl Client {
    /// Imports a sheet of devices, XLSX, ODS or CSV: `POST /v1/devices/import`. A sheet of which nothing was taken,
    /// since rows are refused, is a problem that [`ImportReport::of_problem`] reads.
    pub async fn import_devices(
        &self,
        file: Vec<u8>,
        wish: &ImportWish,
    ) -> Result<Answer<ImportReport>, ClientError> {
        let columns = (!wish.columns.is_empty()).then(|| serde_json::to_string(&wish.columns));
        let parameters = Parameters {
            dry_run: wish.dry_run,
            good_rows: wish.good_rows,
            group: wish.group.as_deref(),
            sheet: wish.sheet.as_deref(),
            columns: columns.transpose().map_err(ClientError::Unwritable)?,
            restore_zeros: wish.restore_zeros,
            complete: wish.complete,
        };
        let request = self.post("v1/devices/import").query(&parameters).body(file);
        ask(request.timeout(PATIENCE)).await
    }

    /// Gets the progress of the sheet that the token has under way: `GET /v1/devices/import`.
    pub async fn import_under_way(&self) -> Result<Answer<ImportUnderWay>, ClientError> {
        ask(self.get("v1/devices/import")).await
    }
}
