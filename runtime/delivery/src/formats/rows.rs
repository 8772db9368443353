//! Rows of a table: one for each measurement, or one for each record.
//!
//! A record with measurements of several moments has a row for each moment, and one that measures the
//! same twice has a further row, so that nothing is left out.

use jiff::tz::TimeZone;

use super::{
    options::TableContent,
    row::{ByColumn, Row},
    view::View,
};

/// The rows that a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsOf {
    /// A row for each measurement; a record without any has one row.
    Measurements,
    /// A row for each record and moment, with a column for each quantity and channel.
    Records,
    /// The same with a row for each channel, so that the columns are those of the quantities alone.
    RecordsByChannel,
}

/// Returns the rows of a record. A table that has certain quantities alone, with a row for each measurement, has
/// none of a record without them; any other has at least one.
pub(super) fn of<'row>(
    view: &'row View<'row>,
    rows_of: RowsOf,
    content: &TableContent,
    zone: &'row TimeZone,
) -> Vec<Row<'row>> {
    let empty = |measured_at, channel| Row {
        view,
        zone,
        measured_at,
        channel,
        measured: None,
        by_column: ByColumn::new(),
        is_first: false,
    };
    let mut rows: Vec<Row<'row>> = Vec::new();
    for measured in view.measurements() {
        if !content.takes(&measured.quantity) {
            continue;
        }
        let at = measured.measured_at.unwrap_or(view.received_at);
        if rows_of == RowsOf::Measurements {
            let row = empty(at, Some(measured.channel));
            rows.push(Row { measured: Some(measured), ..row });
            continue;
        }
        let channel = (rows_of == RowsOf::RecordsByChannel).then_some(measured.channel);
        let column = (&*measured.quantity, measured.channel);
        let free = rows.iter_mut().find(|row| {
            row.measured_at == at && row.channel == channel && !row.by_column.contains_key(&column)
        });
        match free {
            Some(row) => drop(row.by_column.insert(column, measured)),
            None => {
                let mut row = empty(at, channel);
                row.by_column.insert(column, measured);
                rows.push(row);
            }
        }
    }
    let may_be_none = rows_of == RowsOf::Measurements && !content.quantities.is_empty();
    if rows.is_empty() && !may_be_none {
        rows.push(empty(view.received_at, None));
    }
    if let Some(first) = rows.first_mut() {
        first.is_first = true;
    }
    rows
}
