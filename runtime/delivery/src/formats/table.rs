//! A table of records: its columns and rows, in whichever form it is written.

use jiff::tz::TimeZone;

use super::{
    cell::Cell,
    columns,
    error::FormatError,
    layout::Layout,
    options::TableOptions,
    parquet_sheet::ParquetSheet,
    rows::{self, RowsOf},
    sheet::{CsvSheet, Sheet},
    view::View,
    workbook::WorkbookSheet,
};

/// Most text of columns of the recipient's own, in megabytes: an expression can make much of a short record.
const MEGABYTES: usize = 64;

/// Writes a table as CSV.
pub(super) fn csv(
    views: &[View<'_>],
    rows_of: RowsOf,
    options: &TableOptions,
) -> Result<Vec<u8>, FormatError> {
    let mut sheet = CsvSheet::new(options.layout);
    let rows_of = match options.layout {
        Layout::Database => by_channel(rows_of),
        Layout::International | Layout::French => rows_of,
    };
    write(views, rows_of, options, options.layout == Layout::French, &mut sheet)?;
    Ok(sheet.finish())
}

/// Writes a table as Parquet. Its columns are those of tables for databases, since the files of a route are read as one.
pub(super) fn parquet(
    views: &[View<'_>],
    rows_of: RowsOf,
    options: &TableOptions,
) -> Result<Vec<u8>, FormatError> {
    let mut sheet = ParquetSheet::new();
    let options = TableOptions { layout: Layout::Database, ..options.clone() };
    write(views, by_channel(rows_of), &options, false, &mut sheet)?;
    sheet.finish()
}

/// Writes a table as a workbook.
pub(super) fn workbook(
    views: &[View<'_>],
    rows_of: RowsOf,
    options: &TableOptions,
) -> Result<Vec<u8>, FormatError> {
    let mut sheet = WorkbookSheet::new("records")?;
    write(views, rows_of, options, true, &mut sheet)?;
    sheet.finish()
}

/// The rows for which the columns do not depend on what was measured.
fn by_channel(rows_of: RowsOf) -> RowsOf {
    match rows_of {
        RowsOf::Records | RowsOf::RecordsByChannel => RowsOf::RecordsByChannel,
        RowsOf::Measurements => RowsOf::Measurements,
    }
}

fn write(
    views: &[View<'_>],
    rows_of: RowsOf,
    options: &TableOptions,
    is_local: bool,
    sheet: &mut impl Sheet,
) -> Result<(), FormatError> {
    let content = &options.content;
    if let Some(templates) = &content.columns {
        sheet.begin(&templates.headings())?;
        let mut bytes = 0;
        for view in views {
            let zone = zone(view, options);
            for row in rows::of(view, rows_of, content, &zone) {
                let cells = templates.cells(&row)?;
                bytes += cells.iter().map(Cell::text_bytes).sum::<usize>();
                if bytes > MEGABYTES * 1_000_000 {
                    return Err(FormatError::TooLarge { megabytes: MEGABYTES });
                }
                sheet.row(&cells)?;
            }
        }
        return Ok(());
    }
    let columns = columns::of(views, rows_of, options, is_local);
    sheet.begin(&columns::headings(&columns, options.layout))?;
    for view in views {
        let zone = zone(view, options);
        for row in rows::of(view, rows_of, content, &zone) {
            let cells = columns.iter().map(|column| column.cell(&row));
            sheet.row(&cells.collect::<Result<Vec<_>, _>>()?)?;
        }
    }
    Ok(())
}

/// The zone in which moments of a record may be shown: its own, where one was asked for.
fn zone(view: &View<'_>, options: &TableOptions) -> TimeZone {
    let own = view.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| options.zone.clone())
}
