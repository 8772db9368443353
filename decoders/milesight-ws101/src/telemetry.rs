//! Values of the WS101 beside its presses.

use champollion_sdk::families::milesight::rows::{self, Row};

/// The values by channel and type.
pub(crate) const ROWS: &[Row] = &[rows::BATTERY, rows::SHORT_SERIAL_NUMBER];
