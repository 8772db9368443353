//! Tests of the particulars of ThingPark.

use serde_json::{Value as Json, json};

use super::Actility;
use crate::{
    Heard, Incoming, Kind, Unreadable,
    tests::{body, frame, hear, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Actility);

#[test]
fn actilitys_numbers_are_numbers_or_texts() {
    fn texts(json: &mut Json) {
        match json {
            Json::Number(number) => *json = Json::String(number.to_string()),
            Json::Array(elements) => elements.iter_mut().for_each(texts),
            Json::Object(members) => members.values_mut().for_each(texts),
            _ => {}
        }
    }
    let body = body(KIND);
    let mut all_texts = body.clone();
    texts(&mut all_texts);
    let (one, other) = (read_json(KIND, &body), read_json(KIND, &all_texts));
    let (one, other) = (frame(one), frame(other));
    assert_eq!(one.metadata, other.metadata);
    assert_eq!(format!("{:?}", one.content), format!("{:?}", other.content));
}

#[test]
fn actility_leaves_out_the_envelope_or_the_list() {
    let body = body(KIND);
    let bare = frame(read_json(KIND, &body["DevEUI_uplink"]));
    assert_eq!(bare.metadata.gateways.len(), 2);
    let one = with(KIND, "/DevEUI_uplink", "Lrrs", json!({ "Lrr": { "Lrrid": "A" } }));
    assert_eq!(frame(read_json(KIND, &one)).metadata.gateways[0].gateway_id, "A");
    let none = with(KIND, "/DevEUI_uplink", "Lrrs", json!(null));
    let best = frame(read_json(KIND, &none)).metadata.gateways;
    assert_eq!((best.len(), best[0].rssi_dbm), (1, Some(-107.0)));
}

#[test]
fn actility_reports_other_things_too() {
    let encrypted = with(KIND, "/DevEUI_uplink", "PayloadEncryption", json!("1"));
    assert!(reported(read_json(KIND, &encrypted)).is_encrypted);
    let join = with(KIND, "/DevEUI_uplink", "rawJoinRequest", json!("00"));
    assert_eq!(nothing(KIND, &join), "rawJoinRequest");
    let sent = json!({ "DevEUI_downlink_Sent": { "DevEUI": "02C4A3FFFE100001" } });
    assert_eq!(nothing(KIND, &sent), "DevEUI_downlink_Sent");
    let mac = with(KIND, "/DevEUI_uplink", "FPort", json!(0));
    assert_eq!(reported(read_json(KIND, &mac)).f_port, None);
}

/// XML as ThingPark makes it of a report.
fn xml(json: &Json) -> String {
    fn element(name: &str, value: &Json) -> String {
        match value {
            Json::Array(list) => list.iter().map(|value| element(name, value)).collect(),
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| element(name, value));
                format!("<{name}>{}</{name}>\n", members.collect::<String>())
            }
            Json::Null => format!("<{name}/>"),
            Json::String(text) => format!("<{name}>{text}</{name}>"),
            other => format!("<{name}>{other}</{name}>"),
        }
    }
    let root = json.as_object().and_then(|members| members.iter().next()).expect("it has a root");
    let text = element(root.0, root.1);
    let opened = text.replacen('>', " xmlns=\"http://uri.actility.com/lora\">", 1);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{opened}")
}

fn hear_xml(body: &str) -> Result<Heard, Unreadable> {
    let content_type = Some("text/xml; charset=utf-8");
    KIND.read(&Incoming { event: "", content_type, description: None, body: body.as_bytes() })
}

#[test]
fn xml_says_the_same_as_json() {
    let body = body(KIND);
    let said = |heard: Result<Heard, Unreadable>| format!("{:?}", heard.unwrap().message);
    assert_eq!(said(hear_xml(&xml(&body))), said(hear(KIND, &body)));
    // Over MQTT nothing is declared, and one receiver alone is no list.
    let one = with(KIND, "/DevEUI_uplink/Lrrs", "Lrr", json!({ "Lrrid": "A", "LrrSNR": "1.5" }));
    let text = xml(&one);
    let incoming =
        Incoming { event: "up", content_type: None, description: None, body: text.as_bytes() };
    assert_eq!(said(KIND.read(&incoming)), said(hear(KIND, &one)));
    let sent = json!({ "DevEUI_downlink_Sent": {
        "DevEUI": "02C4A3FFFE100001", "CorrelationID": "8000000000000001", "DeliveryStatus": "1",
    }});
    let (by_xml, by_json) = (hear_xml(&xml(&sent)).unwrap(), hear(KIND, &sent).unwrap());
    assert!(by_xml.feedback.is_some());
    assert_eq!(by_xml.feedback, by_json.feedback);
    let place = json!({ "DevEUI_location": { "DevEUI": "02C4A3FFFE100001", "DevLAT": "52.06" } });
    assert_eq!(said(hear_xml(&xml(&place))), said(hear(KIND, &place)));
}

/// Each text of a report is damaged: what the JSON says of it the XML says too.
#[test]
fn damaged_xml_is_what_damaged_json_is() {
    let good = body(KIND);
    let names: Vec<String> =
        good["DevEUI_uplink"].as_object().unwrap().keys().map(String::to_owned).collect();
    let shown = |heard: Result<Heard, Unreadable>| {
        heard
            .map(|Heard { message, unread, .. }| format!("{message:?} {unread:?}"))
            .map_err(|error| error.to_string())
    };
    let mut refused = 0;
    for name in names {
        for value in ["NaN", "nonsense", "0x", "-1", "70001", &"x".repeat(1 << 12)] {
            let damaged = with(KIND, "/DevEUI_uplink", &name, json!(value));
            let by_json = shown(hear(KIND, &damaged));
            refused += usize::from(by_json.is_err());
            assert_eq!(shown(hear_xml(&xml(&damaged))), by_json, "{name}: {value}");
        }
        // An empty element is one that is not there.
        let (empty, missing) = (
            with(KIND, "/DevEUI_uplink", &name, json!("")),
            with(KIND, "/DevEUI_uplink", &name, json!(null)),
        );
        assert_eq!(shown(hear_xml(&xml(&empty))), shown(hear(KIND, &missing)), "{name}");
    }
    assert!(refused > 10, "only {refused} were refused");
}

#[test]
fn what_looks_like_neither_is_what_it_is_declared_as() {
    let code = |content_type, body: &str| {
        let body = body.as_bytes();
        KIND.read(&Incoming { event: "", content_type, description: None, body })
            .unwrap_err()
            .code()
    };
    assert_eq!(code(Some("application/xml"), "nonsense"), "malformed-xml");
    assert_eq!(code(Some("application/json"), "nonsense"), "malformed-json");
    assert_eq!(code(Some("application/json"), "<DevEUI_uplink>"), "malformed-xml");
    assert_eq!(code(Some("text/xml"), "{"), "malformed-json");
    let other = hear_xml("<Message><Body/></Message>").unwrap_err();
    assert_eq!(other.path(), "DevEUI_uplink");
}

#[test]
fn a_soap_envelope_and_utf_16_are_called_that() {
    let report = "<DevEUI_uplink><DevEUI>01</DevEUI></DevEUI_uplink>";
    let soap = format!(
        "<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"s\"><soap:Body>{report}</soap:Body></soap:Envelope>"
    );
    let utf_16: Vec<u8> = report.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for content_type in [None, Some("text/xml"), Some("application/soap+xml")] {
        let refused = |body: &[u8]| {
            let incoming = Incoming { event: "up", content_type, description: None, body };
            KIND.read(&incoming).expect_err("it cannot be read")
        };
        let error = refused(soap.as_bytes());
        assert_eq!(error.code(), "other-format", "{error}");
        assert!(error.to_string().contains("this is a SOAP envelope"), "{error}");
        let error = refused(&utf_16);
        assert_eq!(error.code(), "malformed-json", "{error}");
        assert!(error.to_string().contains("this is text in UTF-16"), "{error}");
    }
}
