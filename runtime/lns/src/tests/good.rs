//! The same uplink of each network server becomes the same.

use champollion_frames::{Mic, RadioMetadata, Reception, ReportedUplink};

use super::{BODIES, Content, Kind, body, frame, read_json};

/// When the uplink was received: 2026-02-03T04:05:06.789Z.
const RECEIVED_AT_MS: u64 = 1_770_091_506_789;

fn expected(kind: Kind) -> ReportedUplink {
    let mic = match kind {
        Kind::Actility => Some([0xCF, 0xFF, 0xC7, 0x0F]),
        Kind::Aws => Some([0x72, 0x55, 0xCB, 0x07]),
        _ => None,
    };
    // The example of AWS has whole seconds.
    let milliseconds = if kind == Kind::Aws { 789 } else { 0 };
    ReportedUplink {
        dev_eui: "02C4A3FFFE100001".parse().unwrap(),
        dev_addr: (kind != Kind::Loriot).then(|| "02001001".parse().unwrap()),
        f_cnt: 70_001,
        f_port: Some(5),
        payload: vec![0x01, 0x00, 0xE2, 0x02, 0x29],
        is_encrypted: kind == Kind::Ts002,
        confirmed: true,
        adr: !matches!(kind, Kind::Tts | Kind::Ts002 | Kind::Loriot),
        mic: mic.map(Mic::from_bytes),
        received_at_ms: Some(RECEIVED_AT_MS - milliseconds),
    }
}

fn expected_metadata(kind: Kind) -> RadioMetadata {
    let names = match kind {
        Kind::Chirpstack | Kind::Aws => ["7276ff0039030436", "7276ff0039030437"],
        Kind::Tts => ["town-hall", "water-tower"],
        Kind::Actility => ["004A18E3", "004A18E4"],
        Kind::Ts002 => ["7276ff0039030436", "unnamed-2"],
        _ => ["7276FF0039030436", "7276FF0039030437"],
    };
    let heard = |name: &str, rssi_dbm, snr_db| Reception {
        gateway_id: name.to_owned(),
        rssi_dbm: Some(rssi_dbm),
        snr_db: Some(snr_db),
    };
    let tells_rate = kind != Kind::Ts002;
    RadioMetadata {
        frequency_hz: Some(868_300_000),
        spreading_factor: tells_rate.then_some(9),
        bandwidth_hz: (tells_rate && kind != Kind::Actility).then_some(125_000),
        coding_rate: (tells_rate && kind != Kind::Actility).then(|| "4/5".to_owned()),
        region: match kind {
            Kind::Tts => Some("EU_863_870".to_owned()),
            Kind::Actility | Kind::Loriot | Kind::Aws => None,
            _ => Some("EU868".to_owned()),
        },
        data_rate_index: matches!(kind, Kind::Chirpstack | Kind::Ts002 | Kind::Aws).then_some(3),
        channel_index: None,
        conf_f_cnt: None,
        gateways: vec![heard(names[0], -107.0, -7.5), heard(names[1], -90.0, 0.0)],
    }
}

#[test]
fn the_same_uplink_becomes_the_same() {
    for (kind, _) in BODIES {
        let frame = frame(read_json(kind, &body(kind)));
        assert_eq!(frame.metadata, expected_metadata(kind), "{kind}");
        let Content::Reported { uplink, app_s_key } = frame.content else {
            panic!("{kind} keeps the PHYPayload to itself")
        };
        assert_eq!(uplink, expected(kind), "{kind}");
        assert!(app_s_key.is_none(), "{kind}");
        let moment = frame.received_at.expect("it is told").as_millisecond();
        assert_eq!(u64::try_from(moment).ok(), uplink.received_at_ms, "{kind}");
    }
}
