//! A row of a table.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

use super::view::{Measured, View};

/// Measurements by quantity and channel.
pub(super) type ByColumn<'row> = BTreeMap<(&'row str, u16), &'row Measured<'row>>;

/// A row of a table.
pub(super) struct Row<'row> {
    pub(super) view: &'row View<'row>,
    /// The zone in which moments may be shown.
    pub(super) zone: &'row TimeZone,
    /// The moment of the measurements; that of the reception where the device tells none.
    pub(super) measured_at: Timestamp,
    /// The channel of the measurements, where the row is of one.
    pub(super) channel: Option<u16>,
    /// The measurement of the row, where it is of one.
    pub(super) measured: Option<&'row Measured<'row>>,
    /// The measurements of the row, where it may be of several.
    pub(super) by_column: ByColumn<'row>,
    /// Whether it is the first row of its record.
    pub(super) is_first: bool,
}

impl<'row> Row<'row> {
    /// Returns the measurement of a quantity and channel, in a row that may be of several.
    pub(super) fn measured_of(&self, name: &str, channel: u16) -> Option<&'row Measured<'row>> {
        let mut all = self.by_column.iter();
        all.find(|((found, of), _)| *found == name && *of == channel).map(|(_, measured)| *measured)
    }
}
