//! The telegrams with values, on FPort 100. Three are known, and none says which one it is:
//!
//! | Bytes    | Telegram                  | Sources                                              |
//! |----------|---------------------------|------------------------------------------------------|
//! | 17 to 48 | extended                  | Actility, ZENNER (by V01.7), AWS (by F1 V2.0)        |
//! | 19 to 48 | extended with temperature | diwise, with telegrams of several meters             |
//! | 51, 52   | enhanced                  | The Things Network, diwise; both with real telegrams |
//!
//! | Extended                 | At | With temperature         | At | Enhanced             | At |
//! |--------------------------|----|--------------------------|----|----------------------|----|
//! |                          |    |                          |    | frame version 1 (u8) | 0  |
//! | current date (u32)       | 0  | current date (u32)       | 0  | current date (u32)   | 1  |
//! | status (u8)              | 4  | status (u8)              | 4  | status (u8)          | 5  |
//! | current volume (u32)     | 5  | current volume (u32)     | 5  |                      |    |
//! |                          |    | temperature (i16)        | 9  |                      |    |
//! | log date (u32)           | 9  | log date (u32)           | 11 |                      |    |
//! | log volume (u32)         | 13 | log volume (u32)         | 15 | first volume (u32)   | 6  |
//! | 0 to 15 increments (u16) | 17 | 0 to 15 increments (u16) | 19 | 23 increments (u14)  | 10 |
//! |                          |    |                          |    | multiplier (u6)      | 50 |
//! | padding 2F or nothing    |    | padding 2F or nothing    |    | padding 2F or nothing | 51 |
//!
//! Others are sent: Alkarex's decoder knows one of whole volumes and a period, and telegrams of 11
//! bytes were found, as many as fit the lowest data rate of the USA, where a W1 may count in other
//! units than litres. No public document was found that lays them out, so they are refused.

use champollion_sdk::prelude::*;

use crate::{enhanced, extended, meter_time::MeterTime};

/// The longest telegram of the extended kinds is 48 bytes; what is a little longer is one with
/// something added, and what is longer than this is of the enhanced kind.
const LONGEST_EXTENDED: usize = 50;

pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    if uplink.payload.len() > LONGEST_EXTENDED {
        return enhanced::decode(uplink);
    }
    if begins_as_enhanced(uplink.reader()) {
        let message = "an enhanced telegram of at least 51 bytes was cut short";
        return Err(Failure::new(FailureKind::TooShort, message));
    }
    extended::decode(uplink)
}

/// Whether a short telegram is what is left of an enhanced one: the frame version 1, and a date behind it that is
/// none where an extended telegram has it.
fn begins_as_enhanced(payload: Reader<'_>) -> bool {
    let (mut enhanced, mut extended) = (payload.clone(), payload);
    let date_at =
        |reader: &mut Reader<'_>| reader.u32_le().is_ok_and(|date| MeterTime::is_in_use(*date));
    enhanced.u8().is_ok_and(|version| *version == 1)
        && date_at(&mut enhanced)
        && !date_at(&mut extended)
}
