//! State of a device that joins, which must survive a restart.

use serde::{Deserialize, Serialize};

use crate::{address::JoinEui, join_frames::JoinRequest, mic::Mic, version::LorawanVersion};

/// Nonces that are remembered of a device whose nonces are random, as up to LoRaWAN 1.0.3. A device joins a
/// few times in its life; one of a hundred has 65,536 numbers to choose from.
const REMEMBERED: usize = 128;

/// The numbers that a device and its network used up by joining, and what of it is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinState {
    /// The numbers of join-requests, the latest last; where they only go up, the latest alone.
    dev_nonces: Vec<u16>,
    /// The numbers of join-accepts, likewise.
    join_nonces: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_request: Option<LastRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accept_mic: Option<Mic>,
    /// The last request has no answer yet.
    awaits_accept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastRequest {
    pub(super) join_eui: JoinEui,
    pub(super) dev_nonce: u16,
    mic: Mic,
}

impl JoinState {
    /// The state of a device that has never asked to join.
    pub(super) const fn never_asked() -> Self {
        Self {
            dev_nonces: Vec::new(),
            join_nonces: Vec::new(),
            last_request: None,
            last_accept_mic: None,
            awaits_accept: false,
        }
    }

    pub(super) fn last_request(&self) -> Option<LastRequest> {
        self.last_request
    }

    pub(super) fn awaits_accept(&self) -> bool {
        self.awaits_accept
    }

    pub(super) fn is_last_request(&self, request: &JoinRequest<'_>) -> bool {
        let (dev_nonce, mic) = (request.dev_nonce(), request.mic());
        self.last_request.is_some_and(|last| last.dev_nonce == dev_nonce && last.mic == mic)
    }

    pub(super) fn is_last_accept(&self, join_nonce: u32, mic: Mic) -> bool {
        self.join_nonces.last() == Some(&join_nonce) && self.last_accept_mic == Some(mic)
    }

    pub(super) fn is_fresh_dev_nonce(&self, dev_nonce: u16, version: LorawanVersion) -> bool {
        is_fresh(&self.dev_nonces, dev_nonce, version)
    }

    pub(super) fn is_fresh_join_nonce(&self, join_nonce: u32, version: LorawanVersion) -> bool {
        is_fresh(&self.join_nonces, join_nonce, version)
    }

    pub(super) fn after_request(&self, request: &JoinRequest<'_>, version: LorawanVersion) -> Self {
        let mut next = self.clone();
        use_up(&mut next.dev_nonces, request.dev_nonce(), version);
        next.last_request = Some(LastRequest {
            join_eui: request.join_eui(),
            dev_nonce: request.dev_nonce(),
            mic: request.mic(),
        });
        next.awaits_accept = true;
        next
    }

    pub(super) fn after_accept(&self, join_nonce: u32, mic: Mic, version: LorawanVersion) -> Self {
        let mut next = self.clone();
        use_up(&mut next.join_nonces, join_nonce, version);
        next.last_accept_mic = Some(mic);
        next.awaits_accept = false;
        next
    }
}

fn is_fresh<N: Copy + Ord>(used: &[N], number: N, version: LorawanVersion) -> bool {
    if version.keeps_counters() {
        used.last().is_none_or(|&last| number > last)
    } else {
        !used.contains(&number)
    }
}

fn use_up<N>(used: &mut Vec<N>, number: N, version: LorawanVersion) {
    if version.keeps_counters() {
        used.clear();
    }
    used.push(number);
    if used.len() > REMEMBERED {
        used.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_go_up_are_used_once() {
        let mut used = Vec::new();
        assert!(is_fresh(&used, 0, LorawanVersion::V1_0_4), "the first may be 0");
        use_up(&mut used, 5, LorawanVersion::V1_0_4);
        assert!(!is_fresh(&used, 5, LorawanVersion::V1_0_4));
        assert!(!is_fresh(&used, 4, LorawanVersion::V1_1));
        assert!(is_fresh(&used, 6, LorawanVersion::V1_1));
        use_up(&mut used, 6, LorawanVersion::V1_0_4);
        assert_eq!(used, [6]);
    }

    #[test]
    fn random_numbers_are_remembered_for_long_but_not_for_ever() {
        let mut used = Vec::new();
        for number in 0..=128_u16 {
            assert!(is_fresh(&used, number, LorawanVersion::V1_0_3));
            use_up(&mut used, number, LorawanVersion::V1_0_3);
            assert!(!is_fresh(&used, number, LorawanVersion::V1_0_3));
        }
        assert_eq!(used.len(), REMEMBERED);
        assert!(is_fresh(&used, 0, LorawanVersion::V1_0_2));
    }

    #[test]
    fn the_state_is_stored_as_json() {
        let bytes: Vec<u8> = (0..23).collect();
        let request = JoinRequest::parse(&bytes).unwrap();
        let version = LorawanVersion::V1_0_3;
        let asked = JoinState::default().after_request(&request, version);
        assert!(asked.awaits_accept() && asked.is_last_request(&request));
        let mic = Mic::from_bytes([1; 4]);
        let answered = asked.after_accept(7, mic, version);
        assert!(!answered.awaits_accept() && answered.is_last_accept(7, mic));
        let stored = serde_json::to_string(&answered).unwrap();
        assert_eq!(serde_json::from_str::<JoinState>(&stored).unwrap(), answered);
        assert_eq!(serde_json::from_str::<JoinState>("{}").unwrap(), JoinState::default());
    }
}
