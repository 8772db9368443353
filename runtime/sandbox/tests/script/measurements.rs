//! Tests of `measurements`, which come from the manifest's fields and from TS013's `normalizeUplink`.

use champollion_sandbox::{FieldMapping, Reading, Script, Value};

use crate::support::{TLV, TLV_PAYLOAD, decode, script, try_load};

fn field(path: &str, quantity: &str, unit: Option<&str>) -> FieldMapping {
    FieldMapping::new(path, quantity, unit).unwrap()
}

fn reading(source: &str, fields: Vec<FieldMapping>) -> Reading {
    let decoder = try_load(&Script { fields, ..script(source) }).unwrap();
    decode(&decoder, TLV_PAYLOAD).result.unwrap()
}

fn found(reading: &Reading) -> Vec<(&str, &Value)> {
    reading
        .measurements
        .iter()
        .map(|measurement| (measurement.quantity.name, &measurement.value))
        .collect()
}

#[test]
fn fields_of_the_manifest_become_measurements() {
    let reading = reading(
        TLV,
        vec![
            field("battery", "battery.level", None),
            field("temperature", "air.temperature", None),
            field("humidity", "air.humidity", None),
            field("history[].temperature", "probe.temperature", None),
        ],
    );
    assert_eq!(
        found(&reading),
        [
            ("battery.level", &Value::Number(100.0)),
            ("air.temperature", &Value::Number(21.2)),
            ("air.humidity", &Value::Number(56.5)),
        ]
    );
    assert!(reading.warnings.is_empty());
}

#[test]
fn a_field_of_the_wrong_type_is_a_warning_and_the_frame_is_good() {
    let source = "function decodeUplink() { return { data: { t: 'n/a', b: 3600 } }; }";
    let reading = reading(
        source,
        vec![field("t", "air.temperature", None), field("b", "battery.voltage", Some("mV"))],
    );
    assert_eq!(found(&reading), [("battery.voltage", &Value::Number(3.6))]);
    assert_eq!(reading.warnings, ["data.t is \"n/a\", and air.temperature is a number"]);
}

#[test]
fn what_is_normalized_becomes_measurements_and_fields_add_to_it() {
    let source = "
        function decodeUplink(input) { return { data: { t: 21.5, batt: 3.6 } }; }
        function normalizeUplink(input) {
            return { data: { air: { temperature: input.data.t } }, warnings: ['rounded'] };
        }";
    let reading = reading(
        source,
        vec![field("t", "air.temperature", None), field("batt", "battery.voltage", None)],
    );
    assert_eq!(
        found(&reading),
        [("air.temperature", &Value::Number(21.5)), ("battery.voltage", &Value::Number(3.6)),]
    );
    assert_eq!(reading.data.as_str(), r#"{"t":21.5,"batt":3.6}"#);
    assert_eq!(reading.warnings, ["rounded"]);
}

#[test]
fn normalizing_cannot_change_data_or_fail_the_frame() {
    let source = |normalize: &str| {
        format!(
            "function decodeUplink() {{ return {{ data: {{ t: 1 }} }}; }}
             function normalizeUplink(input) {{ {normalize} }}"
        )
    };
    for (normalize, warning) in [
        ("input.data.t = 2; return { data: {} };", None),
        ("throw new Error('oh');", Some("normalizeUplink threw Error: oh")),
        ("return { errors: ['no'] };", Some("normalizeUplink reports no")),
        (
            "return { data: { air: () => 1 } };",
            Some("normalizeUplink: data.air is a function, which JSON cannot hold"),
        ),
        ("return 5;", Some("normalizeUplink: it returned a number, and not an object")),
        ("return {};", None),
    ] {
        let reading = reading(&source(normalize), Vec::new());
        assert_eq!(reading.data.as_str(), r#"{"t":1}"#, "{normalize}");
        assert_eq!(reading.warnings, Vec::from_iter(warning), "{normalize}");
        assert!(reading.measurements.is_empty());
    }
}

#[test]
fn what_an_operator_gives_comes_before_what_a_codec_normalizes() {
    let source = "
        function decodeUplink(input) { return { data: { t: 21.5, real: 4.5, u: 7 } }; }
        function normalizeUplink(input) {
            return { data: { air: { temperature: input.data.t, relativeHumidity: 40 } } };
        }";
    let given = field("real", "air.temperature", None).given();
    let read = reading(source, vec![given]);
    let expected =
        [("air.humidity", &Value::Number(40.0)), ("air.temperature", &Value::Number(4.5))];
    assert_eq!(found(&read), expected);
    // Of another channel both are there.
    let other = field("u", "air.temperature", None).with_channel(Some(1)).given();
    let read = reading(source, vec![other]);
    let channels: Vec<u16> = read.measurements.iter().map(|found| found.channel).collect();
    assert_eq!(channels, [0, 0, 1]);
    // A field that the frame does not have takes nothing away.
    let gone = field("gone", "air.temperature", None).given();
    assert_eq!(found(&reading(source, vec![gone])).len(), 2);
}

#[test]
fn values_that_are_no_measurements_fail_no_frame() {
    let source =
        "function decodeUplink() { return { data: { a: Array(70).fill('n/a'), b: 3.6 } }; }";
    let fields = vec![field("a[]", "air.temperature", None), field("b", "battery.voltage", None)];
    let reading = reading(source, fields);
    assert_eq!(found(&reading), [("battery.voltage", &Value::Number(3.6))]);
    assert_eq!(reading.warnings.len(), 63);
    assert_eq!(reading.warnings[0], "data.a[0] is \"n/a\", and air.temperature is a number");
    assert_eq!(reading.warnings[62], "8 more values are no measurements");
}
