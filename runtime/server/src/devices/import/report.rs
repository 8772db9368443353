//! The outcome of a sheet, row by row.

use std::fmt::Display;

use champollion_fleet::sheets::{Field, Sheet};
use champollion_frames::DevEui;
use serde::Serialize;
use serde_json::Value;

use super::notes::{Notes, ShownNotes};
use crate::sentence::{RowFault, Sentence, Worded};

/// The outcome of a sheet, or the outcome that it would have.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
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
    #[serde(flatten)]
    #[schema(value_type = ShownNotes)]
    pub notes: Notes,
    /// The verdict of each row, in their order.
    pub verdicts: Vec<RowVerdict>,
}

/// The verdict of a row.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowVerdict {
    /// The number of the row as spreadsheets show it, and the line of a text.
    pub row: u32,
    /// The device of the row, where that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev_eui: Option<DevEui>,
    /// The verdict in a word.
    pub verdict: Verdict,
    /// The changes of what is registered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The cells for which the row is refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<CellRefusal>,
    /// Remarks about what was understood though it is not as it should be.
    #[serde(flatten)]
    #[schema(value_type = ShownNotes)]
    pub notes: Notes,
}

/// The verdict of a row in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The device was not registered before.
    Created,
    /// The device is registered otherwise now.
    Changed,
    /// The row says what is registered.
    Unchanged,
    /// The row cannot be taken.
    Refused,
}

/// A member of a registration that is another one now. Of a key the values are not told.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FieldChange {
    /// The member of the registration.
    pub field: String,
    /// The value of before; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value from now on; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// A cell that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CellRefusal {
    /// The cell, `B4`; the row alone where the sheet has no column for it.
    pub cell: String,
    /// The heading of its column, or the field that is meant.
    pub column: String,
    /// The reason, and what to do. Keys are not shown.
    pub reason: String,
    /// The same for programs: a code, and the values of the reason. Absent where the reason is in words alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Sentence>,
}

impl CellRefusal {
    /// The refusal of the cell at a place, which is its name and the heading of its column.
    pub(super) fn new((cell, column): (String, String), fault: &(impl Worded + Display)) -> Self {
        Self { cell, column, reason: fault.to_string(), fault: fault.sentence() }
    }
}

/// A refusal of a row for a field, whether the sheet has a column of it or not.
pub(super) fn refusal(sheet: &Sheet, field: Field, row: u32, fault: &RowFault) -> CellRefusal {
    CellRefusal::new(sheet.cell_of(field, row), fault)
}

impl ImportReport {
    pub(super) fn new(notes: Notes, verdicts: Vec<RowVerdict>, dry_run: bool) -> Self {
        let count = |verdict| verdicts.iter().filter(|row| row.verdict == verdict).count();
        Self {
            dry_run,
            applied: false,
            rows: verdicts.len(),
            created: count(Verdict::Created),
            changed: count(Verdict::Changed),
            unchanged: count(Verdict::Unchanged),
            refused: count(Verdict::Refused),
            notes,
            verdicts,
        }
    }

    /// Counts the rows by their verdicts, in the metrics.
    pub(super) fn count_rows(&self) {
        for (verdict, rows) in [
            ("created", self.created),
            ("changed", self.changed),
            ("unchanged", self.unchanged),
            ("refused", self.refused),
        ] {
            let rows = u64::try_from(rows).unwrap_or(u64::MAX);
            metrics::counter!("champollion_imported_rows_total", "verdict" => verdict)
                .increment(rows);
        }
    }

    /// The same of a sheet whose verdicts are carried out.
    pub(super) fn applied(self) -> Self {
        Self { applied: true, ..self }
    }
}
