//! Tests of the particulars of Loriot.

use serde_json::json;

use super::Loriot;
use crate::{
    Kind,
    tests::{frame, nothing, read_json, reported},
};

const KIND: Kind = Kind::of(&Loriot);

#[test]
fn loriot_tells_a_little_at_once_and_more_later() {
    let rx = json!({
        "cmd": "rx", "EUI": "02C4A3FFFE100001", "ts": 1_770_091_506_789_i64, "ack": false,
        "fcnt": 1, "port": 1, "encdata": "0102AABB", "rssi": -100, "snr": 3.5, "dr": "SF7 BW125 4/5",
    });
    let frame = frame(read_json(KIND, &rx));
    assert_eq!(frame.metadata.gateways[0].gateway_id, "unnamed-1");
    assert_eq!(frame.metadata.spreading_factor, Some(7));
    assert!(reported(read_json(KIND, &rx)).is_encrypted);
    let mac = json!({ "cmd": "rx", "EUI": "02C4A3FFFE100001", "fcnt": 1, "port": 0 });
    assert_eq!(reported(read_json(KIND, &mac)).f_port, None);
    for other in ["tx", "txd", "rx_ignored"] {
        let body = json!({ "cmd": other, "EUI": "02C4A3FFFE100001" });
        assert_eq!(nothing(KIND, &body), other);
    }
}
