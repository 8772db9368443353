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

/// Those that came later, at the end, since columns keep their places.
const MEASUREMENT_MORE: [&str; 3] = ["measurement", "kind", "current"];

pub(super) fn write(views: &[View<'_>], layout: Layout) -> Result<Vec<u8>, FormatError> {
    let mut sheet = Sheet::new(layout);
    sheet.row(FIRST.iter().chain(&MEASUREMENT).chain(&LAST).chain(&MEASUREMENT_MORE));
    for view in views {
        let first = fields::first(view, layout);
        let mut row = |measurement: &[String; 5], more: &[String; 3], is_first_row| {
            let last = fields::last(view, is_first_row, layout);
            sheet.row(first.iter().chain(measurement).chain(&last).chain(more));
        };
        if view.measurements().is_empty() {
            row(&Default::default(), &Default::default(), true);
        }
        for (index, measured) in view.measurements().iter().enumerate() {
            let measurement = [
                moment(measured.measured_at.unwrap_or(view.received_at)),
                cells::text(&measured.quantity, layout),
                measured.channel.to_string(),
                cells::value(measured.value, layout)?,
                cells::text(&measured.unit, layout),
            ];
            let more = [
                cells::text(&measured.id, layout),
                cells::text(&measured.kind, layout),
                measured.current.map(|current| current.to_string()).unwrap_or_default(),
            ];
            row(&measurement, &more, index == 0);
        }
    }
    Ok(sheet.finish())
}
