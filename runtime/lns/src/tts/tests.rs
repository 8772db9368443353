//! Tests of the particulars of The Things Stack.

use serde_json::json;

use super::{Tts, uplink::OTHERS};
use crate::{
    Content, Kind, Message,
    tests::{frame, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Tts);

#[test]
fn the_things_stack_leaves_out_zeros() {
    let body = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "received_at": "2026-02-03T04:05:06.999Z",
        "uplink_message": { "session_key_id": "AXBS" },
    });
    let uplink = reported(read_json(KIND, &body));
    assert_eq!((uplink.f_cnt, uplink.f_port), (0, None));
    assert_eq!(
        uplink.received_at_ms,
        Some(1_770_091_506_999),
        "of the message, for want of better"
    );
}

#[test]
fn the_things_stack_may_leave_the_payload_encrypted() {
    for (envelope, is_there) in [
        (json!({ "encrypted_key": "H6aLCoEStEeu80vY+1p7gp0+hiNx0s/l", "kek_label": "op" }), true),
        (json!({ "key": "000102030405060708090A0B0C0D0E0F" }), true),
        (json!({}), false),
    ] {
        let body = with(KIND, "/uplink_message", "app_s_key", envelope);
        let Content::Reported { uplink, app_s_key } = frame(read_json(KIND, &body)).content else {
            panic!("it reports")
        };
        assert_eq!((uplink.is_encrypted, app_s_key.is_some()), (is_there, is_there));
    }
    let join = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "join_accept": { "session_key_id": "AXBS" },
    });
    let read = read_json(KIND, &join);
    assert!(matches!(read, Ok(Message::Joined(joined)) if joined.app_s_key.is_none()));
}

#[test]
fn what_was_typed_into_the_things_stack_is_no_uplink() {
    let typed = with(KIND, "", "simulated", json!(true));
    assert_eq!(nothing(KIND, &typed), "simulated uplink");
    for other in OTHERS {
        let ids = json!({ "dev_eui": "02C4A3FFFE100001" });
        let body = json!({ "end_device_ids": ids, other: {} });
        assert_eq!(nothing(KIND, &body), other);
    }
}
