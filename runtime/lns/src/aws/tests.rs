//! Tests of the particulars of AWS IoT Core for LoRaWAN.

use serde_json::json;

use super::Aws;
use crate::{
    Kind,
    tests::{body, frame, nothing, read_json, reported},
};

const KIND: Kind = Kind::of(&Aws);

#[test]
fn aws_writes_the_port_in_two_ways_and_has_public_gateways() {
    let mut other = body(KIND);
    let told = other.pointer_mut("/WirelessMetadata/LoRaWAN").unwrap();
    told.as_object_mut().unwrap().remove("FPort");
    told["Fport"] = json!(136);
    told["Gateways"] = json!(null);
    let public = json!([{ "ProviderNetId": "000024", "Id": "gw-1", "Rssi": -60.5, "Snr": 8, "RfRegion": "EU868" }]);
    told["PublicGateways"] = public;
    let frame = frame(read_json(KIND, &other));
    assert_eq!(frame.metadata.region.as_deref(), Some("EU868"));
    assert_eq!(frame.metadata.gateways[0].rssi_dbm, Some(-60.5));
    assert_eq!(reported(read_json(KIND, &other)).f_port, Some(136));
    let joined = json!({ "eventType": "joinReceived", "WirelessDeviceId": "5b58245e" });
    assert_eq!(nothing(KIND, &joined), "joinReceived");
}
