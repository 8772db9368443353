//! Tests of the particulars of TS002.

use serde_json::json;

use super::Ts002;
use crate::{
    Content, Kind,
    tests::{frame, nothing, read_json, with},
};

const KIND: Kind = Kind::of(&Ts002);

#[test]
fn ts002_hands_over_whole_frames() {
    let mut whole = with(KIND, "", "PHYPayload", json!("0x4001100002800100"));
    whole.as_object_mut().unwrap().remove("FRMPayload");
    let Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked } =
        frame(read_json(KIND, &whole)).content
    else {
        panic!("it is a whole frame")
    };
    assert_eq!(phy_payload, [0x40, 0x01, 0x10, 0x00, 0x02, 0x80, 0x01, 0x00]);
    assert!(dev_eui.is_some() && mic_checked && f_cnt == Some(70_001));
    // Who does not know whose it is has not checked it.
    whole["ULMetaData"].as_object_mut().unwrap().remove("DevEUI");
    let Content::Phy { mic_checked, .. } = frame(read_json(KIND, &whole)).content else {
        panic!("it is a whole frame")
    };
    assert!(!mic_checked);
    whole["PHYPayload"] = json!("00".repeat(256));
    let error = read_json(KIND, &whole).unwrap_err();
    assert_eq!(error.to_string(), "PHYPayload: it has 256 bytes, and 255 are the limit");
}

#[test]
fn ts002_has_other_messages() {
    let answer = with(KIND, "", "MessageType", json!("XmitDataAns"));
    assert_eq!(nothing(KIND, &answer), "XmitDataAns");
    let join = with(KIND, "", "MessageType", json!("JoinReq"));
    assert!(read_json(KIND, &join).unwrap_err().to_string().contains("XmitDataReq"));
    let key = json!({ "KEKLabel": "op", "AESKey": "0x1fa6" });
    let keyed = with(KIND, "", "AppSKey", key);
    let content = frame(read_json(KIND, &keyed)).content;
    assert!(matches!(content, Content::Reported { app_s_key: Some(_), .. }));
}
