//! The address that a block of a message is about: one byte, the same in all messages.

use champollion_sdk::{prelude::*, quoted};
use serde::Serialize;

/// Byte of the 0-10 V output.
const ANALOG: u8 = 0x01;
/// Byte of all DALI drivers.
const DALI_BROADCAST: u8 = 0xFE;
/// Byte of everything. In a usage packet it means the controller's own meter.
pub(crate) const ALL_DEVICES: u8 = 0xFF;
/// Set where the other bits number a DALI group.
const GROUP: u8 = 0x80;

const SINGLE_PREFIX: &str = "dali_single_";
const GROUP_PREFIX: &str = "dali_group_";

/// An output of the controller, or several (payloads 1.1, "address encoding").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub(crate) enum Address {
    /// The 0-10 V output.
    Analog,
    /// One DALI driver, 0 to 63.
    DaliSingle(u8),
    /// A group of DALI drivers, 0 to 15.
    DaliGroup(u8),
    /// All DALI drivers at once.
    DaliBroadcast,
    /// All DALI drivers and the 0-10 V output.
    AllDevices,
}

impl Address {
    /// Reads an address. NAS's codec masks the bits of a group that must be zero; here they must be
    /// zero, as a byte that no DALI address has means that something else is being read.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Spanned<Self>, Failure> {
        let byte = payload.u8()?;
        let address = match byte.value {
            ANALOG => Self::Analog,
            DALI_BROADCAST => Self::DaliBroadcast,
            ALL_DEVICES => Self::AllDevices,
            single if single < GROUP && single % 2 == 0 => Self::DaliSingle(single / 2),
            group if group < GROUP + 32 && group % 2 == 0 => Self::DaliGroup((group - GROUP) / 2),
            other => {
                let message = format!("{other:#04X} is no address of a driver or an output");
                return Err(Failure::invalid_value(message).at(byte.span));
            }
        };
        Ok(byte.map(|_| address))
    }

    /// The same, where there is nothing that [`ALL_DEVICES`] could mean.
    pub(crate) fn read_output(payload: &mut Reader<'_>) -> Result<Spanned<Self>, Failure> {
        let address = Self::read(payload)?;
        if address.value == Self::AllDevices {
            return Err(Failure::invalid_value("0xFF is no address of an output").at(address.span));
        }
        Ok(address)
    }

    /// The byte that stands for it.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Analog => ANALOG,
            Self::DaliSingle(driver) => driver * 2,
            Self::DaliGroup(group) => GROUP + group * 2,
            Self::DaliBroadcast => DALI_BROADCAST,
            Self::AllDevices => ALL_DEVICES,
        }
    }

    /// The channel of its measurements; see the crate's documentation.
    pub(crate) fn channel(self) -> u16 {
        match self {
            Self::DaliBroadcast | Self::AllDevices => 0,
            Self::DaliSingle(driver) => 1 + u16::from(driver),
            Self::DaliGroup(group) => 65 + u16::from(group),
            Self::Analog => 81,
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        match address {
            Address::Analog => "analog_0_10v".to_owned(),
            Address::DaliSingle(driver) => format!("{SINGLE_PREFIX}{driver}"),
            Address::DaliGroup(group) => format!("{GROUP_PREFIX}{group}"),
            Address::DaliBroadcast => "dali_broadcast".to_owned(),
            Address::AllDevices => "all_devices".to_owned(),
        }
    }
}

impl TryFrom<&str> for Address {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        let number_after = |prefix: &str, count: u8| {
            let number: u8 = text.strip_prefix(prefix)?.parse().ok()?;
            (number < count).then_some(number)
        };
        match text {
            "analog_0_10v" => return Ok(Self::Analog),
            "dali_broadcast" => return Ok(Self::DaliBroadcast),
            "all_devices" => return Ok(Self::AllDevices),
            _ => {}
        }
        if let Some(driver) = number_after(SINGLE_PREFIX, 64) {
            return Ok(Self::DaliSingle(driver));
        }
        if let Some(group) = number_after(GROUP_PREFIX, 16) {
            return Ok(Self::DaliGroup(group));
        }
        Err(format!(
            "must be analog_0_10v, dali_single_0 to dali_single_63, dali_group_0 to dali_group_15, \
             dali_broadcast or all_devices, not {}",
            quoted(text)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_an_address_that_writes_the_same_byte_or_none() {
        let mut channels = Vec::new();
        for byte in 0..=u8::MAX {
            let Ok(address) = Address::read(&mut Reader::new(&[byte])) else { continue };
            assert_eq!(address.byte(), byte);
            assert_eq!(Address::try_from(String::from(address.value).as_str()), Ok(address.value));
            channels.push(address.channel());
        }
        assert_eq!(channels.len(), 64 + 16 + 3);
        channels.sort_unstable();
        channels.dedup();
        assert_eq!(channels.len(), 64 + 16 + 2, "broadcast and all devices share channel 0");
    }

    #[test]
    fn what_is_no_address_is_said_with_what_is_one() {
        for text in ["dali_single_64", "dali_group_16", "dali_single_", "lamp"] {
            let message = Address::try_from(text).unwrap_err();
            assert!(message.contains("dali_single_63"), "{message}");
        }
    }
}
