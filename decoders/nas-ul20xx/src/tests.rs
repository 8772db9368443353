//! The vectors, the manifest, and what holds of all payloads.

use std::collections::BTreeSet;

use champollion_sdk::{
    testing::{BadInput, check_vectors, uplink},
    vectors::{self, Input},
};
use proptest::prelude::{any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::Value as Json;

use super::*;

const VECTORS: &str = include_str!("../vectors.json");
const MANIFEST: &str = include_str!("../decoder.toml");

#[test]
fn vectors_are_answered_as_they_expect() {
    check_vectors::<NasUl20xx>(VECTORS);
}

#[test]
fn bad_input_is_told() {
    BadInput::of(VECTORS)
        // A device repeats the request, and answers it, with one header.
        .told_by_length(&[
            "dimming curves",
            "driver memory read, answered",
            // Lists, values and chains that go on to the end.
            "custom dali request, answered",
            "custom dali command, answered",
            "driver memory write, answered",
            "chained configs, applied",
        ])
        .check::<NasUl20xx>();
}

fn manifest() -> toml::Table {
    MANIFEST.parse().unwrap()
}

fn column(table: &str, key: &str) -> BTreeSet<String> {
    let manifest = manifest();
    let rows = manifest[table].as_array().unwrap();
    rows.iter().filter_map(|row| row.get(key)?.as_str().map(str::to_owned)).collect()
}

/// The path of each key, such as `consumption[].address`.
fn paths(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(object) => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                // What is chained is declared where it stands alone.
                if path != "chainedConfig.payloads" {
                    paths(value, &path, found);
                }
                found.insert(path);
            }
        }
        Json::Array(items) => {
            items.iter().for_each(|item| paths(item, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

#[test]
fn the_manifest_names_all_that_the_vectors_read_and_nothing_twice() {
    let mut read = BTreeSet::new();
    let mut measured = BTreeSet::new();
    for vector in vectors::parse(VECTORS).unwrap() {
        let Some(reading) = vector.expect.get("reading") else { continue };
        paths(&reading["data"], "", &mut read);
        let measurements = reading.get("measurements").and_then(Json::as_array);
        measured.extend(
            measurements
                .into_iter()
                .flatten()
                .map(|measurement| measurement["quantity"].as_str().unwrap().to_owned()),
        );
    }
    let fields = column("fields", "name");
    assert_eq!(
        manifest()["fields"].as_array().unwrap().len(),
        fields.len(),
        "a field stands twice"
    );
    assert_eq!(read.difference(&fields).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(fields.difference(&read).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(measured, column("fields", "quantity"));
}

#[test]
fn the_manifest_gives_quantities_the_units_of_the_vocabulary() {
    let vocabulary = include_str!("../../../wit/vocabulary.csv");
    for field in manifest()["fields"].as_array().unwrap() {
        let Some(quantity) = field.get("quantity").and_then(toml::Value::as_str) else { continue };
        let unit = field.get("unit").and_then(toml::Value::as_str).unwrap_or_default();
        let start = format!("{quantity},{unit},");
        assert!(vocabulary.lines().any(|line| line.starts_with(&start)), "{start}");
    }
}

fn encode(data: &str) -> Result<Downlink, Failure> {
    NasUl20xx::encode_downlink(&Command {
        data: data.to_owned(),
        issued_at: 1_579_188_211_999,
        variables: Vec::new(),
    })
}

fn read_back(f_port: u8, payload: &[u8]) -> Result<String, Failure> {
    let downlink =
        SentDownlink { f_port, payload: payload.to_vec(), sent_at: 0, variables: Vec::new() };
    NasUl20xx::decode_downlink(&downlink).map(|reading| reading.data().to_owned())
}

#[test]
fn each_command_of_the_manifest_is_encoded_and_read_back() {
    let manifest = manifest();
    let commands = manifest["commands"].as_array().unwrap();
    let mut payloads = BTreeSet::new();
    for command in commands {
        let name = command["name"].as_str().unwrap();
        let example = command["example"].as_str().unwrap();
        let Downlink { f_port, payload, .. } = encode(example).unwrap();
        let data = read_back(f_port, &payload).unwrap();
        assert!(data.starts_with(&format!("{{\"{name}\":")), "{data}");
        // Session keys are not told.
        if name != "multicastConfig" {
            assert_eq!(encode(&data).unwrap().payload, payload, "{data}");
        }
        payloads.insert((f_port, payload));
    }
    assert_eq!(payloads.len(), 46, "one for each instruction");
}

#[test]
fn what_is_wrong_with_a_command_is_said() {
    let cases = [
        ("{}", "one key"),
        (r#"{"daliIdentify": {}, "restartController": {}}"#, "one key"),
        ("[]", "one key"),
        (r#"{"dim": {}}"#, "manualDimming"),
        (r#"{"manualDimming": {"level": 50}}"#, "destination"),
        (r#"{"manualDimming": {"destination": []}}"#, "one at least"),
        (
            r#"{"manualDimming": {"destination": [{"address": "dali_broadcast", "dimmingLevel": 101}]}}"#,
            "from 0 to 100",
        ),
        (r#"{"statusConfig": {"statusInterval": 59}}"#, "from 60 to 86400"),
        (r#"{"fadeConfig": {"fadeDuration": 3}}"#, "90.51"),
        (r#"{"fadeConfig": {"fadeDuration": true}}"#, "seconds"),
        (r#"{"fadeConfig": {}}"#, "fadeConfig.fadeDuration is missing"),
        (r#"{"fadeConfig": 3}"#, "an object"),
        (r#"{"lumalinkConfig": {"accessMode": "never"}}"#, "first_commission"),
        (r#"{"dimNotifyConfig": {"randomDelay": 7, "packetLimit": 0}}"#, "by 5 or \"disabled\""),
        (
            r#"{"openDrainOutputConfig": {"switchingSteps": [{"stepTime": "1:00", "openDrainOutputOn": 1}]}}"#,
            "switchingSteps[].stepTime",
        ),
        (r#"{"openDrainOutputConfig": {"switchingSteps": [1]}}"#, "a list of objects"),
        (r#"{"onboardLedConfig": {"statusLedEnabled": 1}}"#, "true or false"),
        (r#"{"customDaliCommand": {"daliCommand": "0Z"}}"#, "hexadecimal"),
        (r#"{"customDaliRequest": {"queryDataRaw": "48"}}"#, "2 to 240 bytes"),
        (
            r#"{"driverMemoryRead": {"address": "all_devices", "memoryBank": 0, "memoryAddress": 3, "readSize": 6}}"#,
            "one output",
        ),
        (
            r#"{"driverMemoryRead": {"address": "dali_single_2", "memoryBank": 0, "memoryAddress": 3, "readSize": 6, "memoryValue": "00"}}"#,
            "memoryValue is not known",
        ),
        (
            r#"{"locationConfig": {"latitude": 90.1, "longitude": 0, "address": ""}}"#,
            "from -90 to 90",
        ),
        (r#"{"chainedConfig": {"payloads": []}}"#, "a list of commands"),
        (r#"{"chainedConfig": {"payloads": [{"daliIdentify": {}}]}}"#, "no other chain"),
        (
            r#"{"chainedConfig": {"payloads": [{"openDrainOutputConfig": {"switchingSteps": []}}, {"statusConfig": {"statusInterval": 3600}}]}}"#,
            "the last of a chain",
        ),
        (
            r#"{"configRequest": {"config": "fadeConfig", "profileId": 1}}"#,
            "not go with fadeConfig",
        ),
        (r#"{"statusUsageRequest": {}}"#, "usageRequested"),
        (r#"{"clearConfig": {"resetTarget": "factory_reset"}}"#, "deviceSerial"),
        (
            r#"{"clearConfig": {"resetTarget": "holiday_config", "deviceSerial": "5083000D"}}"#,
            "not go with holiday_config",
        ),
        (
            r#"{"clearConfig": {"resetTarget": "factory_reset", "deviceSerial": null}}"#,
            "digits of 4 bytes",
        ),
        (r#"{"configRequest": {"config": "fadeConfig", "firmware": null}}"#, "firmware"),
        (r#"{"restartController": {"now": true}}"#, "now"),
        (r#"{"addressDaliDriver": {"address": "dali_group_1"}}"#, "dali_single_63"),
        (r#"{"daliStatusRequest": {"address": "all_devices"}}"#, "dali_broadcast"),
        (
            r#"{"calendarConfigV10": {"sunriseOffset": -1, "sunsetOffset": -1, "latitude": 0, "longitude": 0}}"#,
            "disabled",
        ),
        (
            r#"{"calendarConfigV10": {"sunriseOffset": 3, "latitude": 0, "longitude": 0}}"#,
            "together",
        ),
        (r#"{"configRequest": {"config": "profileConfig", "profileId": "no_profiles"}}"#, "254"),
        (r#"{"chainedConfig": {"payloads": [{"fadeConfig": {}}], "then": 1}}"#, "payloads alone"),
        (
            r#"{"holidayConfig": {"holidays": ["1/1", "1/2", "1/3", "1/4", "1/5", "1/6", "1/7", "1/8", "1/9", "2/1"]}}"#,
            "holds 10, and 9 are possible",
        ),
        (r#"{"holidayConfig": {"holidays": ["2/30"]}}"#, "holidayConfig.holidays must be days"),
        (
            r#"{"profileConfigV10": {"profileId": 1, "profileVersion": 1, "address": "dali_broadcast", "daysActive": ["monday"], "dimmingSteps": []}}"#,
            "a list of holiday, mon, tue",
        ),
        (
            r#"{"calendarConfig": {"latitude": 90.001, "longitude": 0, "sunriseSteps": [], "sunsetSteps": []}}"#,
            "latitude must be a number from -90 to 90",
        ),
        (
            r#"{"calendarConfig": {"latitude": 0, "longitude": 0, "sunriseSteps": [{"zenithAngle": 60, "dimmingLevel": 0}], "sunsetSteps": []}}"#,
            "sunriseSteps[].zenithAngle must be a zenith angle",
        ),
        (
            r#"{"meteringAlertConfig": {"minPower": 0, "maxPower": 0, "minVoltage": 0, "maxVoltage": 0, "minPowerFactor": 1.001}}"#,
            "from 0 to 1 or",
        ),
    ];
    for (data, part) in cases {
        let failure = encode(data).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidCommand, "{data}");
        assert!(failure.message.contains(part), "{data}: {}", failure.message);
    }
}

#[test]
fn what_may_be_left_out_may_be_null() {
    for (data, payload) in [
        (
            r#"{"usageConfig": {"usageInterval": 60, "mainsVoltage": null}}"#,
            &[0x0B, 60, 0, 0, 0, 0xFF][..],
        ),
        (r#"{"timeConfig": {"deviceUnixEpoch": null}}"#, &[0x09, 0xF3, 0x7F, 0x20, 0x5E]),
        (r#"{"addressDaliDriver": {"address": null}}"#, &[0x0A, 0xFF]),
        (
            r#"{"clearConfig": {"resetTarget": "profile_config_v10", "profileId": null}}"#,
            &[0xFF, 0x04, 0xFF],
        ),
        (
            r#"{"configRequest": {"config": "fadeConfig", "profileId": null, "multicastDevice": null}}"#,
            &[0x22],
        ),
        (
            r#"{"clearConfig": {"resetTarget": "holiday_config", "deviceSerial": null}}"#,
            &[0xFF, 0x23],
        ),
    ] {
        assert_eq!(encode(data).unwrap().payload, payload, "{data}");
    }
}

#[test]
fn a_clock_that_has_run_over_is_not_set() {
    let command = Command {
        data: r#"{"timeConfig": {}}"#.to_owned(),
        issued_at: (u64::from(u32::MAX) + 1) * 1000,
        variables: Vec::new(),
    };
    assert_eq!(NasUl20xx::encode_downlink(&command).unwrap_err().kind, FailureKind::InvalidCommand);
}

#[test]
fn a_command_that_no_downlink_holds_is_invalid() {
    let holiday = "\"12/24\",".repeat(122);
    let data =
        format!(r#"{{"holidayConfigV10": {{"holidays": [{}]}}}}"#, holiday.trim_end_matches(','));
    assert!(encode(&data).unwrap_err().message.contains("242"));
}

#[test]
fn all_real_payloads_that_are_cut_off_are_refused_or_read_without_panic() {
    for vector in vectors::parse(VECTORS).unwrap() {
        let Input::Uplink(uplink) = vector.input else { continue };
        for length in 0..uplink.payload.0.len() {
            let _ = decode(uplink.f_port, &uplink.payload.0[..length]);
        }
    }
}

fn decode(f_port: u8, payload: &[u8]) -> Result<Reading, Failure> {
    NasUl20xx::decode_uplink(&uplink(f_port, payload))
}

proptest! {
    #[test]
    fn any_uplink_is_answered(
        f_port in prop_oneof![23_u8..=26, 49_u8..=51, 60_u8..=61, 99_u8..=99],
        payload in prop::collection::vec(prop_oneof![any::<u8>(), 0_u8..4], 0..60),
    ) {
        if let Ok(reading) = decode(f_port, &payload) {
            let data: Json = serde_json::from_str(reading.data()).unwrap();
            assert!(data.is_object());
        }
    }

    /// A command that is read back makes the same payload again, but for reserved bits.
    #[test]
    fn any_command_comes_back(
        f_port in prop_oneof![49_u8..=51, 60_u8..=60],
        header in prop_oneof![0_u8..=0x2B, 0x52_u8..=0x53, 0xFE_u8..=0xFF],
        body in prop::collection::vec(prop_oneof![0_u8..=10, any::<u8>()], 0..20),
    ) {
        let payload = [&[header], body.as_slice()].concat();
        let Ok(data) = read_back(f_port, &payload) else { return Ok(()) };
        match encode(&data) {
            Ok(downlink) => {
                prop_assert_eq!(downlink.f_port, f_port);
                prop_assert_eq!(read_back(f_port, &downlink.payload).unwrap(), data);
            }
            // Devices may say what operators may not, such as ten holidays.
            Err(failure) => prop_assert_eq!(failure.kind, FailureKind::InvalidCommand),
        }
    }
}
