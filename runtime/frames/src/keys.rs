//! The keys of LoRaWAN: those of a session, and the root keys that they are derived from.
//!
//! A session keeps the 16 bytes of each key and expands them at every frame. Keeping the expanded
//! schedules (176 bytes each) was measured and does not pay: with a hundred sessions it makes no
//! difference, since expanding takes 40 ns with AES instructions, and with a million sessions it
//! takes 320 MB more and is slower by 250 ns a frame, since the schedules come from memory and not
//! from the cache.

use std::{fmt, str::FromStr};

use aes::{Aes128Dec, Aes128Enc, cipher::KeyInit};
use zeroize::Zeroizing;

use crate::hexadecimal::{self, InvalidHex, deserialize_from_text};

macro_rules! secret_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Read from 32 hexadecimal digits. Never shown by `Debug`, not serialized, overwritten
        /// when dropped; [`reveal_hex`](Self::reveal_hex) is the one way to get it out.
        #[derive(Clone, PartialEq, Eq, utoipa::ToSchema)]
        #[schema(
            value_type = String, format = Password,
            description = "A key, 32 hexadecimal digits. It is never shown again."
        )]
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

/// The cipher of a key, expanded to encrypt.
macro_rules! encrypts {
    ($($name:ident),*) => {$(
        impl $name {
            pub(crate) fn expand(&self) -> Aes128Enc {
                Aes128Enc::new((&*self.0).into())
            }
        }
    )*};
}

/// The cipher of a key, expanded to decrypt. Nearly all of LoRaWAN does without.
macro_rules! decrypts {
    ($($name:ident),*) => {$(
        impl $name {
            pub(crate) fn expand_to_decrypt(&self) -> Aes128Dec {
                Aes128Dec::new((&*self.0).into())
            }
        }
    )*};
}

secret_key! {
    /// The network session key of LoRaWAN 1.0.x: makes the MIC, encrypts MAC commands on FPort 0.
    NwkSKey
}

secret_key! {
    /// The application session key: encrypts the application's payload.
    AppSKey
}

secret_key! {
    /// The forwarding network's integrity key of LoRaWAN 1.1: makes one half of an uplink's MIC.
    FNwkSIntKey
}

secret_key! {
    /// The serving network's integrity key of LoRaWAN 1.1: makes the other half of an uplink's MIC.
    SNwkSIntKey
}

secret_key! {
    /// The network's encryption key of LoRaWAN 1.1: encrypts MAC commands, on FPort 0 and in FOpts.
    NwkSEncKey
}

secret_key! {
    /// The root key of LoRaWAN 1.0.x, and the application's root key of 1.1.
    AppKey
}

secret_key! {
    /// The network's root key of LoRaWAN 1.1.
    NwkKey
}

secret_key! {
    /// A key that keys are wrapped with on their way between servers.
    Kek
}

encrypts!(NwkSKey, AppSKey, FNwkSIntKey, SNwkSIntKey, NwkSEncKey, AppKey, NwkKey);
decrypts!(Kek);
// The network's side of joining, for tests.
#[cfg(any(test, feature = "device"))]
decrypts!(AppKey, NwkKey);

/// The keys of a session that are the network's.
///
/// A session of LoRaWAN 1.0.x is half as large as one of 1.1, and nearly all are of 1.0.x: the keys
/// of 1.1 are kept apart, so that the others need no room for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkKeys {
    /// LoRaWAN 1.0.x, and devices of 1.1 that joined a network of 1.0.x.
    V1_0(NwkSKey),
    /// The keys of LoRaWAN 1.1.
    V1_1(Box<NetworkKeysV1_1>),
    /// Of either version: the network server keeps them to itself, and checks every MIC.
    Withheld,
}

/// The three keys that LoRaWAN 1.1 has in the place of the NwkSKey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkKeysV1_1 {
    /// Makes one half of an uplink's MIC.
    pub f_nwk_s_int_key: FNwkSIntKey,
    /// Makes the other half.
    pub s_nwk_s_int_key: SNwkSIntKey,
    /// The key that encrypts MAC commands.
    pub nwk_s_enc_key: NwkSEncKey,
}

/// The root keys of a device, from which its sessions are derived when it joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKeys {
    /// LoRaWAN 1.0.x: one key for all.
    V1_0(AppKey),
    /// LoRaWAN 1.1: a key for the network and one for the application.
    V1_1 {
        /// The root key for the network.
        nwk_key: NwkKey,
        /// The root key for the application.
        app_key: AppKey,
    },
}

impl NetworkKeys {
    /// The one key of LoRaWAN 1.0.x, where the session has it.
    #[must_use]
    pub fn nwk_s_key(&self) -> Option<&NwkSKey> {
        match self {
            Self::V1_0(nwk_s_key) => Some(nwk_s_key),
            Self::V1_1(_) | Self::Withheld => None,
        }
    }

    /// Expands the key that MAC commands on FPort 0 are encrypted with, where it is known.
    pub(crate) fn expand_for_mac_commands(&self) -> Option<Aes128Enc> {
        match self {
            Self::V1_0(nwk_s_key) => Some(nwk_s_key.expand()),
            Self::V1_1(keys) => Some(keys.nwk_s_enc_key.expand()),
            Self::Withheld => None,
        }
    }
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
