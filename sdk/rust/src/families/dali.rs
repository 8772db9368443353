//! The status of lamps on a DALI bus, as a driver answers it to QUERY STATUS (IEC 62386-102), and the addresses of
//! drivers there. Controllers of street lights hand both on.
//!
//! ```
//! use champollion_sdk::{Reader, families::dali::{Address, Status}};
//!
//! // Driver 3: its lamp should give light and does not.
//! let mut payload = Reader::new(&[0x06, 0b0000_0010]);
//! assert_eq!(Address::of(*payload.u8()?), Some(Address::Driver(3)));
//! let status = Status(payload.u8()?);
//! assert!(*status.has_lamp_failure() && !*status.is_lit());
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Measurement, Spanned, quantity};

/// The number of drivers, and of groups, that a bus can have.
const DRIVERS: u8 = 64;
const GROUPS: u8 = 16;

/// The bit of a byte of address that says that it is no driver's.
const NOT_ONE: u8 = 0x80;

/// The byte that addresses all drivers.
const BROADCAST: u8 = 0xFE;

/// The bit that tells a command from a level; it is none of the address.
const COMMAND: u8 = 0x01;

/// The drivers that a byte of address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// One driver, 0 to 63.
    Driver(u8),
    /// A group of drivers, 0 to 15.
    Group(u8),
    /// All drivers of the bus.
    Broadcast,
}

impl Address {
    /// Returns the drivers that a byte means; nothing where it addresses none, or is a special command.
    #[must_use]
    pub fn of(byte: u8) -> Option<Self> {
        let number = (byte & !NOT_ONE & !COMMAND) >> 1;
        match byte & !COMMAND {
            BROADCAST => Some(Self::Broadcast),
            byte if byte & NOT_ONE == 0 => Some(Self::Driver(number)),
            _ if number < GROUPS => Some(Self::Group(number)),
            _ => None,
        }
    }

    /// Returns the byte of address for a level; nothing where the number is none that a bus has.
    #[must_use]
    pub fn byte(self) -> Option<u8> {
        match self {
            Self::Driver(number) if number < DRIVERS => Some(number << 1),
            Self::Group(number) if number < GROUPS => Some(NOT_ONE | number << 1),
            Self::Broadcast => Some(BROADCAST),
            Self::Driver(_) | Self::Group(_) => None,
        }
    }
}

/// The answer of a driver to QUERY STATUS: a byte of flags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status(pub Spanned<u8>);

impl Status {
    /// Whether the driver itself is out of order.
    #[must_use]
    pub fn has_driver_error(self) -> Spanned<bool> {
        self.0.bit(0)
    }

    /// Whether the lamp is broken or missing.
    #[must_use]
    pub fn has_lamp_failure(self) -> Spanned<bool> {
        self.0.bit(1)
    }

    /// Whether the lamp gives light.
    #[must_use]
    pub fn is_lit(self) -> Spanned<bool> {
        self.0.bit(2)
    }

    /// Whether a level was asked for that lies beyond the limits of the driver.
    #[must_use]
    pub fn has_limit_error(self) -> Spanned<bool> {
        self.0.bit(3)
    }

    /// Whether the level is changing.
    #[must_use]
    pub fn is_fading(self) -> Spanned<bool> {
        self.0.bit(4)
    }

    /// Whether all settings of the driver are those of the factory.
    #[must_use]
    pub fn is_reset(self) -> Spanned<bool> {
        self.0.bit(5)
    }

    /// Whether the driver has no address of its own.
    #[must_use]
    pub fn lacks_address(self) -> Spanned<bool> {
        self.0.bit(6)
    }

    /// Whether the driver has got no level since its power came back.
    #[must_use]
    pub fn had_power_failure(self) -> Spanned<bool> {
        self.0.bit(7)
    }

    /// The flags that the vocabulary has a quantity for.
    #[must_use]
    pub fn measurements(self) -> [Measurement; 3] {
        [
            quantity::LAMP_LIT.of(self.is_lit()),
            quantity::ALARM_LAMP.of(self.has_lamp_failure()),
            quantity::ALARM_FAULT.of(self.has_driver_error()),
        ]
    }
}

/// All flags, by the names that they have in the standard.
impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut status = serializer.serialize_struct("Status", 8)?;
        status.serialize_field("driverError", &self.has_driver_error())?;
        status.serialize_field("lampFailure", &self.has_lamp_failure())?;
        status.serialize_field("lampOn", &self.is_lit())?;
        status.serialize_field("limitError", &self.has_limit_error())?;
        status.serialize_field("fadeRunning", &self.is_fading())?;
        status.serialize_field("resetState", &self.is_reset())?;
        status.serialize_field("missingShortAddress", &self.lacks_address())?;
        status.serialize_field("powerFailure", &self.had_power_failure())?;
        status.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reader, Span, Value};

    #[test]
    fn each_flag_has_its_bit() {
        let names = [
            "driverError",
            "lampFailure",
            "lampOn",
            "limitError",
            "fadeRunning",
            "resetState",
            "missingShortAddress",
            "powerFailure",
        ];
        for (bit, name) in names.iter().enumerate() {
            let status = Status(Spanned::from(1_u8 << bit));
            let told = serde_json::to_value(status).unwrap();
            let set: Vec<&str> = names.into_iter().filter(|name| told[*name] == true).collect();
            assert_eq!(set, [*name], "{told}");
        }
    }

    #[test]
    fn flags_are_measured_with_their_byte() {
        let status = Status(Reader::new(&[0b101]).u8().unwrap());
        let measured = status.measurements();
        let values: Vec<(&str, &Value)> =
            measured.iter().map(|one| (one.quantity.as_str(), &one.value)).collect();
        let (yes, no) = (&Value::Boolean(true), &Value::Boolean(false));
        assert_eq!(values, [("lamp.lit", yes), ("alarm.lamp", no), ("alarm.fault", yes)]);
        assert!(measured.iter().all(|one| one.span == Some(Span { offset: 0, length: 1 })));
    }

    #[test]
    fn every_byte_is_an_address_that_writes_it_or_none() {
        let mut known = 0;
        for byte in 0..=u8::MAX {
            let Some(address) = Address::of(byte) else { continue };
            known += 1;
            assert_eq!(address.byte(), Some(byte & !COMMAND), "{byte:#04X}");
        }
        assert_eq!(known, 2 * (usize::from(DRIVERS) + usize::from(GROUPS) + 1));
        assert_eq!(Address::of(0x7E), Some(Address::Driver(63)));
        assert_eq!(Address::of(0x9F), Some(Address::Group(15)));
        assert_eq!(Address::of(0xA0), None);
        assert_eq!((Address::Driver(64).byte(), Address::Group(16).byte()), (None, None));
    }
}
