//! The same uplink of each network server becomes the same.

use champollion_frames::{RadioMetadata, Reception};

use super::{Content, body, frame, read_json, samples, uplink};

fn metadata() -> RadioMetadata {
    let heard = |name: &str, rssi_dbm, snr_db| Reception {
        gateway_id: name.to_owned(),
        rssi_dbm: Some(rssi_dbm),
        snr_db: Some(snr_db),
    };
    RadioMetadata {
        frequency_hz: Some(868_300_000),
        spreading_factor: Some(9),
        bandwidth_hz: Some(125_000),
        coding_rate: Some("4/5".to_owned()),
        region: Some("EU868".to_owned()),
        data_rate_index: None,
        channel_index: None,
        conf_f_cnt: None,
        gateways: vec![
            heard("7276FF0039030436", -107.0, -7.5),
            heard("7276FF0039030437", -90.0, 0.0),
        ],
    }
}

/// The network servers whose messages have no member that says whether the payload is encrypted.
const SILENT: [&str; 4] = ["live-objects", "netmore", "multitech", "milesight"];

#[test]
fn the_same_uplink_becomes_the_same() {
    for (kind, sample) in samples() {
        let (mut expected, mut expected_metadata) = (uplink(), metadata());
        (sample.differs)(&mut expected, &mut expected_metadata);
        let frame = frame(read_json(kind, &body(kind)));
        assert_eq!(frame.metadata, expected_metadata, "{kind}");
        let Content::Reported { uplink, app_s_key, says_encryption } = frame.content else {
            panic!("{kind} keeps the PHYPayload to itself")
        };
        assert_eq!(uplink, expected, "{kind}");
        assert!(app_s_key.is_none(), "{kind}");
        assert_eq!(says_encryption, !SILENT.contains(&kind.name()), "{kind}");
        let moment = frame.received_at.expect("it is told").as_millisecond();
        assert_eq!(u64::try_from(moment).ok(), uplink.received_at_ms, "{kind}");
    }
}
