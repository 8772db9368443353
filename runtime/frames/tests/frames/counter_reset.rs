//! Devices that forget their counter when they restart, where the operator allows it.

use champollion_frames::{Refusal, Session, SessionState, device::Device};

use super::{accept, frame, last_f_cnt, refuse, session, sessions, verify};

fn forgetful(number: u8) -> Session {
    session(number).with_counter_reset(true)
}

#[test]
fn a_counter_that_starts_over_is_refused_unless_it_is_allowed() {
    let strict = session(1).with_state(last_f_cnt(500));
    assert_eq!(refuse(&sessions([strict]), &frame(&session(1), 0)).code(), "replayed-f-cnt");

    let allowed = forgetful(1).with_state(last_f_cnt(500));
    let sessions = sessions([allowed.clone()]);
    let uplink = verify(&sessions, &frame(&allowed, 0)).unwrap().confirm();
    assert!(uplink.counter_reset());
    assert_eq!(uplink.f_cnt(), 0);
    assert_eq!(sessions.state(allowed.dev_eui()).unwrap().last_f_cnt, Some(0));

    let next = verify(&sessions, &frame(&allowed, 1)).unwrap().confirm();
    assert!(!next.counter_reset(), "only the first says so");
    assert_eq!(accept(&sessions, &frame(&allowed, 501)), 501);
}

#[test]
fn a_restart_is_found_after_lost_frames_and_after_the_rollover() {
    for (last, first) in [(70_000, 0), (70_000, 12), (200_000, 65_535), (9, 9), (0, 0)] {
        let session = forgetful(1).with_state(last_f_cnt(last));
        let sessions = sessions([session.clone()]);
        let uplink = verify(&sessions, &frame(&session, first)).unwrap().confirm();
        assert_eq!((uplink.f_cnt(), uplink.counter_reset()), (first, true), "{last}");
    }
    // An old frame of a later epoch cannot come from a device that started at 0.
    let session = forgetful(1).with_state(last_f_cnt(200_000));
    let sessions = sessions([session.clone()]);
    assert_eq!(refuse(&sessions, &frame(&session, 199_000)).code(), "replayed-f-cnt");
}

/// A late copy would otherwise look like a restart, and the frame after it like a new one.
#[test]
fn late_copies_are_no_restarts() {
    let session = forgetful(1);
    let sessions = sessions([session.clone()]);
    for f_cnt in 5..=9 {
        accept(&sessions, &frame(&session, f_cnt));
    }
    let dev_eui = session.dev_eui();
    let duplicate = Refusal::Duplicate { dev_eui, f_cnt: 9 };
    assert_eq!(refuse(&sessions, &frame(&session, 9)), duplicate);
    for f_cnt in 6..9 {
        let replay = Refusal::Replay { dev_eui, f_cnt, last: 9 };
        assert_eq!(refuse(&sessions, &frame(&session, f_cnt)), replay);
    }

    // Also after a restart of the device, and of the server.
    let other = Device::of(&session).uplink(1, b"other", 0, false).unwrap();
    assert!(verify(&sessions, &other).unwrap().confirm().counter_reset());
    let stored = serde_json::to_string(&sessions.state(dev_eui).unwrap()).unwrap();
    let state: SessionState = serde_json::from_str(&stored).unwrap();
    let after = super::sessions([session.clone().with_state(state)]);
    for sessions in [&sessions, &after] {
        assert_eq!(refuse(sessions, &frame(&session, 9)).code(), "replayed-f-cnt");
        assert_eq!(refuse(sessions, &other).code(), "duplicate");
    }
    assert_eq!(accept(&after, &frame(&session, 1)), 1);
}

#[test]
fn a_restart_is_claimed_as_any_frame_is() {
    let session = forgetful(1).with_state(last_f_cnt(500));
    let sessions = sessions([session.clone()]);
    let claim = verify(&sessions, &frame(&session, 3)).unwrap();
    assert_eq!(refuse(&sessions, &frame(&session, 501)).code(), "in-flight");
    assert_eq!(refuse(&sessions, &frame(&session, 3)).code(), "in-flight");
    drop(claim);
    assert_eq!(sessions.state(session.dev_eui()).unwrap().last_f_cnt, Some(500));
    assert_eq!(accept(&sessions, &frame(&session, 501)), 501);
}

#[test]
fn a_false_mic_starts_nothing_over() {
    let session = forgetful(1).with_state(last_f_cnt(500));
    let sessions = sessions([session.clone()]);
    for bit in 0..8 {
        let mut forged = frame(&session, 0);
        *forged.last_mut().unwrap() ^= 1 << bit;
        assert_eq!(refuse(&sessions, &forged).code(), "mic-mismatch");
    }
}

#[test]
fn the_setting_can_be_changed_while_the_counter_goes_on() {
    let strict = session(1);
    let sessions = sessions([strict.clone()]);
    accept(&sessions, &frame(&strict, 40));
    sessions.insert(forgetful(1));
    assert_eq!(accept(&sessions, &frame(&strict, 2)), 2);
    sessions.insert(strict.clone());
    assert_eq!(refuse(&sessions, &frame(&strict, 1)).code(), "replayed-f-cnt");
}
