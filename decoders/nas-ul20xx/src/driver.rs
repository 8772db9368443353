//! The status of a DALI driver where NAS's devices tell one, and levels of dimming.

use champollion_sdk::{families::dali::Status, prelude::*};
use serde::Serialize;

use crate::address::Address;

/// The device sends this where a driver was not asked, or did not answer.
const NO_STATUS: u8 = 0xFF;
/// The device sends this where it does not know how bright a lamp is.
const NO_LEVEL: u8 = 0xFF;

/// Reads a status; `None` where the device has none. NAS's codec shows all flags as false there
/// ("status byte ignored if FF"), which would report a lamp as out that may well be lit.
pub(crate) fn read_status(payload: &mut Reader<'_>) -> Result<Option<Status>, Failure> {
    let flags = payload.u8()?;
    Ok((flags.value != NO_STATUS).then_some(Status(flags)))
}

/// Returns the measurements of the driver at an address.
///
/// Only a single driver answers for itself. Answers to a broadcast or to a group collide on the
/// bus, and an analog output has no status, so there a zero says nothing.
pub(crate) fn measurements(status: Status, address: Address) -> Vec<Measurement> {
    if !matches!(address, Address::DaliSingle(_)) {
        return Vec::new();
    }
    let channel = address.channel();
    status.measurements().into_iter().map(|measurement| measurement.on(channel)).collect()
}

/// A driver and its status.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Driver {
    pub(crate) address: Spanned<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
}

impl Driver {
    /// Reads drivers up to the end; there must be one at least.
    pub(crate) fn read_all(payload: &mut Reader<'_>) -> Result<Vec<Self>, Failure> {
        let mut drivers = Vec::new();
        loop {
            drivers.push(Self {
                address: Address::read_output(payload)?,
                status: read_status(payload)?,
            });
            if payload.is_empty() {
                return Ok(drivers);
            }
        }
    }

    /// Returns the measurements of the driver.
    pub(crate) fn measurements(&self) -> Vec<Measurement> {
        self.status.map_or_else(Vec::new, |status| measurements(status, self.address.value))
    }
}

/// Reads how bright a lamp is in percent; `None` where the device does not know.
pub(crate) fn read_level(payload: &mut Reader<'_>) -> Result<Option<Spanned<f64>>, Failure> {
    let level = payload.u8()?;
    match level.value {
        NO_LEVEL => Ok(None),
        0..=100 => Ok(Some(level.map(f64::from))),
        percent => {
            let message = format!("a lamp cannot be dimmed to {percent} %");
            Err(Failure::invalid_value(message).at(level.span))
        }
    }
}

/// Seconds since 1970; `None` before 2015. A controller that nobody has told the time counts from
/// the year 2000 (payloads 1.1, boot_packet); 2015 is where NAS's codec draws the line.
pub(crate) fn read_clock(payload: &mut Reader<'_>) -> Result<Option<Spanned<u32>>, Failure> {
    let seconds = payload.u32_le()?;
    Ok((seconds.value >= START_OF_2015).then_some(seconds))
}

/// 2015-01-01T00:00:00Z in seconds since 1970.
pub(crate) const START_OF_2015: u32 = 1_420_070_400;

/// The warning for a time that [`read_clock`] does not find.
pub(crate) const CLOCK_NOT_SET: &str = "the clock of the controller is not set";

/// Reads a power factor in hundredths; `None` where the device does not know it.
pub(crate) fn read_power_factor(payload: &mut Reader<'_>) -> Result<Option<Spanned<f64>>, Failure> {
    let hundredths = payload.u8()?;
    match hundredths.value {
        0xFF => Ok(None),
        0..=100 => Ok(Some(hundredths.map(|hundredths| f64::from(hundredths) / 100.0))),
        other => {
            let message = format!("{other} hundredths are no power factor from 0 to 1");
            Err(Failure::invalid_value(message).at(hundredths.span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_was_not_asked_has_no_status() {
        assert!(read_status(&mut Reader::new(&[0xFF])).unwrap().is_none());
        let status = read_status(&mut Reader::new(&[0b100])).unwrap().unwrap();
        assert!(*status.is_lit());
        assert_eq!(measurements(status, Address::DaliSingle(0)).len(), 3);
        assert!(measurements(status, Address::DaliBroadcast).is_empty());
    }

    #[test]
    fn levels_end_at_100_and_255_is_none() {
        assert_eq!(read_level(&mut Reader::new(&[100])).unwrap().unwrap().value, 100.0);
        assert!(read_level(&mut Reader::new(&[255])).unwrap().is_none());
        assert_eq!(
            read_level(&mut Reader::new(&[101])).unwrap_err().kind,
            FailureKind::InvalidValue
        );
    }
}
