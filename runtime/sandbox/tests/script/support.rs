//! The ground of the tests of scripts.

use champollion_sandbox::{
    Call, CallError, Command, Decoder, Digest, Downlink, LoadError, Reading, Sandbox,
    SandboxConfig, Script, SentDownlink, Settings, Specimen,
};
use serde_json::Value as Json;

/// When the frames of these tests were received: 2026-01-31T12:00:00.250Z.
pub(crate) const RECEIVED_AT: u64 = 1_769_860_800_250;

/// A codec in the manner of Milesight's, written for these tests: channels, types and values.
pub(crate) const TLV: &str = include_str!("codecs/tlv.js");

/// A payload of that codec: battery 100 %, 21.2 °C, 56.5 %.
pub(crate) const TLV_PAYLOAD: &[u8] = &[0x01, 0x75, 100, 0x03, 0x67, 212, 0, 0x04, 0x68, 113];

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new(SandboxConfig::default()).expect("there is a sandbox")
}

pub(crate) fn script(source: &str) -> Script {
    Script { source: source.to_owned(), ..Script::default() }
}

pub(crate) fn try_load(script: &Script) -> Result<Decoder, LoadError> {
    sandbox().load_script(script, Digest::of(script.source.as_bytes()))
}

pub(crate) fn load(source: &str) -> Decoder {
    try_load(&script(source)).unwrap_or_else(|error| panic!("{error}: {source}"))
}

/// A codec of TS013 whose `decodeUplink` has this body.
pub(crate) fn decoding(body: &str) -> Decoder {
    load(&format!("function decodeUplink(input) {{ {body} }}"))
}

pub(crate) fn specimen(payload: &[u8]) -> Specimen {
    Specimen { f_port: 85, f_cnt: 7, payload: payload.to_vec(), received_at: RECEIVED_AT }
}

pub(crate) fn decode(decoder: &Decoder, payload: &[u8]) -> Call<Reading> {
    decoder.try_uplink(&specimen(payload), &Settings::default())
}

/// Decodes a payload that the codec ignores, and gives the data.
pub(crate) fn data(decoder: &Decoder) -> Json {
    data_of(decode(decoder, &[1, 2, 3]))
}

pub(crate) fn data_of(call: Call<Reading>) -> Json {
    let reading = call.result.unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(reading.data.as_str()).expect("data is JSON")
}

/// The value of an expression in a codec, as `data` gives it.
pub(crate) fn evaluate(expression: &str) -> Json {
    data(&decoding(&format!("return {{ data: {{ value: {expression} }} }};")))["value"].take()
}

pub(crate) fn error(decoder: &Decoder) -> CallError {
    decode(decoder, &[1, 2, 3]).result.expect_err("it fails")
}

pub(crate) fn encode(decoder: &Decoder, command: &str) -> Call<Downlink> {
    let command = Command { data: command.to_owned(), issued_at: RECEIVED_AT };
    decoder.encode_downlink(&command, &Settings::default())
}

pub(crate) fn read_back(decoder: &Decoder, payload: &[u8]) -> Call<Reading> {
    let downlink = SentDownlink { f_port: 85, payload: payload.to_vec(), sent_at: RECEIVED_AT };
    decoder.decode_downlink(&downlink, &Settings::default())
}
