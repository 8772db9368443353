//! Every dialect is recognized by itself, and called as its network server does.

use champollion_sandbox::{
    CallError, Decoder, Dialect, Digest, FailureKind, LoadError, Script, Settings, Value, Variable,
};
use serde_json::json;

use crate::support::{
    RECEIVED_AT, TLV, TLV_PAYLOAD, data, data_of, decode, decoding, encode, error, load, read_back,
    sandbox, script, specimen, try_load,
};

fn named(source: &str, dialect: Dialect) -> Decoder {
    try_load(&Script { dialect: Some(dialect), ..script(source) })
        .unwrap_or_else(|error| panic!("{error}"))
}

fn litres() -> Settings {
    let variable = Variable { name: "litres".into(), value: Value::Integer(10) };
    Settings { variables: vec![variable], state: Vec::new() }
}

#[test]
fn a_codec_of_several_dialects_gives_the_same_in_each() {
    let expected = json!({"battery": 100, "temperature": 21.2, "humidity": 56.5});
    assert_eq!(load(TLV).dialect(), Some(Dialect::Ts013));
    assert_eq!(data_of(decode(&load(TLV), TLV_PAYLOAD)), expected);
    for dialect in [Dialect::Ts013, Dialect::TtnV2, Dialect::ChirpStackV3, Dialect::Milesight] {
        let decoder = named(TLV, dialect);
        assert_eq!(data_of(decode(&decoder, TLV_PAYLOAD)), expected, "{dialect}");
    }
}

#[test]
fn ts013_is_given_one_object() {
    let decoder = decoding(
        "return { data: {
            bytes: input.bytes, list: Array.isArray(input.bytes), port: input.fPort,
            time: input.recvTime.toISOString(), variables: input.variables } };",
    );
    let call = decoder.try_uplink(&specimen(&[1, 255]), &litres());
    assert_eq!(
        data_of(call),
        json!({
            "bytes": [1, 255], "list": true, "port": 85, "time": "2026-01-31T12:00:00.250Z",
            "variables": {"litres": 10},
        })
    );
}

#[test]
fn ts013_errors_are_a_failure_and_warnings_are_kept() {
    let failed = error(&decoding("return { data: {}, errors: ['first', 'second'] };"));
    let CallError::Failed(failure) = failed else { panic!("{failed}") };
    assert_eq!((failure.kind, &*failure.message), (FailureKind::UnknownMessage, "first; second"));

    let warned = decoding("return { data: {a: 1}, errors: [], warnings: ['low battery', 5] };");
    let reading = decode(&warned, &[]).result.unwrap();
    assert_eq!(reading.warnings, ["low battery", "5"]);
}

#[test]
fn ts013_without_its_members_is_the_reading_itself() {
    assert_eq!(
        data(&decoding("return { level: 5, unit: 'm' };")),
        json!({"level": 5, "unit": "m"})
    );
    for body in ["return {};", "return { warnings: ['x'] };", "return { data: undefined };"] {
        let error = error(&decoding(body)).to_string();
        assert!(error.contains("data is undefined"), "{body}: {error}");
    }
}

#[test]
fn data_that_is_a_list_is_a_member_of_an_object() {
    let list =
        decoding("return { data: [{ variable: 'temperature', value: input.bytes[0] }, 5] };");
    assert_eq!(data(&list), json!({"items": [{"variable": "temperature", "value": 1}, 5]}),);
    let v2 = load("function Decoder(bytes, port) { return [port]; }");
    assert_eq!(data(&v2), json!({"items": [85]}));
}

#[test]
fn ts013_encodes_and_reads_commands_back() {
    let decoder = load(
        "function encodeDownlink(input) {
            if (input.data.relay === undefined) return { errors: ['which relay?'] };
            return { bytes: [8, input.data.relay], fPort: 12, warnings: ['it clicks'] };
        }
        function decodeDownlink(input) { return { data: { relay: input.bytes[1], port: input.fPort } }; }",
    );
    assert_eq!(decoder.dialect(), Some(Dialect::Ts013));
    let downlink = encode(&decoder, r#"{"relay": 3}"#).result.unwrap();
    assert_eq!((downlink.f_port, &*downlink.payload), (12, &[8, 3][..]));
    assert_eq!(downlink.warnings, ["it clicks"]);
    assert_eq!(data_of(read_back(&decoder, &[8, 3])), json!({"relay": 3, "port": 85}));

    let refused = encode(&decoder, "{}").result.unwrap_err();
    let CallError::Failed(failure) = refused else { panic!("{refused}") };
    assert_eq!((failure.kind, &*failure.message), (FailureKind::InvalidCommand, "which relay?"));

    let undecodable = error(&decoder);
    let CallError::Failed(failure) = undecodable else { panic!("{undecodable}") };
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(
        failure.message,
        "the codec has no function decodeUplink or Decoder or Decode or milesightDeviceDecode"
    );
}

#[test]
fn a_command_without_a_port_goes_over_the_manifests_or_the_first() {
    let source = "function encodeDownlink(input) { return { bytes: [1] }; }";
    assert_eq!(encode(&load(source), "{}").result.unwrap().f_port, 1);
    let decoder = try_load(&Script { downlink_port: Some(85), ..script(source) }).unwrap();
    assert_eq!(encode(&decoder, "{}").result.unwrap().f_port, 85);
}

#[test]
fn a_command_can_be_the_whole_input() {
    let source =
        "function encodeDownlink(input) { return { bytes: [input.command, input.data.x] }; }";
    let decoder = try_load(&Script { whole_input: true, ..script(source) }).unwrap();
    let downlink = encode(&decoder, r#"{"command": 4, "data": {"x": 5}}"#).result.unwrap();
    assert_eq!(downlink.payload, [4, 5]);
}

#[test]
fn ttn_v2_is_given_bytes_and_port() {
    let decoder = load(
        "function Decoder(bytes, port) { return { bytes: bytes, port: port, count: arguments.length }; }
         function Encoder(object, port) { return [object.a, port]; }",
    );
    assert_eq!(decoder.dialect(), Some(Dialect::TtnV2));
    assert_eq!(data(&decoder), json!({"bytes": [1, 2, 3], "port": 85, "count": 2}));
    assert_eq!(encode(&decoder, r#"{"a": 9}"#).result.unwrap().payload, [9, 1]);
}

#[test]
fn chirpstack_v3_is_given_the_port_first() {
    let decoder = load(
        "function Decode(fPort, bytes, variables) { return { bytes, fPort, variables }; }
         function Encode(fPort, obj, variables) { return [fPort, obj.a, variables.litres || 0]; }",
    );
    assert_eq!(decoder.dialect(), Some(Dialect::ChirpStackV3));
    let call = decoder.try_uplink(&specimen(&[5]), &litres());
    assert_eq!(data_of(call), json!({"bytes": [5], "fPort": 85, "variables": {"litres": 10}}));
    assert_eq!(encode(&decoder, r#"{"a": 9}"#).result.unwrap().payload, [1, 9, 0]);
}

#[test]
fn milesights_own_functions_are_known() {
    let decoder = load(
        "function milesightDeviceDecode(bytes) { return { first: bytes[0], count: arguments.length }; }
         function milesightDeviceEncode(payload) { return [0xff, payload.reboot]; }",
    );
    assert_eq!(decoder.dialect(), Some(Dialect::Milesight));
    assert_eq!(data(&decoder), json!({"first": 1, "count": 1}));
    assert_eq!(encode(&decoder, r#"{"reboot": 1}"#).result.unwrap().payload, [0xff, 1]);
}

#[test]
fn helium_is_told_of_the_uplink() {
    let decoder = load("function Decoder(bytes, port, uplink_info) { return uplink_info; }");
    assert_eq!(decoder.dialect(), Some(Dialect::Helium));
    assert_eq!(
        data(&decoder),
        json!({
            "type": "uplink", "fcnt": 7, "port": 85, "payload_size": 3, "reported_at": RECEIVED_AT,
        })
    );
}

#[test]
fn functions_are_found_wherever_they_are_declared() {
    for source in [
        "const decodeUplink = input => ({ data: { ok: true } });",
        "let decodeUplink = function () { return { data: { ok: true } }; };",
        "globalThis.decodeUplink = () => ({ data: { ok: true } });",
        "(function () { this.decodeUplink = () => ({ data: { ok: true } }); })();",
        "module.exports = { decodeUplink() { return { data: this.result() }; }, result() { return { ok: true }; } };",
        "exports.decodeUplink = () => ({ data: { ok: true } });",
        "exports.Decoder = (bytes, port) => ({ ok: port === 85 });",
        "async function decodeUplink() { await null; return { data: { ok: true } }; }",
        "'use strict'; function decodeUplink() { return { data: { ok: this === undefined } }; }",
        "const { Buffer } = require('buffer'); const module = {}; \
         function decodeUplink() { return { data: { ok: Buffer.from([1]).length === 1 } }; }",
    ] {
        assert_eq!(data(&load(source)), json!({"ok": true}), "{source}");
    }
}

#[test]
fn a_dialect_that_was_named_is_the_only_one() {
    let source = "function Decoder(bytes, port) { return {}; }";
    let error = try_load(&Script { dialect: Some(Dialect::Ts013), ..script(source) });
    assert!(matches!(error, Err(LoadError::NoEntryPoint { .. })));
}

#[test]
fn dialects_are_read_as_they_are_written() {
    for dialect in Dialect::ALL {
        assert_eq!(serde_json::to_value(dialect).unwrap(), json!(dialect.as_str()));
        assert_eq!(serde_json::from_value::<Dialect>(json!(dialect.as_str())).unwrap(), dialect);
    }
}

#[test]
fn the_digest_is_the_packages() {
    let digest = Digest::of(b"a package");
    assert_eq!(sandbox().load_script(&script(TLV), digest).unwrap().digest(), digest);
}
