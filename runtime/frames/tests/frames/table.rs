//! Tests of registering, replacing and removing sessions.

use champollion_frames::{DevAddr, Session, Sessions};

use super::{accept, dev_eui, frame, last_f_cnt, refuse, session, sessions, verify};

#[test]
fn the_mic_tells_sessions_of_one_dev_addr_apart() {
    let registered: Vec<Session> = (1..=5).map(session).collect();
    let sessions = sessions(registered.clone());
    for (index, session) in registered.iter().enumerate() {
        let claim = verify(&sessions, &frame(session, index as u32)).unwrap();
        assert_eq!(claim.confirm().dev_eui(), session.dev_eui());
    }
    for session in &registered {
        let f_cnt = sessions.state(session.dev_eui()).unwrap().last_f_cnt.unwrap();
        let duplicate = refuse(&sessions, &frame(session, f_cnt));
        assert_eq!((duplicate.code(), duplicate.dev_eui()), ("duplicate", Some(session.dev_eui())));
    }
}

#[test]
fn sessions_come_and_go() {
    let sessions = Sessions::default();
    assert!(sessions.is_empty());
    assert_eq!(sessions.get(dev_eui(1)), None);
    assert_eq!(sessions.remove(dev_eui(1)), None);

    for number in 1..=3 {
        assert_eq!(sessions.insert(session(number)), None);
    }
    accept(&sessions, &frame(&session(2), 7));
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.get(dev_eui(1)), Some(session(1)));

    let removed = sessions.remove(dev_eui(2)).unwrap();
    assert_eq!(removed.state().last_f_cnt, Some(7));
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.get(dev_eui(2)), None);
    assert_eq!(refuse(&sessions, &frame(&session(2), 8)).code(), "mic-mismatch");
    accept(&sessions, &frame(&session(3), 1));

    sessions.remove(dev_eui(1));
    sessions.remove(dev_eui(3));
    assert!(sessions.is_empty());
    assert_eq!(refuse(&sessions, &frame(&session(2), 8)).code(), "unknown-dev-addr");
}

#[test]
fn a_new_session_replaces_the_old_one_of_its_device() {
    let old = session(1);
    let sessions = sessions([old.clone()]);
    accept(&sessions, &frame(&old, 100));

    // The device joined anew: other address, other keys, counting from 0.
    let key = "77".repeat(16);
    let new = Session::lorawan_1_0(
        old.dev_eui(),
        DevAddr::from_u32(0x0A0B_0C0D),
        key.parse().unwrap(),
        key.parse().unwrap(),
    );
    let replaced = sessions.insert(new.clone()).unwrap();
    assert_eq!(replaced.state().last_f_cnt, Some(100));
    assert_eq!(replaced.dev_addr(), old.dev_addr());
    assert_eq!(sessions.len(), 1);
    assert_eq!(refuse(&sessions, &frame(&old, 101)).code(), "unknown-dev-addr");
    assert_eq!(accept(&sessions, &frame(&new, 0)), 0);

    // And anew under the same address.
    let key = "78".repeat(16).parse().unwrap();
    let again = Session::lorawan_1_0(new.dev_eui(), new.dev_addr(), key, new.app_s_key().clone());
    assert_eq!(sessions.insert(again.clone()).unwrap().state().last_f_cnt, Some(0));
    assert_eq!(refuse(&sessions, &frame(&new, 1)).code(), "mic-mismatch");
    assert_eq!(accept(&sessions, &frame(&again, 0)), 0);
}

#[test]
fn under_the_same_key_the_counter_never_goes_back() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    accept(&sessions, &frame(&session, 100));

    // Say, the operator corrects the AppSKey.
    let app_s_key: champollion_frames::AppSKey = "99".repeat(16).parse().unwrap();
    let corrected = Session::new(
        session.dev_eui(),
        session.dev_addr(),
        session.network_keys().clone(),
        app_s_key.clone(),
    );
    let pending = verify(&sessions, &frame(&session, 101)).unwrap();
    sessions.insert(corrected.clone().with_state(last_f_cnt(50)));
    assert_eq!(sessions.get(session.dev_eui()).unwrap().app_s_key(), &app_s_key);
    assert_eq!(refuse(&sessions, &frame(&session, 100)).code(), "duplicate");
    assert_eq!(refuse(&sessions, &frame(&session, 60)).code(), "replayed-f-cnt");
    assert_eq!(refuse(&sessions, &frame(&session, 101)).code(), "in-flight");
    pending.confirm();
    assert_eq!(refuse(&sessions, &frame(&session, 101)).code(), "duplicate");

    // Forwards it may go.
    sessions.insert(corrected.with_state(last_f_cnt(200)));
    assert_eq!(refuse(&sessions, &frame(&session, 150)).code(), "replayed-f-cnt");

    // Only to remove it makes a device start over.
    sessions.remove(session.dev_eui());
    sessions.insert(session.clone());
    assert_eq!(accept(&sessions, &frame(&session, 0)), 0);
}

#[test]
fn a_claim_outlives_the_removal_of_its_session() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let claim = verify(&sessions, &frame(&session, 5)).unwrap();
    sessions.remove(session.dev_eui());
    sessions.insert(session.clone());
    assert_eq!(claim.confirm().f_cnt(), 5);
    // The session registered since then knows nothing of it.
    assert_eq!(sessions.state(session.dev_eui()).unwrap().last_f_cnt, None);
}
