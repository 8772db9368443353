//! Tests of the particulars of Acme. What holds for all adapters is tested of each in the list.

use serde_json::json;

use super::Acme;
use crate::{
    Kind,
    tests::{body, nothing, read_json, reported, with},
};

const ACME: Kind = Kind::of(&Acme);

#[test]
fn an_uplink_is_read_with_its_essentials() {
    let uplink = reported(read_json(ACME, &body(ACME)));
    assert_eq!(uplink.dev_eui.to_string(), "02C4A3FFFE100001");
    assert_eq!((uplink.f_cnt, uplink.f_port), (70_001, Some(5)));
    assert_eq!(uplink.payload, [0x01, 0x00, 0xE2, 0x02, 0x29]);
}

#[test]
fn a_message_that_is_no_uplink_hands_nothing_over() {
    assert_eq!(nothing(ACME, &json!({ "acmeEvent": "battery", "percent": 80 })), "battery");
}

#[test]
fn a_payload_that_is_no_base64_is_named() {
    let damaged = with(ACME, "", "data", json!("not base64"));
    let error = read_json(ACME, &damaged).unwrap_err();
    assert_eq!((error.path(), error.code()), ("data", "invalid-body"));
}
