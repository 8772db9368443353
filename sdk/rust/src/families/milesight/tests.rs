//! Tests of the format that all devices of Milesight share.

use serde_json::{Value, json};

use super::*;
use crate::{FailureKind, testing::uplink};

const MODES: Words = &[(0, "never"), (1, "below"), (2, "above")];

const SETTINGS: &[Setting] = &[
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
    Setting {
        before: &[0],
        ..Setting::new("report_interval", 0x8E, Form::Number(Number::whole(2, 1, 1440)))
    },
    Setting {
        select: Some(Select { mask: 0x38, value: 0x08 }),
        ..Setting::new("first_alarm", 0x06, ALARM)
    },
    Setting {
        select: Some(Select { mask: 0x38, value: 0x20 }),
        ..Setting::new("fourth_alarm", 0x06, ALARM)
    },
];

const ALARM: Form = Form::Object(&[
    Field {
        name: "",
        form: Form::Bits(1, &[Part { name: "mode", lowest: 0, width: 3, words: Some(MODES) }]),
    },
    Field {
        name: "limit",
        form: Form::Number(Number { width: 2, signed: true, parts: 10, range: (-40, 85) }),
    },
    Field { name: "", form: Form::Reserved(2) },
]);

fn read_frame(payload: &[u8]) -> Result<Value, Failure> {
    let reading = decode_uplink(&uplink(PORT, payload), SETTINGS, |_, _, _| Ok(false))?;
    Ok(serde_json::from_str(reading.data()).unwrap())
}

fn encoded(data: &str) -> Result<Downlink, Failure> {
    let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
    encode_downlink(&command, SETTINGS, settings_alone::write)
}

fn read_back(payload: &[u8]) -> Result<Value, Failure> {
    let (payload, variables) = (payload.to_vec(), Vec::new());
    let downlink = SentDownlink { f_port: PORT, payload, sent_at: 0, variables };
    let reading = decode_downlink(&downlink, SETTINGS, settings_alone::read)?;
    Ok(serde_json::from_str(reading.data()).unwrap())
}

#[test]
fn a_device_that_joins_tells_of_itself() {
    // The example of the maker's document of the CT305.
    let bytes = [
        0xFF, 0x0B, 0xFF, 0xFF, 0x01, 0x01, 0xFF, 0x16, 0x67, 0x46, 0xD3, 0x88, 0x02, 0x58, 0x00,
        0x00, 0xFF, 0x09, 0x01, 0x00, 0xFF, 0x0A, 0x01, 0x01, 0xFF, 0x0F, 0x00, 0xFF, 0xFF, 0x01,
        0x01,
    ];
    let expected = json!({
        "device_status": "on",
        "ipso_version": "v0.1",
        "sn": "6746d38802580000",
        "hardware_version": "v1.0",
        "firmware_version": "v1.1",
        "lorawan_class": "Class A",
        "tsl_version": "v1.1",
    });
    assert_eq!(read_frame(&bytes).unwrap(), expected);
}

#[test]
fn a_command_is_what_the_device_repeats() {
    let data =
        r#"{"reboot":true,"report_interval":20,"fourth_alarm":{"mode":"below","limit":-2.5}}"#;
    let bytes = encoded(data).unwrap().payload;
    let expected =
        [0xFF, 0x10, 0xFF, 0xFF, 0x8E, 0x00, 20, 0, 0xFF, 0x06, 0x21, 0xE7, 0xFF, 0x00, 0x00];
    assert_eq!(bytes, expected);
    assert_eq!(read_back(&bytes).unwrap(), serde_json::from_str::<Value>(data).unwrap());
    let answer = read_frame(&[0xFE, 0x8E, 0x01, 20, 0]).unwrap();
    assert_eq!(answer, json!({ "settings": { "report_interval": 20 } }));
}

#[test]
fn what_cannot_be_set_is_said() {
    for (data, message) in [
        ("{}", "holds nothing"),
        (r#"{"reboots":true}"#, "\"reboots\" cannot be set; the settings are reboot, report_"),
        (r#"{"reboot":false}"#, "reboot must be true"),
        (r#"{"report_interval":0}"#, "must be a whole number from 1 to 1440"),
        (r#"{"report_interval":1.5}"#, "must be a whole number"),
        (r#"{"report_interval":1e300}"#, "must be a whole number"),
        (r#"{"first_alarm":{"mode":"below"}}"#, "first_alarm.limit is missing"),
        (r#"{"first_alarm":{"mode":"on","limit":1}}"#, "\"never\" or \"below\" or \"above\""),
        (r#"{"first_alarm":{"mode":"below","limit":1.25}}"#, "from -40 to 85, by 0.1"),
        (r#"{"first_alarm":{"mode":"below","limit":1,"x":1}}"#, "first_alarm.x is not known"),
        (r#"{"first_alarm":1}"#, "first_alarm must be an object"),
    ] {
        let failure = encoded(data).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidCommand, "{data}");
        assert!(failure.message.contains(message), "{data}: {}", failure.message);
    }
}

#[test]
fn what_is_cut_or_unknown_is_a_failure() {
    assert_eq!(read_frame(&[0xFF]).unwrap_err().kind, FailureKind::TooShort);
    assert_eq!(read_frame(&[0xFE, 0x8E, 0x00, 20]).unwrap_err().kind, FailureKind::TooShort);
    assert_eq!(read_frame(&[0x01, 0x75, 100]).unwrap_err().kind, FailureKind::UnknownMessage);
    // An alarm of a channel that the table does not have.
    assert_eq!(read_frame(&[0xFE, 0x06, 0x10]).unwrap_err().kind, FailureKind::UnknownMessage);
    assert_eq!(read_frame(&[]).unwrap_err().kind, FailureKind::TooShort);
    assert_eq!(read_back(&[]).unwrap_err().kind, FailureKind::TooShort);
    assert_eq!(read_back(&[0xFE, 0x10, 0xFF]).unwrap_err().kind, FailureKind::UnknownMessage);
    assert_eq!(word(MODES, 7), "reserved 7");
}

proptest::proptest! {
    #[test]
    fn no_input_panics(payload: Vec<u8>, data: String) {
        let _ = read_frame(&payload);
        let _ = read_back(&payload);
        let _ = encoded(&data);
    }
}

const DAYS: Form = Form::Object(&[
    Field { name: "index", form: Form::Ordinal(5) },
    Field { name: "minute", form: Form::Number(Number::whole(3, 0, 1_439)) },
]);

const MORE: &[Setting] = &[
    Setting::extended("data_rate", 0x86, Form::Number(Number::whole(1, 0, 15))),
    Setting::extended("days", 0x95, DAYS).list(),
    Setting::new("key", 0x35, Form::Key(2)),
    Setting::answer("stopped", 0x6D, Form::Order(0xFF)),
];

fn more(payload: &[u8]) -> Result<Value, Failure> {
    let reading = decode_uplink(&uplink(PORT, payload), MORE, |_, _, _| Ok(false))?;
    Ok(serde_json::from_str(reading.data()).unwrap())
}

fn written(data: &str) -> Result<Vec<u8>, Failure> {
    let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
    encode_downlink(&command, MORE, settings_alone::write).map(|downlink| downlink.payload)
}

#[test]
fn more_settings_tell_whether_they_were_taken() {
    let taken = more(&[0xF8, 0x86, 5, 0, 0xFE, 0x6D, 0xFF]).unwrap();
    assert_eq!(taken, json!({ "settings": { "data_rate": 5, "stopped": true } }));
    let refused =
        json!([{ "channel_type": 0x86, "result": "forbidden", "request": { "data_rate": 5 } }]);
    let settings = json!({ "device_response_result": refused });
    assert_eq!(more(&[0xF8, 0x86, 5, 1]).unwrap(), json!({ "settings": settings }));
    assert_eq!(more(&[0xF8, 0x86, 5]).unwrap_err().kind, FailureKind::TooShort);
    // The same type behind the other channel is another setting.
    assert_eq!(more(&[0xFF, 0x86, 5]).unwrap_err().kind, FailureKind::UnknownMessage);
}

#[test]
fn lists_and_keys_of_settings_are_written() {
    let days = r#"{"days":[{"index":1,"minute":258},{"index":5,"minute":0}]}"#;
    let bytes = [0xF9, 0x95, 0, 2, 1, 0, 0xF9, 0x95, 4, 0, 0, 0];
    assert_eq!(written(days).unwrap(), bytes);
    let told: Value = serde_json::from_str(days).unwrap();
    assert_eq!(more(&bytes).unwrap(), json!({ "settings": told }));
    assert_eq!(written(r#"{"key":"0aFf"}"#).unwrap(), [0xFF, 0x35, 0x0A, 0xFF]);
    assert_eq!(more(&[0xFF, 0x35, 0x0A, 0xFF]).unwrap(), json!({}), "a key is not told");
    for (data, part) in [
        (r#"{"key":"0a"}"#, "4 hexadecimal digits"),
        (r#"{"key":"0aFg"}"#, "4 hexadecimal digits"),
        (r#"{"days":{}}"#, "days must be a list"),
        (r#"{"days":[{"index":6,"minute":0}]}"#, "from 1 to 5"),
        (r#"{"stopped":true}"#, "the settings are data_rate, days, key"),
    ] {
        let failure = written(data).unwrap_err();
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let (payload, variables) = (vec![0xFF, 0x6D, 0xFF], Vec::new());
    let downlink = SentDownlink { f_port: 2, payload, sent_at: 0, variables };
    let failure = decode_downlink(&downlink, MORE, settings_alone::read).unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnknownMessage, "an answer is no command");
}
