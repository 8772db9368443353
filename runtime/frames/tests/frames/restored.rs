//! Sessions and states as another process has stored them, and what a claim is based on.

use champollion_frames::{
    DevAddr, JoinState, Joiner, Joins, LorawanVersion, Progress, RadioMetadata, ReportedUplink,
    Reports, RootKeys, Session, SessionState, Sessions, device::joining::JoiningDevice,
};

use super::{accept, dev_eui, frame, last_f_cnt, refuse, session, sessions, verify};

/// Another session of the device of [`session`], at an address of its own.
fn next(number: u8) -> Session {
    let key = "77".repeat(16);
    Session::lorawan_1_0(
        dev_eui(number.into()),
        DevAddr::from_u32(0x0A0B_0C0D),
        key.parse().unwrap(),
        key.parse().unwrap(),
    )
}

#[test]
fn a_claim_tells_what_it_was_verified_against() {
    let sessions = sessions([session(1)]);
    let first = verify(&sessions, &frame(&session(1), 5)).unwrap();
    let Progress::Session { from, to } = first.progress() else { panic!("it has a session") };
    assert_eq!((from, to.last_f_cnt), (SessionState::default(), Some(5)));
    first.confirm();
    let second = verify(&sessions, &frame(&session(1), 9)).unwrap();
    // What happens to the session meanwhile changes nothing of it.
    sessions.restore(dev_eui(1), Some(session(1).with_state(last_f_cnt(100))), None);
    let Progress::Session { from, to: next } = second.progress() else { panic!("so has this") };
    assert_eq!((from, next.last_f_cnt), (to, Some(9)));
}

#[test]
fn so_does_one_of_a_reported_uplink() {
    let report = |f_cnt| ReportedUplink {
        dev_eui: dev_eui(1),
        dev_addr: None,
        f_cnt,
        f_port: Some(2),
        payload: vec![1],
        is_encrypted: false,
        confirmed: false,
        adr: false,
        mic: None,
        received_at_ms: None,
    };
    let reports = Reports::new();
    let take = |f_cnt| reports.accept(report(f_cnt), None, 0, 0, RadioMetadata::default()).unwrap();
    take(5).confirm();
    let stored = reports.state(dev_eui(1));
    let claim = take(6);
    reports.insert(dev_eui(1), Default::default());
    let Progress::Report { from, to } = claim.progress() else { panic!("it is a report") };
    assert_eq!((from, to.last_f_cnt()), (&stored, Some(6)));
}

#[test]
fn a_counter_is_where_it_was_stored_also_where_that_is_before() {
    let sessions = sessions([session(1)]);
    for f_cnt in [3, 100] {
        accept(&sessions, &frame(&session(1), f_cnt));
    }
    sessions.restore(dev_eui(1), Some(session(1).with_state(last_f_cnt(3))), None);
    assert_eq!(sessions.state(dev_eui(1)), Some(last_f_cnt(3)));
    assert_eq!(refuse(&sessions, &frame(&session(1), 3)).code(), "replayed-f-cnt");
    accept(&sessions, &frame(&session(1), 4));
    sessions.restore(dev_eui(1), Some(session(1).with_state(last_f_cnt(50))), None);
    assert_eq!(refuse(&sessions, &frame(&session(1), 50)).code(), "replayed-f-cnt");
    accept(&sessions, &frame(&session(1), 51));
}

#[test]
fn a_session_that_is_as_it_was_stored_keeps_its_pending_claim() {
    let sessions = sessions([session(1)]);
    accept(&sessions, &frame(&session(1), 1));
    let stored = sessions.get(dev_eui(1));
    let pending = verify(&sessions, &frame(&session(1), 2)).unwrap();
    sessions.restore(dev_eui(1), stored, None);
    assert_eq!(refuse(&sessions, &frame(&session(1), 3)).code(), "in-flight");
    pending.confirm();
    accept(&sessions, &frame(&session(1), 3));
}

#[test]
fn a_device_has_the_sessions_that_were_stored_and_no_others() {
    let (old, new) = (session(1), next(1));
    let devices = || sessions([old.clone(), session(2)]);
    let are = |sessions: &Sessions, old_frame: Result<u32, &str>, new_frame: Result<u32, &str>| {
        for (session, expected) in [(&old, old_frame), (&new, new_frame)] {
            match expected {
                Ok(f_cnt) => drop(accept(sessions, &frame(session, f_cnt))),
                Err(code) => assert_eq!(refuse(sessions, &frame(session, 9)).code(), code),
            }
        }
        accept(sessions, &frame(&super::session(2), sessions.len() as u32));
    };
    // Another process has seen it join.
    let joined = devices();
    joined.restore(dev_eui(1), Some(old.clone()), Some(new.clone()));
    assert_eq!(joined.get_offered(dev_eui(1)), Some(new.clone()));
    are(&joined, Ok(0), Ok(0));
    assert_eq!(refuse(&joined, &frame(&old, 1)).code(), "mic-mismatch", "the new one took over");

    // Another process has seen it use the new one.
    let moved = devices();
    moved.restore(dev_eui(1), Some(old.clone()), Some(new.clone()));
    moved.restore(dev_eui(1), Some(new.clone().with_state(last_f_cnt(3))), None);
    assert_eq!((moved.get_offered(dev_eui(1)), moved.len()), (None, 2));
    are(&moved, Err("mic-mismatch"), Ok(4));
    assert_eq!(refuse(&moved, &frame(&new, 3)).code(), "replayed-f-cnt");

    // It joined once more, and the session that it was offered before is another.
    let offered = devices();
    offered.restore(dev_eui(1), Some(new.clone()), Some(old.clone()));
    assert_eq!(offered.get(dev_eui(1)), Some(new.clone()));
    are(&offered, Ok(0), Err("mic-mismatch"));

    // It has none any more.
    let removed = devices();
    removed.restore(dev_eui(1), Some(old.clone()), Some(new.clone()));
    removed.restore(dev_eui(1), None, None);
    assert_eq!((removed.get(dev_eui(1)), removed.len()), (None, 1));
    are(&removed, Err("mic-mismatch"), Err("unknown-dev-addr"));
}

#[test]
fn a_claim_moves_the_session_that_it_was_verified_with() {
    let sessions = sessions([session(1)]);
    sessions.offer(next(1));
    let claim = verify(&sessions, &frame(&next(1), 0)).unwrap();
    assert_eq!(sessions.session_of(&claim), Some(next(1)));
    sessions.restore(dev_eui(1), Some(session(1).with_state(last_f_cnt(1))), Some(next(1)));
    assert_eq!(sessions.session_of(&claim), None, "another stands in its place");
    drop(claim);
    let claim = verify(&sessions, &frame(&session(1), 2)).unwrap();
    assert_eq!(sessions.session_of(&claim), Some(session(1).with_state(last_f_cnt(1))));
    sessions.remove(dev_eui(1));
    assert_eq!(sessions.session_of(&claim), None);
}

#[test]
fn the_numbers_of_joins_are_those_that_were_stored() {
    let device = JoiningDevice {
        dev_eui: dev_eui(1),
        join_eui: champollion_frames::JoinEui::from_be_bytes([9; 8]),
        root_keys: RootKeys::V1_0(champollion_frames::AppKey::from_bytes([1; 16])),
    };
    let joiner = || Joiner {
        dev_eui: device.dev_eui,
        join_eui: None,
        root_keys: device.root_keys.clone(),
        version: LorawanVersion::V1_0_4,
    };
    let (one, other) = (Joins::new(), Joins::new());
    one.insert(joiner(), JoinState::default());
    other.insert(joiner(), JoinState::default());
    let claim = one.verify(&device.request(7), None).unwrap();
    let stored = claim.next_state().clone();
    one.confirm(claim);
    // Inserting keeps the numbers, since the root keys are the same; restoring takes those of the state.
    other.insert(joiner(), stored.clone());
    drop(other.verify(&device.request(7), None).unwrap());
    other.restore(joiner(), stored);
    assert_eq!(other.verify(&device.request(7), None).unwrap_err().code(), "duplicate");
    assert_eq!(other.verify(&device.request(6), None).unwrap_err().code(), "replayed-dev-nonce");
}
