//! Large codecs, and what they take.

use champollion_sandbox::{LoadError, Script};

use crate::{
    padded::padded,
    support::{TLV, TLV_PAYLOAD, data_of, decode, load, script, try_load},
};

#[test]
fn a_large_codec_gives_what_the_small_one_gives() {
    let expected = data_of(decode(&load(TLV), TLV_PAYLOAD));
    for kilobytes in [30, 300] {
        assert_eq!(data_of(decode(&load(&padded(TLV, kilobytes)), TLV_PAYLOAD)), expected);
    }
}

#[test]
fn a_codec_takes_little_memory() {
    let bytes = load(TLV).loaded_bytes();
    assert!(bytes < 200_000, "{bytes}");
}

#[test]
fn ten_megabytes_of_source_are_refused() {
    let source = format!("{TLV}\n// {}", "x".repeat(10 << 20));
    let error = try_load(&script(&source)).err().expect("it is refused");
    assert!(matches!(error, LoadError::ScriptTooLarge { limit: Script::SOURCE_BYTES, .. }));
    assert!(error.to_string().contains("1048576 are the limit"), "{error}");
}

#[test]
fn a_command_of_many_values_and_a_long_payload_are_handed_over() {
    let decoder =
        load("function decodeUplink(input) { return { data: { n: input.bytes.length } }; }");
    assert_eq!(data_of(decode(&decoder, &[7; 242]))["n"], 242);
}
