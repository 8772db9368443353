//! Sessions whose network keys the network server keeps to itself: it checks the MIC and says so.

use champollion_frames::{
    CheckedFrame, Claim, NetworkKeys, RadioMetadata, Refusal, Session, Sessions, VerifiedBy,
};

use super::{dev_eui, frame, last_f_cnt, refuse, session, sessions};

fn withheld(number: u8) -> Session {
    let known = session(number);
    let app_s_key = known.app_s_key().clone();
    Session::new(known.dev_eui(), known.dev_addr(), NetworkKeys::Withheld, app_s_key)
}

fn take(sessions: &Sessions, number: u8, f_cnt: u32, told: bool) -> Result<Claim, Refusal> {
    let phy = frame(&session(number), f_cnt);
    let dev_eui = dev_eui(number.into());
    let frame = CheckedFrame { phy: &phy, dev_eui, f_cnt: told.then_some(f_cnt) };
    sessions.verify_checked(frame, 0, RadioMetadata::default())
}

#[test]
fn a_frame_that_was_checked_elsewhere_is_decrypted_and_says_so() {
    let sessions = sessions([withheld(1)]);
    let uplink = take(&sessions, 1, 7, false).unwrap().confirm();
    assert_eq!(uplink.application_payload(), Some((1, b"payload".as_slice())));
    assert_eq!((uplink.f_cnt(), uplink.verified_by()), (7, VerifiedBy::NetworkServer));
    assert_eq!(uplink.verified_by().as_str(), "network-server");
}

#[test]
fn what_nobody_checked_is_refused() {
    let sessions = sessions([withheld(1)]);
    let refusal = refuse(&sessions, &frame(&session(1), 7));
    assert_eq!(refusal, Refusal::KeysWithheld { dev_addr: session(1).dev_addr() });
    assert!(refusal.to_string().contains("micChecked"), "{refusal}");
    // Beside a session whose keys are known, it could also be that one's, with a wrong MIC.
    sessions.insert(session(2));
    assert_eq!(refuse(&sessions, &frame(&session(1), 7)).code(), "mic-mismatch");
}

#[test]
fn where_the_keys_are_known_the_mic_decides() {
    let sessions = sessions([session(1)]);
    let mut forged = frame(&session(1), 7);
    *forged.last_mut().unwrap() ^= 1;
    let frame = CheckedFrame { phy: &forged, dev_eui: dev_eui(1), f_cnt: Some(7) };
    let refusal = sessions.verify_checked(frame, 0, RadioMetadata::default()).unwrap_err();
    assert_eq!(refusal.code(), "mic-mismatch");
    assert_eq!(take(&sessions, 1, 7, true).unwrap().uplink().verified_by(), VerifiedBy::Mic);
}

#[test]
fn its_counter_goes_on_as_every_other() {
    for told in [true, false] {
        let sessions = sessions([withheld(1).with_state(last_f_cnt(65_530))]);
        take(&sessions, 1, 65_540, told).unwrap().confirm();
        assert_eq!(take(&sessions, 1, 65_540, told).unwrap_err().code(), "duplicate");
        assert_eq!(take(&sessions, 1, 65_539, told).unwrap_err().code(), "replayed-f-cnt");
        assert_eq!(take(&sessions, 1, 65_000, told).unwrap_err().code(), "replayed-f-cnt");
        let pending = take(&sessions, 1, 65_541, told).unwrap();
        assert_eq!(take(&sessions, 1, 65_541, told).unwrap_err().code(), "in-flight");
        pending.confirm();
        assert_eq!(take(&sessions, 1, 90_000, told).unwrap().uplink().f_cnt(), 90_000);
    }
    // Told, the counter may be any number of epochs ahead.
    let sessions = sessions([withheld(1).with_state(last_f_cnt(5))]);
    assert_eq!(take(&sessions, 1, 1_000_000, true).unwrap().uplink().f_cnt(), 1_000_000);
}

#[test]
fn what_the_network_server_says_must_fit_the_frame() {
    let sessions = sessions([withheld(1), withheld(2)]);
    let phy = frame(&session(1), 7);
    let take = |dev_eui, f_cnt| {
        let frame = CheckedFrame { phy: &phy, dev_eui, f_cnt };
        sessions.verify_checked(frame, 0, RadioMetadata::default()).unwrap_err().code()
    };
    assert_eq!(take(dev_eui(1), Some(8)), "other-f-cnt");
    assert_eq!(take(dev_eui(9), Some(7)), "other-device");
    sessions.remove(dev_eui(1));
    sessions.remove(dev_eui(2));
    assert_eq!(take(dev_eui(1), Some(7)), "unknown-dev-addr");
}
