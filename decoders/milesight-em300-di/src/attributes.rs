//! The identity of the device, which it tells when it joins.

use champollion_sdk::{families::milesight::CLASSES, prelude::*, word};
use serde::Serialize;

#[derive(Default, Serialize)]
pub(crate) struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    ipso_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hardware_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firmware_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tsl_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lorawan_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_status: Option<&'static str>,
}

/// The bytes of an attribute; none of what is no attribute.
pub(crate) fn size(header: [u8; 2]) -> Option<usize> {
    match header {
        [0xFF, 0x01 | 0x0B | 0x0F | 0xFE] => Some(1),
        [0xFF, 0x09 | 0x0A | 0xFF] => Some(2),
        [0xFF, 0x16] => Some(8),
        _ => None,
    }
}

impl Attributes {
    /// Reads an attribute; returns whether it is one.
    pub(crate) fn read(
        &mut self,
        header: [u8; 2],
        value: &mut Reader<'_>,
    ) -> Result<bool, Failure> {
        match header {
            [0xFF, 0x01] => {
                let version = *value.u8()?;
                self.ipso_version = Some(format!("v{}.{}", version >> 4, version & 0x0F));
            }
            [0xFF, 0x09] => {
                let [major, minor] = *value.array()?;
                self.hardware_version = Some(format!("v{major:x}.{}", minor >> 4));
            }
            [0xFF, 0x0A] => {
                let [major, minor] = *value.array()?;
                self.firmware_version = Some(format!("v{major:x}.{minor:x}"));
            }
            [0xFF, 0xFF] => {
                let [major, minor] = *value.array()?;
                self.tsl_version = Some(format!("v{major}.{minor}"));
            }
            [0xFF, 0x16] => self.sn = Some(format!("{:016x}", *value.unsigned_be(8)?)),
            [0xFF, 0x0F] => {
                self.lorawan_class = Some(word(CLASSES, *value.u8()?));
            }
            // Both are told when they happen; their byte says nothing.
            [0xFF, 0xFE] => self.reset_event = Some("reset"),
            [0xFF, 0x0B] => self.device_status = Some("on"),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
