//! The session keys of LoRaWAN 1.0.x.
//!
//! A session keeps the 16 bytes of each key and expands them at every frame. Keeping the expanded
//! schedules (176 bytes each) was measured and does not pay: with a hundred sessions it makes no
//! difference, since expanding takes 40 ns with AES instructions, and with a million sessions it
//! takes 320 MB more and is slower by 250 ns a frame, since the schedules come from memory and not
//! from the cache.

use std::{fmt, str::FromStr};

use aes::{Aes128Enc, cipher::KeyInit};
use zeroize::Zeroizing;

use crate::hexadecimal::{self, InvalidHex, deserialize_from_text};

macro_rules! session_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Read from 32 hexadecimal digits. Never shown by `Debug`, not serialized, overwritten
        /// when dropped; [`reveal_hex`](Self::reveal_hex) is the one way to get it out.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<[u8; 16]>);

        impl $name {
            /// From the 16 bytes of the key, most significant first.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Zeroizing::new(bytes))
            }

            /// The key as 32 upper-case hexadecimal digits, for storing it where keys are stored.
            #[must_use]
            pub fn reveal_hex(&self) -> String {
                self.0.iter().map(|byte| format!("{byte:02X}")).collect()
            }

            pub(crate) fn expand(&self) -> Aes128Enc {
                Aes128Enc::new((&*self.0).into())
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;

            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                hexadecimal::parse(stringify!($name), text).map(Self::from_bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(secret)"))
            }
        }

        deserialize_from_text!($name);
    };
}

session_key! {
    /// The network session key: makes the MIC, encrypts MAC commands sent on FPort 0.
    NwkSKey
}

session_key! {
    /// The application session key: encrypts the application's payload.
    AppSKey
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "44024241ED4CE9A68C6A8BC055233FD3";

    #[test]
    fn a_key_comes_out_only_when_asked() {
        let key: NwkSKey = HEX.to_lowercase().parse().unwrap();
        assert_eq!(format!("{key:?}"), "NwkSKey(secret)");
        assert_eq!(key.reveal_hex(), HEX);
        assert_eq!(key, NwkSKey::from_bytes(key.0[..].try_into().unwrap()));
    }

    #[test]
    fn the_error_names_the_key_that_is_wrong() {
        let error = "1234".parse::<AppSKey>().unwrap_err();
        assert_eq!(error.to_string(), "AppSKey is written with 32 hexadecimal digits, got 4");
    }

    #[test]
    fn a_key_is_read_from_json() {
        let key: AppSKey = serde_json::from_str(&format!("\"{HEX}\"")).unwrap();
        assert_eq!(key.reveal_hex(), HEX);
    }
}
