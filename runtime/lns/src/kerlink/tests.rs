//! Tests of the particulars of the Wanesy Management Center.

use serde_json::json;

use super::Kerlink;
use crate::{
    Kind,
    tests::{frame, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Kerlink);

#[test]
fn kerlink_tells_little_where_little_is_asked_for() {
    let body = json!({
        "id": "5d2342ac71a1270001035042", "endDevice": { "devEui": "02C4A3FFFE100001" },
        "fPort": 2, "fCntUp": 6940, "payload": "0027", "recvTime": 1_562_591_916_089_i64,
        "encrypted": true,
    });
    let frame = frame(read_json(KIND, &body));
    assert_eq!(frame.metadata, champollion_frames::RadioMetadata::default());
    let uplink = reported(read_json(KIND, &body));
    assert!(uplink.is_encrypted);
    assert_eq!(uplink.received_at_ms, Some(1_562_591_916_089));

    let mut base64 = with(KIND, "", "encodingType", json!("BASE64"));
    base64["payload"] = json!("AQDiAik=");
    assert_eq!(reported(read_json(KIND, &base64)).payload, [0x01, 0x00, 0xE2, 0x02, 0x29]);
    let other = with(KIND, "", "encodingType", json!("MORSE"));
    assert!(read_json(KIND, &other).unwrap_err().to_string().contains("HEXA or BASE64"));
}
