//! A table with a row for each record and a column for each quantity of each channel.
//!
//! A record with measurements of several moments has a row for each moment, and one that measures the
//! same twice has a further row, so that nothing is left out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    error::FormatError,
    fields::{self, FIRST, LAST, finish, moment, table},
    view::{Measured, View},
};

/// The column that says when what is in a row was measured.
const MEASURED_AT: &str = "measuredAt";

/// The columns in the order of the vocabulary, which is that of the names, and of the channels; and the unit
/// of each.
type Columns<'json> = BTreeMap<(&'json str, u16), &'json str>;

pub(super) fn write(views: &[View<'_>]) -> Result<Vec<u8>, FormatError> {
    let mut columns = Columns::new();
    for measured in views.iter().flat_map(View::measurements) {
        columns.insert((&measured.quantity, measured.channel), &measured.unit);
    }
    let mut table = table();
    for name in FIRST.iter().chain([&MEASURED_AT]) {
        table.write_field(name)?;
    }
    for (&(quantity, channel), unit) in &columns {
        table.write_field(title(quantity, channel, unit))?;
    }
    table.write_record(LAST)?;
    for view in views {
        let first = fields::first(view);
        for (index, (measured_at, row)) in rows(view).into_iter().enumerate() {
            for field in &first {
                table.write_field(field)?;
            }
            table.write_field(moment(measured_at))?;
            for column in columns.keys() {
                let value = row.get(column).map(|measured| fields::value(measured.value));
                table.write_field(value.transpose()?.unwrap_or_default())?;
            }
            table.write_record(fields::last(view, index == 0))?;
        }
    }
    Ok(finish(table)?)
}

/// When it was measured, and what, by quantity and channel.
type Row<'view, 'json> = (Timestamp, BTreeMap<(&'view str, u16), &'view Measured<'json>>);

/// The rows of a record: at least one.
fn rows<'view, 'json>(view: &'view View<'json>) -> Vec<Row<'view, 'json>> {
    let mut rows: Vec<Row<'view, 'json>> = Vec::new();
    for measured in view.measurements() {
        let at = measured.measured_at.unwrap_or(view.received_at);
        let column = (&*measured.quantity, measured.channel);
        let free =
            rows.iter_mut().find(|(row_at, row)| *row_at == at && !row.contains_key(&column));
        match free {
            Some((_, row)) => drop(row.insert(column, measured)),
            None => rows.push((at, BTreeMap::from([(column, measured)]))),
        }
    }
    if rows.is_empty() {
        rows.push((view.received_at, BTreeMap::new()));
    }
    rows
}

/// `water.volume [m3]`; of a channel other than 0 `pulse.count #1 [1]`. A unit that stands in brackets
/// itself is not put into further ones.
fn title(quantity: &str, channel: u16, unit: &str) -> String {
    let channel = if channel == 0 { String::new() } else { format!(" #{channel}") };
    match unit {
        "" => format!("{quantity}{channel}"),
        _ if unit.starts_with('[') => format!("{quantity}{channel} {unit}"),
        _ => format!("{quantity}{channel} [{unit}]"),
    }
}
