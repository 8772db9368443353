//! A table with a row for each measurement. A record without any has one row.

use super::{
    error::FormatError,
    fields::{self, FIRST, LAST, finish, moment, table},
    view::View,
};

/// The columns of a measurement.
const MEASUREMENT: [&str; 5] = ["measuredAt", "quantity", "channel", "value", "unit"];

pub(super) fn write(views: &[View<'_>]) -> Result<Vec<u8>, FormatError> {
    let mut table = table();
    table.write_record(FIRST.iter().chain(&MEASUREMENT).chain(&LAST))?;
    for view in views {
        let first = fields::first(view);
        let mut row = |measurement: &[String; 5], is_first_row| {
            let last = fields::last(view, is_first_row);
            table.write_record(first.iter().chain(measurement).chain(&last))
        };
        if view.measurements().is_empty() {
            row(&Default::default(), true)?;
        }
        for (index, measured) in view.measurements().iter().enumerate() {
            let measurement = [
                moment(measured.measured_at.unwrap_or(view.received_at)),
                fields::text(&measured.quantity).into_owned(),
                measured.channel.to_string(),
                fields::value(measured.value)?,
                measured.unit.clone().into_owned(),
            ];
            row(&measurement, index == 0)?;
        }
    }
    Ok(finish(table)?)
}
