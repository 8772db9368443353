//! Sheets that are written: as a workbook, or as CSV.

use csv::{Terminator, WriterBuilder};
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError,
};

use super::{
    cell::Cell,
    field::{Field, Language},
    marks::marked,
    row::ActivationWord,
};
use crate::objects::{DeviceClass, Geolocation, LifeCycle};

/// Most characters of a cell; spreadsheets take no more.
const CHARACTERS: usize = 32_767;

/// Rows of a template that are prepared: their cells are of the right form, and offer their words.
const PREPARED_ROWS: u32 = 10_000;

/// The width of a column, in characters: that of an EUI and of a key.
const WIDTH: f64 = 20.0;
const KEY_WIDTH: f64 = 36.0;

/// Tells spreadsheets that a text is in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A row of CSV that says nothing: a line without a separator would be one cell between quotation marks.
const EMPTY_ROW: [&str; 2] = ["", ""];

/// The form of a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// A workbook of Office Open XML (XLSX).
    Workbook,
    /// A text with a separator between its cells.
    Csv {
        /// The separator, one byte of ASCII.
        separator: u8,
    },
}

impl FileForm {
    /// CSV as spreadsheets in a language open it.
    #[must_use]
    pub fn csv(language: Language) -> Self {
        let separator = match language {
            Language::English => b',',
            Language::French => b';',
        };
        Self::Csv { separator }
    }
}

/// Why a sheet cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A workbook cannot hold it.
    #[error("the workbook cannot be written")]
    Workbook(#[from] XlsxError),
    /// The text cannot be put together.
    #[error("the text cannot be written")]
    Text(#[from] csv::Error),
}

/// Writes a sheet of headings and rows.
///
/// # Errors
/// A workbook cannot hold it.
pub fn write_sheet(
    form: FileForm,
    headings: &[String],
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> Result<Vec<u8>, WriteError> {
    let titles = headings.iter().map(|heading| Cell::text(heading.as_str())).collect();
    let rows = std::iter::once(titles).chain(rows);
    write_cells(form, (1..).zip(rows))
}

/// Writes rows with their numbers, which ascend; rows that are left out are empty ones.
pub(super) fn write_cells(
    form: FileForm,
    rows: impl IntoIterator<Item = (u32, Vec<Cell>)>,
) -> Result<Vec<u8>, WriteError> {
    match form {
        FileForm::Workbook => write_workbook(rows),
        FileForm::Csv { separator } => write_csv(separator, rows),
    }
}

/// A column of a list whose cells offer words to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'words> {
    /// The place of the column, counted from 0.
    pub column: u16,
    /// The words that its cells offer.
    pub words: &'words [&'words str],
}

/// Writes a workbook of a list that people fill in: all cells are texts, and those of one column offer words.
///
/// # Errors
/// A workbook cannot hold it.
pub fn write_list(
    name: &str,
    headings: &[String],
    rows: &[Vec<String>],
    choices: &Choices<'_>,
) -> Result<Vec<u8>, WriteError> {
    let mut workbook = new_workbook()?;
    let text = Format::new().set_num_format("@");
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (place, heading) in (0_u16..).zip(headings) {
        sheet.set_column_width(place, WIDTH)?;
        sheet.write_string_with_format(0, place, heading, &bold)?;
    }
    let mut last: u32 = 0;
    for (number, row) in (1_u32..).zip(rows) {
        for (place, cell) in (0_u16..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            write_cell(sheet, number, place, &Cell::Text(cell.clone()), &text)?;
        }
        last = number;
    }
    if last > 0 {
        let list = DataValidation::new().allow_list_strings(choices.words)?;
        sheet.add_data_validation(1, choices.column, last, choices.column, &list)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// Writes an empty sheet with the headings of all fields but those of session keys; a workbook prepares the cells below
/// them.
///
/// # Errors
/// A workbook cannot hold it.
pub fn template(form: FileForm, language: Language) -> Result<Vec<u8>, WriteError> {
    let is_offered = |field: &Field| {
        !matches!(field, Field::FNwkSIntKey | Field::SNwkSIntKey | Field::NwkSEncKey)
    };
    let fields: Vec<Field> = Field::ALL.iter().copied().filter(is_offered).collect();
    let title = |field: &Field| {
        let mark = if field.is_mandatory() { "*" } else { "" };
        format!("{}{mark}", field.heading(language))
    };
    let headings: Vec<String> = fields.iter().map(title).collect();
    if form != FileForm::Workbook {
        return write_sheet(form, &headings, []);
    }
    let mut workbook = new_workbook()?;
    let text = Format::new().set_num_format("@");
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.set_name(match language {
        Language::English => "devices",
        Language::French => "objets",
    })?;
    sheet.set_freeze_panes(1, 1)?;
    for (place, (field, heading)) in (0_u16..).zip(fields.iter().zip(&headings)) {
        let width = if field.is_key() { KEY_WIDTH } else { WIDTH };
        sheet.set_column_width(place, width)?;
        // All but degrees are texts: a spreadsheet makes no numbers of them.
        if !matches!(field, Field::Latitude | Field::Longitude) {
            sheet.set_column_format(place, &text)?;
        }
        sheet.write_string_with_format(0, place, heading, &bold)?;
        let words = words(*field);
        if !words.is_empty() {
            let list = DataValidation::new().allow_list_strings(words)?;
            sheet.add_data_validation(1, place, PREPARED_ROWS, place, &list)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// The words that a field has one of; none of a field of any text.
fn words(field: Field) -> &'static [&'static str] {
    match field {
        Field::Geolocation => Geolocation::WORDS,
        Field::LifeCycle => LifeCycle::WORDS,
        Field::Class => DeviceClass::WORDS,
        Field::Activation => &ActivationWord::WORDS,
        Field::Lorawan => &["1.0.2", "1.0.3", "1.0.4", "1.1"],
        _ => &[],
    }
}

fn new_workbook() -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    // The same devices always give the same bytes.
    let begin = ExcelDateTime::from_timestamp(0)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&begin));
    Ok(workbook)
}

fn write_workbook(rows: impl IntoIterator<Item = (u32, Vec<Cell>)>) -> Result<Vec<u8>, WriteError> {
    let mut workbook = new_workbook()?;
    let text = Format::new().set_num_format("@");
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    for (number, cells) in rows {
        for (place, cell) in (0_u16..).zip(&cells) {
            write_cell(sheet, number.saturating_sub(1), place, cell, &text)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    place: u16,
    cell: &Cell,
    form: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Number(number) if number.is_finite() => {
            sheet.write_number(row, place, *number)?;
        }
        Cell::Truth(truth) => {
            sheet.write_boolean(row, place, *truth)?;
        }
        other => {
            let fitting: String = shown(other).chars().take(CHARACTERS).collect();
            sheet.write_string_with_format(row, place, fitting, form)?;
        }
    }
    Ok(())
}

fn write_csv(
    separator: u8,
    rows: impl IntoIterator<Item = (u32, Vec<Cell>)>,
) -> Result<Vec<u8>, WriteError> {
    let mut writer = WriterBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .terminator(Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let comma = separator == b';';
    let mut line: u32 = 1;
    for (number, cells) in rows {
        while line < number {
            writer.write_record(EMPTY_ROW)?;
            line += 1;
        }
        let texts: Vec<String> = cells.iter().map(|cell| plain(cell, comma)).collect();
        // A cell may hold line breaks, which are lines of the file as well.
        let breaks: usize = texts.iter().map(|text| text.matches('\n').count()).sum();
        line = line.saturating_add(1).saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        writer.write_record(&texts)?;
    }
    writer.into_inner().map_err(|error| WriteError::Text(error.into_error().into()))
}

/// The text of a cell in CSV: none that a spreadsheet takes for a formula.
fn plain(cell: &Cell, comma: bool) -> String {
    match cell {
        Cell::Number(number) if comma => number.to_string().replace('.', ","),
        Cell::Number(number) => number.to_string(),
        cell => marked(&shown(cell)).into_owned(),
    }
}

/// The text of a cell; of a formula that it is one.
pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Date(text) | Cell::Error(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Formula => "(formula)".to_owned(),
    }
}
