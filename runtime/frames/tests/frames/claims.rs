//! Tests of claims, between verifying a frame and its record being durable.

use champollion_frames::{NextState, Refusal, SessionState};

use super::{accept, frame, refuse, session, sessions, verify};

#[test]
fn a_copy_of_a_pending_frame_is_in_flight_and_no_duplicate() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let phy = frame(&session, 1);

    let claim = verify(&sessions, &phy).unwrap();
    let in_flight = Refusal::InFlight { dev_eui: session.dev_eui(), f_cnt: 1, pending: 1 };
    assert_eq!(refuse(&sessions, &phy), in_flight);
    assert_eq!(in_flight.code(), "in-flight");

    claim.confirm();
    assert_eq!(refuse(&sessions, &phy).code(), "duplicate");
}

#[test]
fn a_dropped_claim_gives_the_f_cnt_back() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let phy = frame(&session, 1);
    accept(&sessions, &frame(&session, 0));
    let before = sessions.state(session.dev_eui());

    drop(verify(&sessions, &phy).unwrap());
    assert_eq!(sessions.state(session.dev_eui()), before);
    assert_eq!(accept(&sessions, &phy), 1);
}

/// Were the newer frame accepted, the older one could be given up after it, and its retry would
/// be refused as a replay of a frame that nobody has.
#[test]
fn a_newer_frame_waits_for_a_pending_one() {
    let session = session(1);
    let sessions = sessions([session.clone()]);

    let older = verify(&sessions, &frame(&session, 1)).unwrap();
    assert_eq!(
        refuse(&sessions, &frame(&session, 2)),
        Refusal::InFlight { dev_eui: session.dev_eui(), f_cnt: 2, pending: 1 }
    );
    drop(older);

    assert_eq!(accept(&sessions, &frame(&session, 1)), 1);
    assert_eq!(accept(&sessions, &frame(&session, 2)), 2);
}

#[test]
fn an_older_frame_than_the_pending_one_waits_too() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let newer = verify(&sessions, &frame(&session, 2)).unwrap();
    // It would be accepted should the newer one be given up.
    assert_eq!(refuse(&sessions, &frame(&session, 1)).code(), "in-flight");
    newer.confirm();
    assert_eq!(refuse(&sessions, &frame(&session, 1)).code(), "replayed-f-cnt");
}

#[test]
fn what_is_durable_and_what_is_false_is_answered_while_a_claim_is_pending() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    accept(&sessions, &frame(&session, 3));
    accept(&sessions, &frame(&session, 4));

    let _pending = verify(&sessions, &frame(&session, 5)).unwrap();
    assert_eq!(refuse(&sessions, &frame(&session, 4)).code(), "duplicate");
    assert_eq!(refuse(&sessions, &frame(&session, 3)).code(), "replayed-f-cnt");
    let mut forged = frame(&session, 5);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(refuse(&sessions, &forged).code(), "mic-mismatch");
}

#[test]
fn a_pending_claim_is_no_concern_of_another_device() {
    let (one, other) = (session(1), session(2));
    assert_eq!(one.dev_addr(), other.dev_addr());
    let sessions = sessions([one.clone(), other.clone()]);
    let _pending = verify(&sessions, &frame(&one, 1)).unwrap();
    assert_eq!(accept(&sessions, &frame(&other, 1)), 1);
}

#[test]
fn the_state_moves_when_the_claim_is_confirmed_to_what_the_claim_foretold() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let claim = verify(&sessions, &frame(&session, 8)).unwrap();
    assert_eq!(sessions.state(session.dev_eui()), Some(SessionState::default()));
    let NextState::Session(foretold) = claim.next_state() else { panic!("it has a session") };
    assert_eq!(foretold.last_f_cnt, Some(8));
    assert_eq!(foretold.last_mic, claim.uplink().mic());
    claim.confirm();
    assert_eq!(sessions.state(session.dev_eui()), Some(foretold));
}
