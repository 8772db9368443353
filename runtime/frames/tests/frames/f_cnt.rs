//! The 32-bit FCnt: what is fresh, what is a duplicate, what is a replay.

use champollion_frames::{DevAddr, MalformedPhyPayload, Refusal, SessionState, device::Device};

use super::{accept, dev_eui, frame, last_f_cnt, refuse, session, sessions};

const EPOCH: u32 = 1 << 16;

#[test]
fn frames_are_accepted_in_order_with_gaps() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    for f_cnt in [3, 4, 10, 30_000, 65_535, 65_536, 70_000, 70_000 + EPOCH] {
        assert_eq!(accept(&sessions, &frame(&session, f_cnt)), f_cnt);
        assert_eq!(sessions.state(session.dev_eui()).unwrap().last_f_cnt, Some(f_cnt));
    }
}

#[test]
fn the_first_frame_of_a_session_is_taken_at_16_bits() {
    let session = session(1);
    assert_eq!(accept(&sessions([session.clone()]), &frame(&session, 65_535)), 65_535);
    // Of a device that has sent more the last FCnt must be registered, told beside, or looked for.
    let later = frame(&session, 65_536);
    assert_eq!(refuse(&sessions([session.clone()]), &later).code(), "mic-mismatch");
    let known = session.with_state(last_f_cnt(50_000));
    assert_eq!(accept(&sessions([known]), &later), 65_536);
}

#[test]
fn more_than_an_epoch_ahead_is_not_found() {
    let session = session(1).with_state(last_f_cnt(5));
    let sessions = sessions([session.clone()]);
    assert_eq!(refuse(&sessions, &frame(&session, 6 + EPOCH)).code(), "mic-mismatch");
    assert_eq!(accept(&sessions, &frame(&session, 5 + EPOCH)), 5 + EPOCH);
}

#[test]
fn the_counter_ends_at_32_bits() {
    let session = session(1).with_state(last_f_cnt(u32::MAX - 1));
    let sessions = sessions([session.clone()]);
    assert_eq!(accept(&sessions, &frame(&session, u32::MAX)), u32::MAX);
    assert_eq!(refuse(&sessions, &frame(&session, u32::MAX)).code(), "duplicate");
    assert_eq!(refuse(&sessions, &frame(&session, 0)).code(), "mic-mismatch");
}

#[test]
fn the_last_frame_again_is_a_duplicate() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    accept(&sessions, &frame(&session, 7));
    assert_eq!(
        refuse(&sessions, &frame(&session, 7)),
        Refusal::Duplicate { dev_eui: session.dev_eui(), f_cnt: 7 }
    );
}

#[test]
fn another_frame_of_the_last_f_cnt_is_a_replay() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    accept(&sessions, &frame(&session, 7));
    let other = Device::of(&session).uplink(1, b"another", 7, false).unwrap();
    assert_eq!(
        refuse(&sessions, &other),
        Refusal::Replay { dev_eui: session.dev_eui(), f_cnt: 7, last: 7 }
    );
}

#[test]
fn an_older_frame_is_a_replay_also_over_the_rollover() {
    let session = session(1);
    for (old, last) in [(0, 1), (6, 7), (1, 65_535), (65_535, 65_536), (65_530, 65_540)] {
        let sessions = sessions([session.clone().with_state(last_f_cnt(last))]);
        let dev_eui = session.dev_eui();
        assert_eq!(
            refuse(&sessions, &frame(&session, old)),
            Refusal::Replay { dev_eui, f_cnt: old, last }
        );
    }
}

#[test]
fn a_duplicate_is_known_after_a_restart() {
    let session = session(1);
    let before = sessions([session.clone()]);
    accept(&before, &frame(&session, 7));
    let stored = serde_json::to_string(&before.state(session.dev_eui()).unwrap()).unwrap();

    let state: SessionState = serde_json::from_str(&stored).unwrap();
    let after = sessions([session.clone().with_state(state)]);
    assert_eq!(refuse(&after, &frame(&session, 7)).code(), "duplicate");
    assert_eq!(accept(&after, &frame(&session, 8)), 8);

    // Nobody here has stored the frame of an FCnt taken over from elsewhere.
    let taken_over = sessions([session.clone().with_state(last_f_cnt(7))]);
    assert_eq!(refuse(&taken_over, &frame(&session, 7)).code(), "replayed-f-cnt");
}

#[test]
fn refusals_say_what_matters() {
    let known = session(1);
    let sessions = sessions([known.clone(), session(2)]);
    let stranger = session(3);

    let unknown = refuse(&sessions, &[0x40; 12]);
    assert_eq!(unknown, Refusal::UnknownDevAddr { dev_addr: DevAddr::from_u32(0x4040_4040) });
    assert!(
        unknown.to_string().starts_with("no session has DevAddr 40404040: register the device")
    );

    let mismatch = refuse(&sessions, &frame(&stranger, EPOCH + 9));
    assert_eq!(
        mismatch,
        Refusal::MicMismatch { dev_addr: stranger.dev_addr(), f_cnt_16: 9, sessions: 2 }
    );
    assert_eq!(mismatch.dev_eui(), None);

    let malformed = refuse(&sessions, &[]);
    assert_eq!(malformed, Refusal::Malformed(MalformedPhyPayload::TooShort { got: 0, needed: 12 }));
    assert_eq!(malformed.code(), "malformed");

    accept(&sessions, &frame(&known, 5));
    let replay = refuse(&sessions, &frame(&known, 4));
    assert_eq!(replay.dev_eui(), Some(dev_eui(1)));
    assert_eq!(
        replay.to_string(),
        "replayed uplink of 0000000000000001: FCnt 4, but 5 was accepted already"
    );
}
