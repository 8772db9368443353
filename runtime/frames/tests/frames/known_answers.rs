//! Frames that other implementations made.

use champollion_frames::{
    NextState, RadioMetadata, Reception, Session, SessionState, Sessions, VerifiedBy,
    VerifiedUplink,
    device::{Device, Uplink},
};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn verified(session: Session, phy: &[u8]) -> VerifiedUplink {
    let sessions = Sessions::new();
    sessions.insert(session);
    sessions.verify(phy, 0, RadioMetadata::default()).unwrap().confirm()
}

/// A vector in public circulation for years, decoded by many online tools.
#[test]
fn the_best_known_test_frame() {
    let phy = bytes("40F17DBE4900020001954378762B11FF0D");
    let session = Session::lorawan_1_0(
        "0102030405060708".parse().unwrap(),
        "49BE7DF1".parse().unwrap(),
        "44024241ED4CE9A68C6A8BC055233FD3".parse().unwrap(),
        "EC925802AE430CA77FD3DD73CB2CC588".parse().unwrap(),
    );
    let metadata = RadioMetadata {
        frequency_hz: Some(868_100_000),
        gateways: vec![Reception { gateway_id: "g".into(), rssi_dbm: Some(-57.0), snr_db: None }],
        ..RadioMetadata::default()
    };
    let sessions = Sessions::new();
    sessions.insert(session.clone());

    let claim = sessions.verify(&phy, 1_767_225_600_123, metadata.clone()).unwrap();
    let NextState::Session(next_state) = claim.next_state() else { panic!("it has a session") };
    let uplink = claim.confirm();

    assert_eq!(uplink.application_payload(), Some((1, b"test".as_slice())));
    assert_eq!(uplink.payload(), b"test");
    assert_eq!(uplink.f_port(), Some(1));
    assert_eq!(uplink.f_cnt(), 2);
    assert_eq!(uplink.dev_eui().to_string(), "0102030405060708");
    assert_eq!(uplink.dev_addr().unwrap().to_string(), "49BE7DF1");
    assert_eq!(uplink.mic().unwrap().to_string(), "2B11FF0D");
    assert_eq!(uplink.phy_payload(), phy);
    assert_eq!(uplink.received_at_ms(), 1_767_225_600_123);
    assert_eq!(uplink.metadata(), &metadata);
    assert_eq!(uplink.verified_by(), VerifiedBy::Mic);
    assert_eq!(uplink.verified_by().as_str(), "mic");
    assert!(!uplink.confirmed() && !uplink.adr() && uplink.f_opts().is_empty());
    assert_eq!(
        next_state,
        SessionState {
            last_f_cnt: Some(2),
            last_mic: Some("2B11FF0D".parse().unwrap()),
            ..SessionState::default()
        }
    );
    assert_eq!(sessions.state(session.dev_eui()), Some(next_state));
    assert_eq!(Device::of(&session).uplink(1, b"test", 2, false).unwrap(), phy);
}

struct Vector {
    phy: &'static str,
    uplink: Uplink<'static>,
}

/// The parts that these frames do not have.
const PLAIN: Uplink<'static> = Uplink {
    f_cnt: 0,
    f_port: None,
    payload: &[],
    f_opts: &[],
    confirmed: false,
    adr: false,
    acknowledges: None,
    tx_dr: 0,
    tx_ch: 0,
};

/// Made with the creator of the crate `lorawan` 0.9.0 and its own cryptography: DevAddr 01020304,
/// NwkSKey 16 × 02, AppSKey 16 × 01.
const VECTORS: [Vector; 6] = [
    Vector {
        phy: "400403020180010001A694642615D6C3B582",
        uplink: Uplink {
            f_cnt: 1,
            f_port: Some(1),
            payload: b"hello",
            f_opts: &[],
            confirmed: false,
            adr: true,
            ..PLAIN
        },
    },
    // Confirmed, FCnt above 16 bits.
    Vector {
        phy: "800403020180FF2A2A6F4425679347EAD93571951FA672",
        uplink: Uplink {
            f_cnt: 76_543,
            f_port: Some(42),
            payload: b"hello lora",
            f_opts: &[],
            confirmed: true,
            adr: true,
            ..PLAIN
        },
    },
    // Several blocks of key stream.
    Vector {
        phy: "400403020100FEFFDFCD8D0BF6C364D0D6BF29046925A4F58FA69FE50042219C776A44812EF60D902DC21DC495BC24405B64ACF2D58F79D5904227E6D6D6",
        uplink: Uplink {
            f_cnt: 0x0001_FFFE,
            f_port: Some(223),
            payload: b"three blocks of key stream and a little more than",
            f_opts: &[],
            confirmed: false,
            adr: false,
            ..PLAIN
        },
    },
    // MAC commands as payload, under the NwkSKey.
    Vector {
        phy: "40040302010009000098DE79E49F1D46",
        uplink: Uplink {
            f_cnt: 9,
            f_port: Some(0),
            payload: &[0x02, 0x03, 0x05],
            f_opts: &[],
            confirmed: false,
            adr: false,
            ..PLAIN
        },
    },
    // MAC commands in the header, and nothing else.
    Vector {
        phy: "4004030201030A00020305BF847D68",
        uplink: Uplink {
            f_cnt: 10,
            f_port: None,
            payload: &[],
            f_opts: &[0x02, 0x03, 0x05],
            confirmed: false,
            adr: false,
            ..PLAIN
        },
    },
    // Both.
    Vector {
        phy: "4004030201030B000203050724C8F25D8DCFF3F9",
        uplink: Uplink {
            f_cnt: 11,
            f_port: Some(7),
            payload: b"data",
            f_opts: &[0x02, 0x03, 0x05],
            confirmed: false,
            adr: false,
            ..PLAIN
        },
    },
];

#[test]
fn frames_of_another_implementation() {
    let session = Session::lorawan_1_0(
        super::dev_eui(1),
        "01020304".parse().unwrap(),
        "02".repeat(16).parse().unwrap(),
        "01".repeat(16).parse().unwrap(),
    );
    for Vector { phy, uplink: expected } in VECTORS {
        let device = Device::of(&session);
        assert_eq!(device.send(&expected).unwrap(), bytes(phy), "{phy}");

        // The session has come as far as the frame before.
        let session = match expected.f_cnt.checked_sub(1) {
            Some(last) => session.clone().with_state(super::last_f_cnt(last)),
            None => session.clone(),
        };
        let uplink = verified(session, &bytes(phy));
        assert_eq!(uplink.f_cnt(), expected.f_cnt, "{phy}");
        assert_eq!(uplink.f_port(), expected.f_port, "{phy}");
        assert_eq!(uplink.payload(), expected.payload, "{phy}");
        assert_eq!(uplink.f_opts(), expected.f_opts, "{phy}");
        assert_eq!(uplink.confirmed(), expected.confirmed, "{phy}");
        assert_eq!(uplink.adr(), expected.adr, "{phy}");
        assert_eq!(
            uplink.application_payload(),
            expected.f_port.filter(|&f_port| f_port > 0).map(|f_port| (f_port, expected.payload)),
            "{phy}"
        );
    }
}

#[test]
fn a_port_without_payload_is_for_the_application() {
    let session = super::session(1);
    let phy = Device::of(&session).uplink(5, &[], 0, false).unwrap();
    assert_eq!(phy.len(), 13);
    assert_eq!(verified(session, &phy).application_payload(), Some((5, [].as_slice())));
}
