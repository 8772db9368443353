//! The security context of one device, and the part of it that changes with every uplink.

use serde::{Deserialize, Serialize};

use crate::{
    address::{DevAddr, DevEui},
    keys::{AppSKey, NwkSKey},
    mic::Mic,
};

/// What a device and the network agreed on: the address, the keys, and how far the counter is.
///
/// It can be cloned and compared, but not serialized as a whole: who stores it asks for each key
/// by name ([`NwkSKey::reveal_hex`]) and stores [`SessionState`] beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    dev_eui: DevEui,
    dev_addr: DevAddr,
    nwk_s_key: NwkSKey,
    app_s_key: AppSKey,
    state: SessionState,
}

/// How far a session's uplinks have come: what must survive a restart.
///
/// The state after an uplink belongs into the same transaction as the uplink's record: a record
/// without it could be accepted a second time after a crash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionState {
    /// The FCnt of the last accepted uplink, all 32 bits; absent before the first.
    pub last_f_cnt: Option<u32>,
    /// The MIC of the last accepted uplink, by which its copies are known. May be absent beside a
    /// known FCnt, such as one taken over from another network server.
    pub last_mic: Option<Mic>,
}

impl Session {
    /// A session of LoRaWAN 1.0.x, by personalization or by join, that has not sent yet.
    #[must_use]
    pub fn lorawan_1_0(
        dev_eui: DevEui,
        dev_addr: DevAddr,
        nwk_s_key: NwkSKey,
        app_s_key: AppSKey,
    ) -> Self {
        Self { dev_eui, dev_addr, nwk_s_key, app_s_key, state: SessionState::default() }
    }

    /// The same session at another point of its life: where the store says it was.
    #[must_use]
    pub fn with_state(self, state: SessionState) -> Self {
        Self { state, ..self }
    }

    /// The device.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    /// The address the device sends from.
    #[must_use]
    pub fn dev_addr(&self) -> DevAddr {
        self.dev_addr
    }

    /// The key of the MIC.
    #[must_use]
    pub fn nwk_s_key(&self) -> &NwkSKey {
        &self.nwk_s_key
    }

    /// The key of the payload.
    #[must_use]
    pub fn app_s_key(&self) -> &AppSKey {
        &self.app_s_key
    }

    /// How far its uplinks have come.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_stored_as_json() {
        let state = SessionState {
            last_f_cnt: Some(65_538),
            last_mic: Some(Mic::from_bytes([0x2B, 0x11, 0xFF, 0x0D])),
        };
        let json = r#"{"lastFCnt":65538,"lastMic":"2B11FF0D"}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<SessionState>(json).unwrap(), state);
        assert_eq!(serde_json::from_str::<SessionState>("{}").unwrap(), SessionState::default());
    }

    #[test]
    fn debug_shows_no_key() {
        let session = Session::lorawan_1_0(
            DevEui::from_be_bytes([1; 8]),
            DevAddr::from_u32(1),
            NwkSKey::from_bytes([0xAB; 16]),
            AppSKey::from_bytes([0xCD; 16]),
        );
        let shown = format!("{session:?}").to_uppercase();
        assert!(!shown.contains("ABAB") && !shown.contains("171, 171"), "{shown}");
        assert!(!shown.contains("CDCD") && !shown.contains("205, 205"), "{shown}");
    }
}
