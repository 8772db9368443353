//! LoRaWAN 1.1: the MIC of two keys, and what of it can be checked.

use champollion_frames::{
    Claim, DevAddr, FNwkSIntKey, NetworkKeysV1_1, NwkSEncKey, RadioMetadata, Refusal, SNwkSIntKey,
    Session, Sessions, VerifiedBy,
    device::{Device, Uplink},
};

use super::{dev_eui, last_f_cnt, session, sessions};

/// A session of LoRaWAN 1.1 with keys of its own for each number; all have the same DevAddr.
fn session_1_1(number: u8) -> Session {
    let keys = NetworkKeysV1_1 {
        f_nwk_s_int_key: FNwkSIntKey::from_bytes([number; 16]),
        s_nwk_s_int_key: SNwkSIntKey::from_bytes([number ^ 0x55; 16]),
        nwk_s_enc_key: NwkSEncKey::from_bytes([number ^ 0xAA; 16]),
    };
    let app_s_key = format!("{:02X}", number ^ 0xFF).repeat(16).parse().unwrap();
    Session::lorawan_1_1(dev_eui(number.into()), DevAddr::from_u32(0x0102_0304), keys, app_s_key)
}

const UPLINK: Uplink<'static> = Uplink {
    f_cnt: 7,
    f_port: Some(3),
    payload: b"payload",
    f_opts: &[0x02, 0x0D],
    confirmed: false,
    adr: true,
    acknowledges: None,
    tx_dr: 5,
    tx_ch: 2,
};

fn verify_as(sessions: &Sessions, phy: &[u8], told: RadioMetadata) -> Result<Claim, Refusal> {
    sessions.verify(phy, 0, told)
}

fn told(data_rate_index: Option<u8>, channel_index: Option<u8>) -> RadioMetadata {
    RadioMetadata { data_rate_index, channel_index, ..RadioMetadata::default() }
}

#[test]
fn a_frame_is_accepted_and_its_f_opts_are_decrypted() {
    let session = session_1_1(1);
    let phy = Device::of(&session).send(&UPLINK).unwrap();
    assert_ne!(&phy[8..10], UPLINK.f_opts, "they are encrypted on the air");
    let sessions = sessions([session]);
    let uplink = verify_as(&sessions, &phy, RadioMetadata::default()).unwrap().confirm();
    assert_eq!(uplink.application_payload(), Some((3, b"payload".as_slice())));
    assert_eq!(uplink.f_opts(), UPLINK.f_opts);
    assert_eq!(uplink.verified_by(), VerifiedBy::Mic);
    let again = verify_as(&sessions, &phy, RadioMetadata::default()).unwrap_err();
    assert_eq!(again.code(), "duplicate");
}

#[test]
fn mac_commands_on_port_0_are_decrypted_with_the_key_of_the_network() {
    let session = session_1_1(1);
    let sent = Uplink { f_port: Some(0), payload: &[0x03, 0x07], f_opts: &[], ..UPLINK };
    let phy = Device::of(&session).send(&sent).unwrap();
    let uplink = verify_as(&sessions([session]), &phy, told(None, None)).unwrap().confirm();
    assert_eq!((uplink.payload(), uplink.application_payload()), ([3, 7].as_slice(), None));
}

#[test]
fn what_the_network_server_tells_must_fit() {
    let session = session_1_1(1);
    let phy = Device::of(&session).send(&UPLINK).unwrap();
    for (told, fits) in [
        (told(Some(5), Some(2)), true),
        (told(Some(5), None), true),
        (told(None, Some(2)), true),
        (told(Some(4), Some(2)), false),
        (told(Some(5), Some(3)), false),
        (told(Some(255), None), false),
        (told(None, Some(255)), false),
    ] {
        let answer = verify_as(&sessions([session.clone()]), &phy, told.clone());
        assert_eq!(answer.is_ok(), fits, "{told:?}");
        if let Err(refusal) = answer {
            assert_eq!(refusal.code(), "mic-mismatch");
        }
    }
}

#[test]
fn every_data_rate_and_channel_is_found_that_is_not_told() {
    let session = session_1_1(1);
    let device = Device::of(&session);
    for (tx_dr, tx_ch) in [(0, 0), (15, 95), (0, 95), (15, 0), (6, 71)] {
        let phy = device.send(&Uplink { tx_dr, tx_ch, ..UPLINK }).unwrap();
        let claim = verify_as(&sessions([session.clone()]), &phy, told(None, None)).unwrap();
        assert_eq!(claim.uplink().verified_by(), VerifiedBy::Mic);
    }
    // No channel plan has these.
    let phy = device.send(&Uplink { tx_dr: 16, tx_ch: 200, ..UPLINK }).unwrap();
    let refusal = verify_as(&sessions([session.clone()]), &phy, told(None, None)).unwrap_err();
    assert_eq!(refusal.code(), "mic-mismatch");
    assert!(verify_as(&sessions([session]), &phy, told(Some(16), Some(200))).is_ok());
}

#[test]
fn of_an_acknowledgement_half_is_checked_unless_conf_f_cnt_is_told() {
    let session = session_1_1(1);
    let sent = Uplink { acknowledges: Some(0x0001_0203), ..UPLINK };
    let phy = Device::of(&session).send(&sent).unwrap();
    let with = |conf_f_cnt| {
        let told = RadioMetadata { conf_f_cnt, ..RadioMetadata::default() };
        let answer = verify_as(&sessions([session.clone()]), &phy, told);
        answer.map(|claim| claim.confirm().verified_by())
    };
    assert_eq!(with(None), Ok(VerifiedBy::MicForwardingHalf));
    assert_eq!(with(Some(0x0203)), Ok(VerifiedBy::Mic));
    assert_eq!(with(Some(0x0204)).unwrap_err().code(), "mic-mismatch");
    assert_eq!(VerifiedBy::MicForwardingHalf.as_str(), "mic-forwarding-half");

    // A copy of a frame that was half checked is a duplicate all the same.
    let sessions = sessions([session.clone()]);
    verify_as(&sessions, &phy, RadioMetadata::default()).unwrap().confirm();
    let again = verify_as(&sessions, &phy, RadioMetadata::default()).unwrap_err();
    assert_eq!(again.code(), "duplicate");
}

#[test]
fn each_half_of_the_mic_is_needed() {
    let session = session_1_1(1);
    let phy = Device::of(&session).send(&UPLINK).unwrap();
    let mic = phy.len() - 4;
    for byte in mic..phy.len() {
        let mut damaged = phy.clone();
        damaged[byte] ^= 0x10;
        let told = told(Some(UPLINK.tx_dr), Some(UPLINK.tx_ch));
        let refusal = verify_as(&sessions([session.clone()]), &damaged, told).unwrap_err();
        assert_eq!(refusal.code(), "mic-mismatch", "byte {}", byte - mic);
    }
}

/// One in 65,536 foreign frames fits half a MIC: it must not carry the counter far away.
#[test]
fn half_a_mic_bridges_no_long_gap() {
    let session = session_1_1(1).with_state(last_f_cnt(100));
    let device = Device::of(&session);
    let send = |gap: u32, acknowledges| {
        let phy = device.send(&Uplink { f_cnt: 100 + gap, acknowledges, ..UPLINK }).unwrap();
        verify_as(&sessions([session.clone()]), &phy, RadioMetadata::default())
    };
    assert!(send(16_384, Some(1)).is_ok());
    assert_eq!(send(16_385, Some(1)).unwrap_err().code(), "mic-mismatch");
    assert!(send(65_536, None).is_ok(), "where all of the MIC decides there is no limit");
}

/// Half a MIC that fits two sessions names neither.
#[test]
fn half_a_mic_that_fits_two_sessions_is_ambiguous() {
    let session = session_1_1(1);
    let keys = session.network_keys().clone();
    let twin = Session::new(dev_eui(2), session.dev_addr(), keys, session.app_s_key().clone());
    let sessions = sessions([session.clone(), twin]);
    let sent = Uplink { acknowledges: Some(9), ..UPLINK };
    let phy = Device::of(&session).send(&sent).unwrap();
    let refusal = verify_as(&sessions, &phy, RadioMetadata::default()).unwrap_err();
    assert_eq!(refusal, Refusal::AmbiguousMic { dev_addr: session.dev_addr(), sessions: 2 });
    assert!(refusal.to_string().contains("confFCnt"), "{refusal}");
}

#[test]
fn sessions_of_both_versions_share_an_address() {
    let registered = [session(1), session_1_1(2), session(3), session_1_1(4)];
    let sessions = sessions(registered.clone());
    for session in registered.iter().rev() {
        let phy = Device::of(session).send(&UPLINK).unwrap();
        let claim = verify_as(&sessions, &phy, RadioMetadata::default()).unwrap();
        assert_eq!(claim.confirm().dev_eui(), session.dev_eui());
    }
}
