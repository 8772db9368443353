//! A table with a row for each record and a column for each quantity of each channel.
//!
//! A record with measurements of several moments has a row for each moment, and one that measures the
//! same twice has a further row, so that nothing is left out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    cells,
    error::FormatError,
    fields::{self, FIRST, LAST, moment},
    layout::Layout,
    sheet::Sheet,
    view::{Measured, View},
};

/// The column that says when what is in a row was measured.
const MEASURED_AT: &str = "measuredAt";

/// The columns in the order of the vocabulary, which is that of the names, and of the channels; and the unit
/// of each.
type Columns<'json> = BTreeMap<(&'json str, u16), &'json str>;

pub(super) fn write(views: &[View<'_>], layout: Layout) -> Result<Vec<u8>, FormatError> {
    let mut columns = Columns::new();
    for measured in views.iter().flat_map(View::measurements) {
        columns.insert((&measured.quantity, measured.channel), &measured.unit);
    }
    let mut sheet = Sheet::new(layout);
    let titles = columns
        .iter()
        .map(|(&(quantity, channel), unit)| cells::title(&title(quantity, channel, unit), layout));
    let own = |name: &&str| (*name).to_owned();
    let names = FIRST.iter().chain([&MEASURED_AT]).map(own);
    sheet.row(names.chain(titles).chain(LAST.iter().map(own)));
    for view in views {
        let first = fields::first(view, layout);
        for (index, (measured_at, row)) in rows(view).into_iter().enumerate() {
            let values = columns.keys().map(|column| {
                row.get(column)
                    .map_or(Ok(String::new()), |measured| cells::value(measured.value, layout))
            });
            let values = values.collect::<Result<Vec<_>, _>>()?;
            let last = fields::last(view, index == 0, layout);
            let when = [moment(measured_at)];
            sheet.row(first.iter().chain(&when).chain(&values).chain(&last));
        }
    }
    Ok(sheet.finish())
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
