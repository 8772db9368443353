//! Attributes that a device tells of itself: when it joins, starts anew, or is asked.

use super::{SET, Told, Words, word};
use crate::{Failure, Reader, reserved};

/// Words of the classes of LoRaWAN.
pub const CLASSES: Words = &[(0, "Class A"), (1, "Class B"), (2, "Class C"), (3, "Class CtoB")];

/// Reads the attribute behind its header, or returns that it is none.
pub(super) fn read(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    let [SET, kind] = header else { return Ok(false) };
    match kind {
        0x01 => {
            let version = *payload.u8()?;
            told.say("ipso_version", format!("v{}.{}", version >> 4, version & 0x0F));
        }
        0x09 => {
            let [major, minor] = *payload.array()?;
            told.say("hardware_version", format!("v{major:x}.{}", minor >> 4));
        }
        0x0A => {
            let [major, minor] = *payload.array()?;
            told.say("firmware_version", format!("v{major:x}.{minor:x}"));
        }
        0x0B => {
            payload.skip(1)?;
            told.say("device_status", "on");
        }
        0x0F => {
            let class = *payload.u8()?;
            if let Some(warning) = reserved("lorawan_class", CLASSES, class) {
                told.warn(warning);
            }
            told.say("lorawan_class", word(CLASSES, class));
        }
        0x16 => {
            let number = u64::from_be_bytes(*payload.array()?);
            told.say("sn", format!("{number:016x}"));
        }
        0xFE => {
            payload.skip(1)?;
            told.say("reset_event", "reset");
        }
        0xFF => {
            let [major, minor] = *payload.array()?;
            told.say("tsl_version", format!("v{major}.{minor}"));
        }
        _ => return Ok(false),
    }
    Ok(true)
}
