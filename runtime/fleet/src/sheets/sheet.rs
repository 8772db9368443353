//! A sheet of devices that was read.

use std::collections::{BTreeMap, HashMap};

use champollion_frames::DevEui;

use super::{
    archive,
    cell::{Cell, cell_name, letters},
    cell_fault::CellFault,
    csv_text,
    error::SheetError,
    field::Field,
    file_kind::{self, FileKind},
    grid::Grid,
    headings::{Column, Headings, Mapping, VERDICT},
    limits::SheetLimits,
    note::SheetNote,
    open_document,
    row::{ObjectRow, Refusal, RowReader},
    workbook::Workbook,
    writing::{FileForm, WriteError, write_cells},
};
use crate::key_text::may_hold_key;

/// The way in which a sheet is to be read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The sheet of a workbook; the first one with a DevEUI where it is left out.
    pub sheet: Option<String>,
    /// The meaning of columns by their headings: a field of the API, `tag:NAME`, `variable:NAME`, or nothing.
    pub columns: BTreeMap<String, String>,
    /// Whether identifiers that became shorter numbers get their zeros back.
    pub restore_zeros: bool,
}

/// A sheet of devices: its cells, and the meaning of its columns.
pub struct Sheet {
    grid: Grid,
    headings: Headings,
    kind: FileKind,
    restore_zeros: bool,
}

impl Sheet {
    /// Reads a file, whatever its name is.
    ///
    /// # Errors
    /// It is no sheet of devices, or it is beyond the limits.
    pub fn read(
        bytes: &[u8],
        options: &ReadOptions,
        limits: &SheetLimits,
    ) -> Result<Self, SheetError> {
        if bytes.len() > limits.file_bytes {
            let (bytes, limit) = (bytes.len(), limits.file_bytes);
            return Err(SheetError::TooLarge { bytes, limit });
        }
        let mapping = Mapping::new(&options.columns)?;
        let kind =
            if file_kind::is_archive(bytes)? { Some(archive::check(bytes, limits)?) } else { None };
        let (grid, headings, kind) = match kind {
            Some(FileKind::Workbook) => {
                let mut book = Workbook::open(bytes)?;
                let names = book.names();
                let read = |name: &str| book.sheet(name, limits);
                let (grid, headings) = find(&names, options, &mapping, read)?;
                (grid, headings, FileKind::Workbook)
            }
            Some(FileKind::OpenDocument) => {
                let mut sheets = open_document::read(bytes, limits)?;
                let names: Vec<String> = sheets.iter().map(|(name, _)| name.clone()).collect();
                let read = |name: &str| {
                    let sheet = sheets.iter_mut().find(|(own, _)| own == name);
                    Ok(sheet.map(|(_, grid)| std::mem::take(grid)).unwrap_or_default())
                };
                let (grid, headings) = find(&names, options, &mapping, read)?;
                (grid, headings, FileKind::OpenDocument)
            }
            Some(FileKind::Csv { .. }) | None => {
                let (grid, kind) = csv_text::read(bytes, &mapping, limits)?;
                let headings = Headings::find(&grid, &mapping)?;
                (grid, headings, kind)
            }
        };
        if grid.rows.len() == headings.row + 1 {
            return Err(SheetError::NoRows);
        }
        Ok(Self { grid, headings, kind, restore_zeros: options.restore_zeros })
    }

    /// Whether the sheet has a column of a field.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.headings.has(field)
    }

    /// The name of the cell of a field in a row, and its heading; the row alone where the sheet has no such column.
    #[must_use]
    pub fn cell_of(&self, field: Field, row: u32) -> (String, String) {
        let headed =
            self.headings.columns.iter().find(|headed| headed.column == Column::Field(field));
        match headed {
            Some(headed) => (cell_name(headed.place, row), headed.heading.clone()),
            None => (row.to_string(), field.name().to_owned()),
        }
    }

    /// Remarks about the sheet as a whole: columns that become tags, and cells that nobody reads.
    #[must_use]
    pub fn notes(&self) -> Vec<SheetNote> {
        let mut notes = Vec::new();
        let tags: Vec<String> = self
            .headings
            .columns
            .iter()
            .filter_map(|headed| match &headed.column {
                Column::Tag(name) if may_hold_key(name) => Some("…".to_owned()),
                Column::Tag(name) => Some(format!("{name:?}")),
                _ => None,
            })
            .collect();
        if !tags.is_empty() {
            notes.push(SheetNote::BecomeTags(tags));
        }
        for headed in &self.headings.columns {
            let is_nameless = headed.column == Column::Ignored && headed.heading.is_empty();
            let mut cells = self.below().map(|row| row.cell(headed.place));
            if is_nameless && cells.any(|cell| !cell.is_empty()) {
                notes.push(SheetNote::NoHeading(letters(headed.place)));
            }
        }
        notes
    }

    fn below(&self) -> impl Iterator<Item = &super::grid::GridRow> {
        self.grid.rows.iter().skip(self.headings.row + 1)
    }

    /// Reads the rows below the headings. Rows of the same device are all refused: which of them counts is not known.
    #[must_use]
    pub fn rows(&self) -> Vec<ObjectRow> {
        let restore_zeros = self.restore_zeros;
        let read =
            self.below().map(|row| RowReader { row, restore_zeros }.read(&self.headings.columns));
        let mut rows: Vec<ObjectRow> = read.collect();
        let mut of_device: HashMap<DevEui, Vec<u32>> = HashMap::new();
        for row in &rows {
            if let Some(dev_eui) = row.dev_eui {
                of_device.entry(dev_eui).or_default().push(row.number);
            }
        }
        for row in &mut rows {
            let same = row.dev_eui.and_then(|dev_eui| of_device.get(&dev_eui));
            if let Some(same) = same.filter(|same| same.len() > 1) {
                let (cell, heading) = self.cell_of(Field::DevEui, row.number);
                let fault = CellFault::SameDevice { rows: same.clone() };
                row.refusals.push(Refusal { cell, heading, fault });
            }
        }
        rows
    }

    /// CSV as the sheet would be written: with its own separator, and of a workbook with that of the language of its
    /// headings.
    #[must_use]
    pub fn csv_form(&self) -> FileForm {
        match self.kind {
            FileKind::Csv { separator } => FileForm::Csv { separator },
            FileKind::Workbook | FileKind::OpenDocument => FileForm::csv(self.headings.language()),
        }
    }

    /// Writes the sheet once more with a column of verdicts at its end, and with the cells of keys left empty. Rows stay
    /// in their lines, so that verdicts that name cells hold for it as well.
    ///
    /// # Errors
    /// A workbook cannot hold it.
    pub fn with_verdicts(
        &self,
        form: Option<FileForm>,
        verdict: impl Fn(u32) -> Option<String>,
    ) -> Result<Vec<u8>, WriteError> {
        let columns = &self.headings.columns;
        let before = columns.iter().find(|headed| headed.heading.eq_ignore_ascii_case(VERDICT));
        let place = before.map_or(self.grid.width(), |headed| headed.place);
        let rows = self.grid.rows.iter().enumerate().map(|(at, row)| {
            let mut cells = row.cells.clone();
            if at > self.headings.row {
                hide_keys(&mut cells, columns.iter().map(|headed| &headed.column));
            }
            let told = if at == self.headings.row {
                Some(VERDICT.to_owned())
            } else {
                verdict(row.number)
            };
            if let Some(told) = told {
                cells.resize(cells.len().max(place + 1), Cell::Empty);
                cells[place] = Cell::Text(told);
            }
            (row.number, cells)
        });
        let form = form.unwrap_or(match self.kind {
            FileKind::Csv { separator } => FileForm::Csv { separator },
            FileKind::Workbook | FileKind::OpenDocument => FileForm::Workbook,
        });
        write_cells(form, rows)
    }
}

/// Leaves the cells of keys empty, and those of other columns in which a key stands.
fn hide_keys<'columns>(cells: &mut [Cell], columns: impl Iterator<Item = &'columns Column>) {
    for (cell, column) in cells.iter_mut().zip(columns) {
        let is_key_column = matches!(column, Column::Field(field) if field.is_key());
        if is_key_column || matches!(&*cell, Cell::Text(text) if may_hold_key(text)) {
            *cell = Cell::Empty;
        }
    }
}

/// Finds the sheet of a workbook that is meant: the one of a name, or the first whose headings name the DevEUI.
fn find(
    names: &[String],
    options: &ReadOptions,
    mapping: &Mapping,
    mut read: impl FnMut(&str) -> Result<Grid, SheetError>,
) -> Result<(Grid, Headings), SheetError> {
    if let Some(name) = &options.sheet {
        if !names.contains(name) {
            let (name, there) = (name.clone(), names.to_vec());
            return Err(SheetError::NoSuchSheet { name, there });
        }
        let grid = read(name)?;
        let headings = Headings::find(&grid, mapping)?;
        return Ok((grid, headings));
    }
    let mut first_error = None;
    for name in names {
        let grid = read(name)?;
        match Headings::find(&grid, mapping) {
            Ok(headings) => return Ok((grid, headings)),
            Err(error @ SheetError::NoDevEui { .. }) => {
                first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(first_error.unwrap_or(SheetError::NoRows))
}
