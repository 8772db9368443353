//! Counters that are further ahead than a frame tells: guessed, or looked for. The MIC decides.

use champollion_frames::{
    CheckedFrame, DevAddr, FNwkSIntKey, NetworkKeysV1_1, NwkSEncKey, RadioMetadata, Reach, Refusal,
    SNwkSIntKey, Session, Sessions,
    device::{Device, Uplink},
};

use super::{accept, dev_eui, frame, last_f_cnt, refuse, session, sessions};

/// The FCnt of a device that was in the field for years.
const FAR: u32 = 0x0045_6389;

const EPOCH: u32 = 1 << 16;

fn guess(sessions: &Sessions, phy: &[u8], guess: u32) -> Result<u32, Refusal> {
    let claim = sessions.verify_guessed(phy, Some(guess), 0, RadioMetadata::default())?;
    Ok(claim.confirm().f_cnt())
}

fn search(sessions: &Sessions, phy: &[u8], reach: Reach) -> Option<u32> {
    sessions.search(phy, &RadioMetadata::default(), reach)
}

fn session_1_1() -> Session {
    let keys = NetworkKeysV1_1 {
        f_nwk_s_int_key: FNwkSIntKey::from_bytes([1; 16]),
        s_nwk_s_int_key: SNwkSIntKey::from_bytes([2; 16]),
        nwk_s_enc_key: NwkSEncKey::from_bytes([3; 16]),
    };
    let app_s_key = "FE".repeat(16).parse().unwrap();
    Session::lorawan_1_1(dev_eui(1), DevAddr::from_u32(0x0102_0304), keys, app_s_key)
}

#[test]
fn a_guess_is_taken_where_the_mic_fits_and_no_other() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let phy = frame(&session, FAR);
    for wrong in [FAR + EPOCH, FAR - EPOCH, FAR + 1, FAR & 0xFFFF] {
        assert_eq!(guess(&sessions, &phy, wrong).unwrap_err().code(), "mic-mismatch");
    }
    assert_eq!(guess(&sessions, &phy, FAR), Ok(FAR));
    assert_eq!(accept(&sessions, &frame(&session, FAR + 1)), FAR + 1);
    // The nearest that fits counts, whatever is guessed.
    let next = frame(&session, FAR + 2);
    assert_eq!(guess(&sessions, &next, FAR + 2 + EPOCH), Ok(FAR + 2));
    // A guess lets nothing old in.
    for old in [FAR, FAR + 1] {
        let refused = guess(&sessions, &frame(&session, old), old).unwrap_err();
        assert_eq!(refused.code(), "replayed-f-cnt");
    }
    let old = frame(&session, FAR - 3 * EPOCH);
    assert_eq!(guess(&sessions, &old, FAR - 3 * EPOCH).unwrap_err().code(), "mic-mismatch");
    assert_eq!(
        guess(&sessions, &frame(&session, FAR + 2), FAR + 2).unwrap_err().code(),
        "duplicate"
    );
}

#[test]
fn a_guess_helps_a_frame_that_was_checked_elsewhere_too() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    let phy = frame(&session, FAR);
    let checked = CheckedFrame { phy: &phy, dev_eui: dev_eui(1), f_cnt: Some(FAR) };
    let claim = sessions.verify_checked(checked, 0, RadioMetadata::default()).unwrap();
    assert_eq!(claim.confirm().f_cnt(), FAR);
}

#[test]
fn a_session_without_frames_is_searched_through() {
    let (near, far) = (session(1), session(2));
    for reach in [Reach::Near, Reach::All] {
        let sessions = sessions([near.clone(), far.clone()]);
        assert_eq!(search(&sessions, &frame(&near, FAR), reach), Some(FAR));
        assert_eq!(search(&sessions, &frame(&session(9), FAR), reach), None, "it is nobody's");
        assert_eq!(search(&sessions, &[0x40; 5], reach), None, "it is no frame");
    }
    let sessions = sessions([near, far.clone()]);
    let last = frame(&far, u32::MAX);
    assert_eq!(search(&sessions, &last, Reach::Near), None);
    assert_eq!(search(&sessions, &last, Reach::All), Some(u32::MAX));
    assert_eq!(guess(&sessions, &last, u32::MAX), Ok(u32::MAX));
}

#[test]
fn a_session_in_use_is_searched_ahead_of_its_last_frame_and_not_far() {
    let session = session(1).with_state(last_f_cnt(1_000));
    let sessions = sessions([session.clone()]);
    assert_eq!(search(&sessions, &frame(&session, 71_000), Reach::Near), Some(71_000));
    for old in [999, 1_000] {
        assert_eq!(search(&sessions, &frame(&session, old), Reach::Near), None);
    }
    let far = frame(&session, 1_001 + 300 * EPOCH);
    assert_eq!(search(&sessions, &far, Reach::Near), None);
    assert_eq!(search(&sessions, &far, Reach::All), None, "it is in use");
    let later = session.with_state(last_f_cnt(FAR));
    let sessions = super::sessions([later.clone()]);
    assert_eq!(search(&sessions, &frame(&later, FAR - EPOCH), Reach::Near), None, "it is old");
    assert_eq!(
        search(&sessions, &frame(&later, FAR + 9 * EPOCH), Reach::Near),
        Some(FAR + 9 * EPOCH)
    );
}

#[test]
fn lorawan_1_1_is_searched_through_as_far_as_its_mic_tells() {
    let session = session_1_1();
    let told = RadioMetadata {
        data_rate_index: Some(5),
        channel_index: Some(2),
        ..RadioMetadata::default()
    };
    let send = |f_cnt| {
        let f_port = Some(3);
        let uplink =
            Uplink { f_cnt, f_port, payload: b"x", tx_dr: 5, tx_ch: 2, ..Uplink::default() };
        Device::of(&session).send(&uplink).unwrap()
    };
    let fresh = sessions([session.clone()]);
    assert_eq!(search(&fresh, &send(FAR), Reach::Near), Some(FAR));
    assert_eq!(search(&fresh, &send(u32::MAX), Reach::All), None, "half of it would be chance");
    assert_eq!(fresh.search(&send(u32::MAX), &told, Reach::All), Some(u32::MAX));
    let in_use = sessions([session.clone().with_state(last_f_cnt(5))]);
    assert_eq!(search(&in_use, &send(6 + 3 * EPOCH), Reach::Near), Some(6 + 3 * EPOCH));
    assert_eq!(search(&in_use, &send(6 + 30 * EPOCH), Reach::Near), None);
    assert_eq!(in_use.search(&send(6 + 30 * EPOCH), &told, Reach::Near), Some(6 + 30 * EPOCH));
    let claim =
        in_use.verify_guessed(&send(6 + 30 * EPOCH), Some(6 + 30 * EPOCH), 0, told).unwrap();
    assert_eq!(claim.confirm().f_cnt(), 6 + 30 * EPOCH);
}

#[test]
fn the_refusal_names_cause_and_remedy() {
    let session = session(1);
    let said = refuse(&sessions([session.clone()]), &frame(&session, FAR)).to_string();
    for word in ["upper 16 bits", "fCnt", "fCntUp"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn the_devices_of_an_address_are_known() {
    let (one, two) = (session(1), session(2));
    let sessions = sessions([one.clone(), two]);
    sessions.offer(one.clone());
    assert_eq!(sessions.devices_at(one.dev_addr()), [dev_eui(1), dev_eui(2)]);
    assert_eq!(sessions.devices_at(DevAddr::from_u32(7)), []);
}
