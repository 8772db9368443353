//! The crate as its users see it: real frames in, claims and refusals out.

mod checked_elsewhere;
mod claims;
mod concurrency;
mod counter_reset;
mod f_cnt;
mod far_counters;
mod fuzz_entry;
mod joining;
mod known_answers;
mod lora_packet;
mod lorawan_device;
mod mic_1_1;
mod properties;
mod reassembled;
mod reported;
mod restored;
mod table;

use champollion_frames::{
    Claim, DevAddr, DevEui, RadioMetadata, Refusal, Session, SessionState, Sessions, device::Device,
};

fn dev_eui(number: u64) -> DevEui {
    DevEui::from_be_bytes(number.to_be_bytes())
}

/// A session with keys of its own for each number; all have the same DevAddr.
fn session(number: u8) -> Session {
    Session::lorawan_1_0(
        dev_eui(number.into()),
        DevAddr::from_u32(0x0102_0304),
        format!("{number:02X}").repeat(16).parse().unwrap(),
        format!("{:02X}", number ^ 0xFF).repeat(16).parse().unwrap(),
    )
}

fn last_f_cnt(f_cnt: u32) -> SessionState {
    SessionState { last_f_cnt: Some(f_cnt), ..SessionState::default() }
}

fn sessions(registered: impl IntoIterator<Item = Session>) -> Sessions {
    let sessions = Sessions::new();
    for session in registered {
        assert_eq!(sessions.insert(session), None);
    }
    sessions
}

/// The frame with this FCnt that the session's device sends on FPort 1.
fn frame(session: &Session, f_cnt: u32) -> Vec<u8> {
    Device::of(session).uplink(1, b"payload", f_cnt, false).unwrap()
}

fn verify(sessions: &Sessions, phy: &[u8]) -> Result<Claim, Refusal> {
    sessions.verify(phy, 1_767_225_600_000, RadioMetadata::default())
}

#[track_caller]
fn accept(sessions: &Sessions, phy: &[u8]) -> u32 {
    verify(sessions, phy).expect("a frame to be accepted").confirm().f_cnt()
}

#[track_caller]
fn refuse(sessions: &Sessions, phy: &[u8]) -> Refusal {
    verify(sessions, phy).expect_err("a frame to be refused")
}
