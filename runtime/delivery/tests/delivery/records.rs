//! Tests of records as JSON, as a partner gets them.

use std::{collections::BTreeMap, env, fs, path::Path};

use champollion_delivery::records::{DecoderName, DeviceInfo, Outcome, Record, RecordId};
use champollion_frames::{RadioMetadata, Reception, VerifiedUplink, device::Uplink};
use champollion_sandbox::{Call, CallError, Digest, Reading, Settings};
use semver::Version;
use serde_json::Value as Json;

use crate::support::{LNS, device, first_party, group, no_decoder, verified};

/// Compares with a file, or writes it where `CHAMPOLLION_BLESS` is set.
fn assert_golden(name: &str, record: &Record) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/delivery/golden").join(name);
    // The order of the keys is a part of it: records are read by people too.
    let actual = format!("{}\n", serde_json::to_string_pretty(record).unwrap());
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        actual, expected,
        "{name} differs; if that is meant, run the tests with CHAMPOLLION_BLESS=1"
    );
}

/// Received by two gateways, one of them with two antennas.
fn metadata() -> RadioMetadata {
    let reception = |gateway: &str, rssi: f32, snr: f32| Reception {
        gateway_id: gateway.to_owned(),
        rssi_dbm: Some(rssi),
        snr_db: Some(snr),
    };
    RadioMetadata {
        frequency_hz: Some(868_100_000),
        spreading_factor: Some(9),
        bandwidth_hz: Some(125_000),
        coding_rate: Some("4/5".into()),
        region: Some("EU868".into()),
        gateways: vec![
            reception("7276ff002e062701", -113.0, -7.5),
            reception("7276ff002e062702", -97.25, 4.2),
            reception("7276ff002e062702", -101.0, 1.8),
        ],
        ..RadioMetadata::default()
    }
}

fn street_device() -> DeviceInfo {
    let tags = [("street", "rue de l'Égalité"), ("floor", "2")];
    DeviceInfo {
        name: "Hall".into(),
        sub_group: Some("north".parse().unwrap()),
        use_case: Some("street-lighting".parse().unwrap()),
        tags: tags.map(|(tag, value)| (tag.to_owned(), value.to_owned())).into(),
        ..device()
    }
}

/// A name for the decoder that does not change with the compiler that built it.
fn decoder_name() -> DecoderName {
    DecoderName {
        id: "elsys/ers-co2".into(),
        version: Version::new(1, 0, 0),
        digest: Digest::of(b"the package"),
        mapping: None,
        fuel: 4_321,
    }
}

fn uplink(f_port: u8, payload: &[u8]) -> VerifiedUplink {
    // More than 16 bits, so that a counter cut short is seen.
    let uplink = Uplink {
        f_cnt: 70_000,
        f_port: Some(f_port),
        payload,
        confirmed: true,
        ..Uplink::default()
    };
    verified(&uplink, metadata())
}

fn decode(uplink: &VerifiedUplink) -> Call<Reading> {
    first_party("elsys-ers-co2-1.0.0").decode_uplink(uplink, &Settings::default())
}

#[test]
fn a_decoded_record_has_the_frame_as_it_came_and_what_it_says() {
    // A temperature, the same a minute ago, that of a probe, and a humidity that cannot be.
    let payload = [0x01, 0x00, 0xE2, 0x41, 0x00, 0xE1, 0x3C, 0x0C, 0xFF, 0x38, 0x02, 0xFF];
    let uplink = uplink(5, &payload);
    let reading = decode(&uplink).result.unwrap();

    let record = Record::new(
        &uplink,
        LNS,
        group("water"),
        street_device(),
        Outcome::Decoded(decoder_name(), reading),
    );

    assert!(record.is_decoded());
    assert_eq!(record.decode_error(), None);
    assert_golden("decoded.json", &record);
}

#[test]
fn a_record_that_failed_keeps_the_frame_and_says_why() {
    let uplink = uplink(5, &[0x01, 0x00]);
    let error = decode(&uplink).result.unwrap_err();

    let record = Record::new(
        &uplink,
        LNS,
        group("water"),
        street_device(),
        Outcome::Failed(decoder_name(), error),
    );

    assert!(!record.is_decoded());
    assert_eq!(record.decode_error().unwrap().0, "decoder-failure");
    assert_golden("failed.json", &record);
}

#[test]
fn a_record_without_decoder_and_metadata_says_so_by_leaving_out() {
    let uplink = Uplink { f_cnt: 1, f_port: Some(5), payload: &[0xAB], ..Uplink::default() };
    let uplink = verified(&uplink, RadioMetadata::default());

    let record = Record::new(&uplink, LNS, group("water"), device(), no_decoder());

    assert_eq!(record.decode_error(), Some(("no-decoder", "the device has no decoder")));
    assert_golden("no-decoder.json", &record);
}

#[test]
fn every_field_that_partners_are_promised_is_there() {
    let uplink = uplink(5, &[0x01, 0x00, 0xE2]);
    let reading = decode(&uplink).result.unwrap();
    let outcome = Outcome::Decoded(decoder_name(), reading);
    let record = Record::new(&uplink, LNS, group("water"), street_device(), outcome);
    let json: Json = serde_json::to_value(&record).unwrap();

    for (path, expected) in [
        ("/id", Json::from(record.id().to_string())),
        ("/group", "water".into()),
        ("/device/devEui", uplink.dev_eui().to_string().into()),
        ("/device/tags/floor", "2".into()),
        ("/receivedAt", "2026-03-01T08:00:00Z".into()),
        ("/verifiedBy", "mic".into()),
        ("/uplink/devAddr", uplink.dev_addr().unwrap().to_string().into()),
        ("/uplink/payload", "0100E2".into()),
        ("/uplink/fPort", 5.into()),
        ("/uplink/fCnt", 70_000.into()),
        ("/uplink/confirmed", true.into()),
        // Of the best reception, and not of the first.
        ("/radio/rssiDbm", (-97.25).into()),
        ("/radio/redundancy", 2.into()),
        ("/radio/spreadingFactor", 9.into()),
        ("/radio/frequencyHz", 868_100_000.into()),
        ("/radio/gateways/2/gatewayId", "7276ff002e062702".into()),
        ("/decoder/id", "elsys/ers-co2".into()),
        ("/decoder/version", "1.0.0".into()),
        ("/decoder/digest", Digest::of(b"the package").to_string().into()),
        ("/decoded/data/temperature", 22.6.into()),
        ("/decoded/measurements/0/quantity", "air.temperature".into()),
        ("/decoded/measurements/0/unit", "Cel".into()),
        ("/decoded/measurements/0/value", 22.6.into()),
    ] {
        assert_eq!(json.pointer(path), Some(&expected), "{path}");
    }
    let snr = json.pointer("/radio/snrDb").and_then(Json::as_f64).unwrap();
    assert!((snr - 4.2).abs() < 1e-6, "{snr}");
}

#[test]
fn a_reading_can_be_taken_back_and_the_frame_stays() {
    let uplink = uplink(5, &[0x01, 0x00, 0xE2]);
    let reading = decode(&uplink).result.unwrap();
    let outcome = Outcome::Decoded(decoder_name(), reading);
    let decoded = Record::new(&uplink, LNS, group("water"), street_device(), outcome);
    let mut expected = serde_json::to_value(&decoded).unwrap();

    let raw = decoded.without_reading("record-too-large", "it is too large".into());

    assert!(!raw.is_decoded());
    assert_eq!(raw.decode_error(), Some(("record-too-large", "it is too large")));
    expected.as_object_mut().unwrap().remove("decoded").expect("it was decoded");
    expected["decodeError"] =
        serde_json::json!({"code": "record-too-large", "message": "it is too large"});
    assert_eq!(serde_json::to_value(&raw).unwrap(), expected);
}

#[test]
fn a_frame_of_mac_commands_has_no_port_to_show() {
    let uplink = Uplink { f_cnt: 1, f_opts: &[0x02], ..Uplink::default() };
    let uplink = verified(&uplink, RadioMetadata::default());
    let outcome = Outcome::Failed(decoder_name(), CallError::NoApplicationPayload);

    let json =
        serde_json::to_value(Record::new(&uplink, LNS, group("water"), device(), outcome)).unwrap();

    assert_eq!(json["uplink"].get("fPort"), None);
    assert_eq!(json["uplink"]["payload"], "");
    assert_eq!(json["decodeError"]["code"], "no-application-payload");
}

#[test]
fn the_same_frame_has_the_same_name_and_others_have_others() {
    let frame = |f_cnt: u32, payload: &[u8]| {
        let uplink = Uplink { f_cnt, f_port: Some(5), payload, ..Uplink::default() };
        verified(&uplink, RadioMetadata::default())
    };
    let name = RecordId::of(&frame(1, b"a"));

    // The second copy came through other gateways.
    let copy = Uplink { f_cnt: 1, f_port: Some(5), payload: b"a", ..Uplink::default() };
    assert_eq!(RecordId::of(&verified(&copy, metadata())), name);
    assert_ne!(RecordId::of(&frame(2, b"a")), name);
    assert_ne!(RecordId::of(&frame(1, b"b")), name, "the counter starts again with new keys");
    let (text, mic) = (name.to_string(), frame(1, b"a").mic().unwrap());
    assert_eq!(text, format!("70B3D5E75E000001-00000001-{mic}"));
}

#[test]
fn tags_stand_in_the_order_of_their_names() {
    let uplink = uplink(5, &[]);
    let tags: BTreeMap<String, String> =
        [("b", "1"), ("a", "2")].map(|(tag, value)| (tag.into(), value.into())).into();
    let record =
        Record::new(&uplink, LNS, group("water"), DeviceInfo { tags, ..device() }, no_decoder());
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.contains(r#""tags":{"a":"2","b":"1"}"#), "{text}");
}
