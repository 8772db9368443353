//! The values of telegrams on FPort 100, whichever telegram it is.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{history::Increment, meter_time::MeterTime, status::Alarms};

/// M-Bus fills up with this byte.
const PADDING: u8 = 0x2F;

/// The data of all telegrams with values: indexes in cubic metres, and increments in litres as they were
/// sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Telegram<'values> {
    pub(crate) telegram: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frame_version: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current_date_time: Option<MeterTime>,
    pub(crate) status_code: u8,
    pub(crate) alarms: Alarms,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current_volume: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) water_temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_date_time: Option<MeterTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_volume: Option<f64>,
    pub(crate) delta_volumes: &'values [Increment],
}

/// Asks that the payload ends here, but for one byte of padding.
pub(crate) fn end_or_padding(payload: &mut Reader<'_>) -> Result<(), Failure> {
    if payload.remaining() == 1 && payload.peek() == Some(PADDING) {
        payload.skip(1)?;
    }
    payload.end()
}

/// A value that is valid.
pub(crate) fn valid<T: Copy>(read: Spanned<Option<T>>) -> Option<Spanned<T>> {
    read.value.map(|value| Spanned { value, span: read.span })
}

/// The same at the time of the meter's clock; at that of the reception where the clock is not set.
pub(crate) fn timed(measurement: Measurement, measured_at: Option<MeterTime>) -> Measurement {
    match measured_at {
        Some(time) => measurement.at(time.milliseconds()),
        None => measurement,
    }
}
