//! A table with a row for each measurement. A record without any has one row.

use super::{
    cells,
    error::FormatError,
    fields::{self, FIRST, LAST, moment},
    layout::Layout,
    sheet::Sheet,
    view::View,
};

/// The columns of a measurement.
const MEASUREMENT: [&str; 5] = ["measuredAt", "quantity", "channel", "value", "unit"];

pub(super) fn write(views: &[View<'_>], layout: Layout) -> Result<Vec<u8>, FormatError> {
    let mut sheet = Sheet::new(layout);
    sheet.row(FIRST.iter().chain(&MEASUREMENT).chain(&LAST));
    for view in views {
        let first = fields::first(view, layout);
        let mut row = |measurement: &[String; 5], is_first_row| {
            let last = fields::last(view, is_first_row, layout);
            sheet.row(first.iter().chain(measurement).chain(&last));
        };
        if view.measurements().is_empty() {
            row(&Default::default(), true);
        }
        for (index, measured) in view.measurements().iter().enumerate() {
            let measurement = [
                moment(measured.measured_at.unwrap_or(view.received_at)),
                cells::text(&measured.quantity, layout),
                measured.channel.to_string(),
                cells::value(measured.value, layout)?,
                cells::text(&measured.unit, layout),
            ];
            row(&measurement, index == 0);
        }
    }
    Ok(sheet.finish())
}
