//! The status byte that every frame has, and the time that may stand at its end.

use champollion_sdk::{clocks, prelude::*};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The status of the device.
///
/// Of PULSE 3 bit 2 is an error of the hardware; PULSE 4 has no such bit, and says by it that a time follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status(pub(crate) Spanned<u8>);

/// 2013-01-01T00:00:00Z, from which the device counts seconds.
const YEAR_2013: u64 = 1_356_998_400;

impl Status {
    pub(crate) fn alarm(self) -> Measurement {
        quantity::ALARM_BATTERY.of(self.0.bit(1))
    }

    pub(crate) fn has_time(self) -> bool {
        *self.0.bit(2)
    }

    /// Bytes at the end of a frame that are its time.
    pub(crate) fn time_bytes(self) -> usize {
        if self.has_time() { size_of::<u32>() } else { 0 }
    }

    /// Reads the time at the end of a frame, by the clock of the device, whose zone no frame tells; and the end.
    pub(crate) fn time(self, payload: &mut Reader<'_>) -> Result<Option<String>, Failure> {
        let time = match self.has_time() {
            true => Some((u64::from(*payload.u32_be()?) + YEAR_2013) * 1_000),
            false => None,
        };
        payload.end()?;
        // It is no moment in UTC, so the Z is taken off.
        Ok(time.map(|time| clocks::rfc3339(time).trim_end_matches('Z').to_owned()))
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut status = serializer.serialize_struct("Status", 4)?;
        status.serialize_field("frameCounter", &self.0.bits(5, 3))?;
        status.serialize_field("configurationDone", &self.0.bit(0))?;
        status.serialize_field("lowBattery", &self.0.bit(1))?;
        status.serialize_field("timestamp", &self.has_time())?;
        status.end()
    }
}
