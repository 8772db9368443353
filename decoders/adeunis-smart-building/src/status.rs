//! The status of the device, the second byte of all frames, and its clock.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The status, in the words of the maker's codec.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    frame_counter: Spanned<u8>,
    low_battery: Spanned<bool>,
    configuration_done: Spanned<bool>,
    configuration_inconsistency: Spanned<bool>,
    /// Whether a time stands behind the frame.
    #[serde(skip)]
    pub(crate) timestamp: Spanned<bool>,
}

impl Status {
    pub(crate) fn read(byte: Spanned<u8>) -> Self {
        Self {
            frame_counter: byte.bits(5, 3),
            low_battery: byte.bit(1),
            configuration_done: byte.bit(0),
            configuration_inconsistency: byte.bit(3),
            timestamp: byte.bit(2),
        }
    }

    pub(crate) fn measurement(self) -> Measurement {
        quantity::ALARM_BATTERY.of(self.low_battery)
    }
}

/// Seconds from 1970 to 2013, from which the maker's clocks count.
const YEAR_2013: u64 = 1_356_998_400;

/// Reads a time, as seconds since 1970.
pub(crate) fn seconds_since_2013(payload: &mut Reader<'_>) -> Result<Spanned<u64>, Failure> {
    Ok(payload.u32_be()?.map(|seconds| YEAR_2013 + u64::from(seconds)))
}
