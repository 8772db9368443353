//! The configuration telegram, on FPort 101: it lists what the telegrams on FPort 100 are made of.
//!
//! It is the head of an M-Bus message: for each value a data information block (DIF) with its size
//! and a value information block (VIF) with its meaning, and for the history the length, the spacing
//! control and the spacing of a compact profile (EN 13757-3). ZENNER's parser has one example and
//! Actility's driver two, and the three write the volume at the log date in three ways: `13`, `93` and
//! `93 BD`, though the latter two say by their highest bit that more is to follow. All are read here.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// A value information block, what it means, and whether it is a volume in units of the USA.
type Entry = (&'static [u8], &'static str, &'static str, bool);

/// Value information blocks, longer ones before their beginnings: their bytes, what they mean, what
/// they mean in the storage that holds the log, and whether they are in units of the USA.
const VALUES: [Entry; 9] = [
    (&[0xFF, 0x89, 0x13], "currentDateTime", "logDateTime", false),
    (&[0x93, 0xBD, 0x1E], "deltaVolumes", "deltaVolumes", true),
    (&[0xFD, 0x17], "statusCode", "statusCode", false),
    (&[0x93, 0x1E], "deltaVolumes", "deltaVolumes", false),
    (&[0x93, 0x3D], "currentVolume", "logVolume", true),
    (&[0x93, 0xBD], "currentVolume", "logVolume", true),
    (&[0x13], "currentVolume", "logVolume", false),
    (&[0x93], "currentVolume", "logVolume", false),
    // Of no example; M-Bus calls it the flow temperature, in hundredths of a degree.
    (&[0x59], "waterTemperature", "waterTemperature", false),
];

/// The storage number in the DIF of values of the log.
const LOG_STORAGE: u8 = 0x40;
/// The coding in the DIF of a value of variable length: the compact profile.
const VARIABLE_LENGTH: u8 = 0x0D;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    telegram: &'static str,
    records: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    profile: Option<Profile>,
}

/// The history as the telegram describes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    delta_count: u8,
    /// Minutes; `None` for a spacing that is not a fixed time.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_interval: Option<f64>,
}

pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    let mut payload = uplink.reader();
    let mut records = Vec::with_capacity(8);
    let mut profile = None;
    let mut is_in_units_of_the_usa = false;
    loop {
        let data_information = payload.u8()?;
        let (name, is_foreign) = value(&mut payload, *data_information)?;
        records.push(name);
        is_in_units_of_the_usa |= is_foreign;
        if *data_information & 0x0F == VARIABLE_LENGTH {
            profile = Some(Profile::read(&mut payload)?);
        }
        if payload.is_empty() {
            break;
        }
    }

    let reading = Reading::new(&Configuration { telegram: "configuration", records, profile })?;
    if is_in_units_of_the_usa {
        return Ok(reading.warn(
            "this meter sends its volumes in units of the USA, which this decoder takes for litres",
        ));
    }
    Ok(reading)
}

/// Returns the meaning of the next value information block, and whether it is in units of the USA.
fn value(payload: &mut Reader<'_>, data_information: u8) -> Result<(&'static str, bool), Failure> {
    let here = payload.clone().rest();
    let known = VALUES.iter().find(|(block, ..)| here.starts_with(block));
    let Some((block, current, logged, is_foreign)) = known else {
        // A block that is missing is too short, one that is not known is an unknown message.
        let unknown = payload.u8()?;
        let message = format!("no value information block of a W1 begins with {:02X}", *unknown);
        return Err(Failure::unknown_message(message).at(unknown.span));
    };
    payload.skip(block.len())?;
    let is_logged = data_information & LOG_STORAGE != 0;
    Ok((if is_logged { logged } else { current }, *is_foreign))
}

impl Profile {
    /// Reads the head of a compact profile: its length in bytes with the two that follow, the spacing
    /// control (unit of the spacing in bits 4 and 5, bytes of an increment in bits 0 to 3) and the
    /// spacing.
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let length = payload.u8()?;
        let control = payload.u8()?;
        let spacing = payload.u8()?;
        let increment_length = control.bits(0, 4);
        let Some(delta_count) = length.saturating_sub(2).checked_div(*increment_length) else {
            let message = "the increments of the history have no length";
            return Err(Failure::invalid_value(message).at(control.span));
        };
        let minutes_of_unit = match *control.bits(4, 2) {
            0 => Some(1.0 / 60.0),
            1 => Some(1.0),
            2 => Some(60.0),
            // From 250 on the spacing is none of days but of months and halves of them.
            _ if *spacing < 250 => Some(24.0 * 60.0),
            _ => None,
        };
        let log_interval = minutes_of_unit.map(|minutes| minutes * f64::from(*spacing));
        Ok(Self { delta_count, log_interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(bytes: &[u8]) -> Result<(u8, Option<f64>), FailureKind> {
        Profile::read(&mut Reader::new(bytes))
            .map(|profile| (profile.delta_count, profile.log_interval))
            .map_err(|failure| failure.kind)
    }

    #[test]
    fn the_head_of_a_profile_is_read() {
        assert_eq!(profile(&[0x20, 0x62, 0x01]), Ok((15, Some(60.0))));
        assert_eq!(profile(&[0x20, 0x52, 0x14]), Ok((15, Some(20.0))));
        assert_eq!(profile(&[0x0A, 0x74, 0x01]), Ok((2, Some(1440.0))));
        assert_eq!(profile(&[0x20, 0x72, 0xFE]), Ok((15, None)));
        assert_eq!(profile(&[0x20, 0x60, 0x01]), Err(FailureKind::InvalidValue));
        assert_eq!(profile(&[0x20, 0x62]), Err(FailureKind::TooShort));
    }
}
