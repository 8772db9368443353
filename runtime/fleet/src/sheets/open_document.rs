//! Spreadsheets of OpenDocument (ODS).

use std::{
    collections::BTreeMap,
    io::{BufReader, Cursor},
};

use calamine::{Data, Ods, OdsError, Reader};
use quick_xml::{
    Reader as XmlReader,
    events::{BytesStart, Event},
};
use zip::ZipArchive;

use super::{cell::Cell, error::SheetError, grid::Grid, limits::SheetLimits};

/// The part that holds all sheets.
const CONTENT: &str = "content.xml";

/// Reads all sheets of a spreadsheet, in their order.
pub(super) fn read(bytes: &[u8], limits: &SheetLimits) -> Result<Vec<(String, Grid)>, SheetError> {
    check_repetitions(bytes, limits)?;
    let mut book = Ods::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut grids = Vec::new();
    for name in book.sheet_names() {
        grids.push((name.clone(), sheet(&mut book, &name, limits)?));
    }
    Ok(grids)
}

fn sheet(
    book: &mut Ods<Cursor<&[u8]>>,
    name: &str,
    limits: &SheetLimits,
) -> Result<Grid, SheetError> {
    let values = book.worksheet_range(name).map_err(|error| damaged(&error))?;
    let formulas = book.worksheet_formula(name).map_err(|error| damaged(&error))?;
    let mut grid = Grid::default();
    let (Some((first, left)), true) = (values.start(), values.width() > 0) else {
        return Ok(grid);
    };
    let formulas: BTreeMap<(u32, u32), &String> = match formulas.start() {
        None => BTreeMap::new(),
        Some((row, column)) => formulas
            .used_cells()
            .map(|(at, across, text)| ((row + at as u32, column + across as u32), text))
            .filter(|(_, text)| !text.is_empty())
            .collect(),
    };
    for (at, cells) in (first..).zip(values.rows()) {
        let mut row = vec![Cell::Empty; left as usize];
        for (across, data) in (left..).zip(cells) {
            let is_formula = formulas.contains_key(&(at, across));
            row.push(if is_formula { Cell::Formula } else { of_data(data) });
        }
        grid.add(at.saturating_add(1), row, limits)?;
    }
    Ok(grid)
}

fn of_data(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) => Cell::text(text),
        #[expect(clippy::cast_precision_loss, reason = "spreadsheets keep fifteen digits")]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::Bool(truth) => Cell::Truth(*truth),
        Data::DateTime(moment) => Cell::Date(moment.to_string()),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Date(text.clone()),
        Data::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Counts the cells that a spreadsheet comes to: a row and a cell say how often they are repeated, and whoever reads
/// them takes their word. Those at the end of a row and of a sheet that say nothing are not counted, since they are
/// not kept.
fn check_repetitions(bytes: &[u8], limits: &SheetLimits) -> Result<(), SheetError> {
    let broken = |error: &dyn std::fmt::Display| SheetError::Damaged { reason: error.to_string() };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let content = archive.by_name(CONTENT).map_err(|error| broken(&error))?;
    let mut reader = XmlReader::from_reader(BufReader::new(content));
    let mut counted = Counted { limits: limits.clone(), ..Counted::default() };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(element) => counted.begin(&element, true)?,
            Event::Empty(element) => {
                counted.begin(&element, false)?;
                if element.name().as_ref() == "table:table-row" {
                    counted.end_row()?;
                }
            }
            Event::End(element) => match element.name().as_ref() {
                "table:table-row" => counted.end_row()?,
                "table:table" => counted.end_sheet(),
                _ => {}
            },
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The cells of a spreadsheet so far.
#[derive(Default)]
struct Counted {
    limits: SheetLimits,
    /// The cells of all rows that say something, and of those between.
    cells: usize,
    widest: usize,
    /// The repetitions of the row, and its cells as far as one says something.
    repeated: usize,
    row: usize,
    /// The cells and rows that say nothing since one did.
    empty_cells: usize,
    empty_rows: usize,
}

impl Counted {
    fn begin(&mut self, element: &BytesStart<'_>, has_content: bool) -> Result<(), SheetError> {
        match element.name().as_ref() {
            "table:table-row" => {
                self.repeated = repetitions(element, "table:number-rows-repeated");
                (self.row, self.empty_cells) = (0, 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let repeated = repetitions(element, "table:number-columns-repeated");
                let says = |name: &str| name.starts_with("office:") || name == "table:formula";
                let says_something = has_content
                    || element.attributes().flatten().any(|said| says(said.key.as_ref()));
                if says_something {
                    self.row = self.row.saturating_add(self.empty_cells).saturating_add(repeated);
                    self.empty_cells = 0;
                } else {
                    self.empty_cells = self.empty_cells.saturating_add(repeated);
                }
                self.bounded(self.row)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), SheetError> {
        let repeated = std::mem::replace(&mut self.repeated, 1);
        if self.row == 0 {
            self.empty_rows = self.empty_rows.saturating_add(repeated);
            return Ok(());
        }
        self.widest = self.widest.max(self.row);
        let rows = repeated.saturating_add(std::mem::take(&mut self.empty_rows));
        self.cells = self.cells.saturating_add(rows.saturating_mul(self.widest));
        self.bounded(self.cells)
    }

    fn end_sheet(&mut self) {
        (self.empty_rows, self.widest) = (0, 0);
    }

    fn bounded(&self, cells: usize) -> Result<(), SheetError> {
        let limit = self.limits.cells;
        if cells > limit { Err(SheetError::TooManyCells { limit }) } else { Ok(()) }
    }
}

/// The number of times that an element stands for itself; one whose number cannot be read is counted as often as can be.
fn repetitions(element: &BytesStart<'_>, name: &str) -> usize {
    let told = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == name);
    told.map_or(1, |told| told.value.parse().unwrap_or(usize::MAX))
}

fn damaged(error: &OdsError) -> SheetError {
    if matches!(error, OdsError::Password) {
        return SheetError::Password;
    }
    SheetError::Damaged { reason: error.to_string() }
}
