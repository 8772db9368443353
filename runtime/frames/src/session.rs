//! The security context of one device, and the part of it that changes with every uplink.

use serde::{Deserialize, Serialize};

use crate::{
    address::{DevAddr, DevEui},
    crypto::{self, FrameId},
    direction::Direction,
    keys::{AppSKey, NetworkKeys, NetworkKeysV1_1, NwkSKey},
    mic::Mic,
};

/// MICs that are remembered, beside the last, of a device that may start its counter over. A late copy is
/// told from a restart by them; between a frame and its late copy a device sends one more, or with confirmed
/// frames some.
const EARLIER_MICS: usize = 3;

/// A session between a device and the network: the address, the keys, and the state of the counter.
///
/// It can be cloned and compared, but not serialized as a whole: who stores it asks for each key
/// by name ([`NwkSKey::reveal_hex`]) and stores [`SessionState`] beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    dev_eui: DevEui,
    dev_addr: DevAddr,
    network_keys: NetworkKeys,
    app_s_key: AppSKey,
    allows_counter_reset: bool,
    state: SessionState,
}

/// The state of a session's uplinks, which must survive a restart.
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
    /// The MICs before the last, the newest first. Kept only of a device that may start its counter
    /// over.
    #[serde(skip_serializing_if = "is_empty")]
    pub earlier_mics: [Option<Mic>; EARLIER_MICS],
}

fn is_empty(mics: &[Option<Mic>; EARLIER_MICS]) -> bool {
    mics.iter().all(Option::is_none)
}

impl SessionState {
    /// After an uplink of this FCnt and MIC was accepted.
    pub(crate) fn after(self, f_cnt: u32, mic: Mic, allows_counter_reset: bool) -> Self {
        let mut earlier_mics = [None; EARLIER_MICS];
        if allows_counter_reset {
            earlier_mics = self.earlier_mics;
            earlier_mics.rotate_right(1);
            earlier_mics[0] = self.last_mic;
        }
        Self { last_f_cnt: Some(f_cnt), last_mic: Some(mic), earlier_mics }
    }

    /// Whether an uplink of this MIC is among the last accepted ones, as far as they are remembered.
    pub(crate) fn remembers(&self, mic: Mic) -> bool {
        self.last_mic == Some(mic) || self.earlier_mics.contains(&Some(mic))
    }
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
        Self::new(dev_eui, dev_addr, NetworkKeys::V1_0(nwk_s_key), app_s_key)
    }

    /// A session of LoRaWAN 1.1, by personalization or by join, that has not sent yet.
    #[must_use]
    pub fn lorawan_1_1(
        dev_eui: DevEui,
        dev_addr: DevAddr,
        network_keys: NetworkKeysV1_1,
        app_s_key: AppSKey,
    ) -> Self {
        Self::new(dev_eui, dev_addr, NetworkKeys::V1_1(Box::new(network_keys)), app_s_key)
    }

    /// A session of either version that has not sent yet.
    #[must_use]
    pub fn new(
        dev_eui: DevEui,
        dev_addr: DevAddr,
        network_keys: NetworkKeys,
        app_s_key: AppSKey,
    ) -> Self {
        let state = SessionState::default();
        Self { dev_eui, dev_addr, network_keys, app_s_key, allows_counter_reset: false, state }
    }

    /// The same session of a device that forgets its counter when it restarts, as many activated by
    /// personalization do up to LoRaWAN 1.0.3.
    ///
    /// Old frames of it can be played again, all but the last few: the frame of an FCnt below the
    /// last is taken for the device's own after a restart, and the uplink says so
    /// ([`counter_reset`](crate::VerifiedUplink::counter_reset)).
    #[must_use]
    pub fn with_counter_reset(self, allowed: bool) -> Self {
        Self { allows_counter_reset: allowed, ..self }
    }

    /// The same session at another point of its life: where the store says it was.
    #[must_use]
    pub fn with_state(self, state: SessionState) -> Self {
        Self { state, ..self }
    }

    /// Returns the DevEUI of the device.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    /// The address the device sends from.
    #[must_use]
    pub fn dev_addr(&self) -> DevAddr {
        self.dev_addr
    }

    /// The keys of the MIC and of MAC commands.
    #[must_use]
    pub fn network_keys(&self) -> &NetworkKeys {
        &self.network_keys
    }

    /// Whether the device may start its counter over.
    #[must_use]
    pub fn allows_counter_reset(&self) -> bool {
        self.allows_counter_reset
    }

    /// The key of the payload.
    #[must_use]
    pub fn app_s_key(&self) -> &AppSKey {
        &self.app_s_key
    }

    /// The payload of a downlink as it is on the air, for network servers that leave it to the
    /// application to encrypt it. `f_cnt_down` is the counter of the frame (of LoRaWAN 1.1 AFCntDown);
    /// with the same one two payloads would give each other away.
    #[must_use]
    pub fn encrypt_downlink(&self, f_cnt_down: u32, payload: &[u8]) -> Vec<u8> {
        let id = FrameId { direction: Direction::Down, dev_addr: self.dev_addr, f_cnt: f_cnt_down };
        let mut payload = payload.to_vec();
        crypto::apply_key_stream(&self.app_s_key.expand(), id, &mut payload);
        payload
    }

    /// Returns the state of the session's uplinks.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The network's own half of the exchange, made by the part that explains frames.
    #[test]
    fn a_downlink_is_encrypted_as_it_is_decrypted() {
        let app_s_key: AppSKey = "EC925802AE430CA77FD3DD73CB2CC588".parse().unwrap();
        let nwk_s_key: NwkSKey = "44024241ED4CE9A68C6A8BC055233FD3".parse().unwrap();
        let dev_eui = DevEui::from_be_bytes([0; 8]);
        let dev_addr: DevAddr = "49BE7DF1".parse().unwrap();
        let session = Session::lorawan_1_0(dev_eui, dev_addr, nwk_s_key, app_s_key);
        let clear = [0x5A; 40];
        let encrypted = session.encrypt_downlink(7, &clear);
        assert_ne!(encrypted, clear);
        assert_eq!(session.encrypt_downlink(7, &encrypted), clear);
        assert_ne!(session.encrypt_downlink(8, &clear), encrypted);
    }

    #[test]
    fn the_state_is_stored_as_json() {
        let state = SessionState {
            last_f_cnt: Some(65_538),
            last_mic: Some(Mic::from_bytes([0x2B, 0x11, 0xFF, 0x0D])),
            ..SessionState::default()
        };
        let json = r#"{"lastFCnt":65538,"lastMic":"2B11FF0D"}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<SessionState>(json).unwrap(), state);
        assert_eq!(serde_json::from_str::<SessionState>("{}").unwrap(), SessionState::default());
    }

    #[test]
    fn only_where_counters_may_start_over_earlier_mics_are_remembered() {
        let mic = |number| Mic::from_bytes([number; 4]);
        let sent = |resets| {
            (1..=6).fold(SessionState::default(), |state, number| {
                state.after(number.into(), mic(number), resets)
            })
        };
        assert!(is_empty(&sent(false).earlier_mics));
        let state = sent(true);
        assert_eq!(state.earlier_mics, [Some(mic(5)), Some(mic(4)), Some(mic(3))]);
        assert!(state.remembers(mic(6)) && state.remembers(mic(3)) && !state.remembers(mic(2)));
        let stored = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<SessionState>(&stored).unwrap(), state);
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
