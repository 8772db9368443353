//! Identifiers of LoRaWAN: the DevEUI for a device's whole life, the DevAddr for one session, and the JoinEUI
//! of the join server.

use std::{fmt, str::FromStr};

use crate::hexadecimal::{self, InvalidHex, deserialize_from_text, serialize_as_text};

macro_rules! eui {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// Written as 16 upper-case hexadecimal digits, most significant first; lower case and the
        /// separators `-` and `:` are read too.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
        #[schema(value_type = String, pattern = "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){7}$")]
        pub struct $name(u64);

        impl $name {
            /// From the eight bytes in the order they are written, which is the reverse of on the
            /// air.
            #[must_use]
            pub const fn from_be_bytes(bytes: [u8; 8]) -> Self {
                Self(u64::from_be_bytes(bytes))
            }

            /// The eight bytes in the order they are written, which is the reverse of on the air.
            #[must_use]
            pub const fn to_be_bytes(self) -> [u8; 8] {
                self.0.to_be_bytes()
            }

            /// From the eight bytes in the order they are sent.
            #[must_use]
            pub const fn from_le_bytes(bytes: [u8; 8]) -> Self {
                Self(u64::from_le_bytes(bytes))
            }

            /// The eight bytes in the order they are sent.
            #[must_use]
            pub const fn to_le_bytes(self) -> [u8; 8] {
                self.0.to_le_bytes()
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;

            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                hexadecimal::parse($what, text).map(Self::from_be_bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                hexadecimal::write(formatter, &self.to_be_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        serialize_as_text!($name);
        deserialize_from_text!($name);
    };
}

eui! {
    /// The 64-bit identifier a device keeps for life, unique in the world.
    DevEui, "DevEUI"
}

eui! {
    /// The 64-bit identifier of the join server that a device's root keys are known to. LoRaWAN 1.0.x
    /// called it AppEUI.
    JoinEui, "JoinEUI"
}

/// The 32-bit address a device uses for one session. Several sessions may share one: the MIC
/// tells them apart.
///
/// Written as eight upper-case hexadecimal digits, most significant first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(
    value_type = String,
    pattern = "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){3}$",
    example = "02001001"
)]
pub struct DevAddr(u32);

impl DevAddr {
    /// From the number whose hexadecimal notation is the address as it is written.
    #[must_use]
    pub const fn from_u32(address: u32) -> Self {
        Self(address)
    }

    /// The number whose hexadecimal notation is the address as it is written.
    #[must_use]
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// From the four bytes in the order they are sent.
    #[must_use]
    pub const fn from_le_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }

    /// The four bytes in the order they are sent.
    #[must_use]
    pub const fn to_le_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
}

impl FromStr for DevAddr {
    type Err = InvalidHex;

    fn from_str(text: &str) -> Result<Self, InvalidHex> {
        hexadecimal::parse("DevAddr", text).map(|bytes| Self(u32::from_be_bytes(bytes)))
    }
}

impl fmt::Display for DevAddr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal::write(formatter, &self.0.to_be_bytes())
    }
}

impl fmt::Debug for DevAddr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DevAddr({self})")
    }
}

serialize_as_text!(DevAddr);
deserialize_from_text!(DevAddr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dev_eui_is_read_as_people_write_it_and_written_one_way() {
        for text in ["70b3d5e75e000001", "70-B3-D5-E7-5E-00-00-01", "70:b3:d5:e7:5e:00:00:01"] {
            let dev_eui: DevEui = text.parse().unwrap();
            assert_eq!(dev_eui.to_string(), "70B3D5E75E000001");
            assert_eq!(format!("{dev_eui:?}"), "DevEui(70B3D5E75E000001)");
        }
        assert!("70B3D5E75E00000".parse::<DevEui>().is_err());
    }

    #[test]
    fn a_dev_addr_is_sent_backwards() {
        let dev_addr: DevAddr = "49be7df1".parse().unwrap();
        assert_eq!(dev_addr.to_le_bytes(), [0xF1, 0x7D, 0xBE, 0x49]);
        assert_eq!(DevAddr::from_le_bytes([0xF1, 0x7D, 0xBE, 0x49]), dev_addr);
        assert_eq!(dev_addr.to_u32(), 0x49BE_7DF1);
        assert_eq!(dev_addr.to_string(), "49BE7DF1");
    }

    #[test]
    fn json_is_the_text() {
        let dev_eui: DevEui = serde_json::from_str("\"70-b3-d5-e7-5e-00-00-01\"").unwrap();
        assert_eq!(serde_json::to_string(&dev_eui).unwrap(), "\"70B3D5E75E000001\"");
        let dev_addr: DevAddr = serde_json::from_str("\"01020304\"").unwrap();
        assert_eq!(serde_json::to_string(&dev_addr).unwrap(), "\"01020304\"");
        let error = serde_json::from_str::<DevAddr>("\"010203\"").unwrap_err();
        assert!(error.to_string().contains("DevAddr is written with 8 hexadecimal digits, got 6"));
    }
}
