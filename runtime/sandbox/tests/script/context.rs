//! Tests of what ThingPark's drivers keep of a device in `context`.

use champollion_sandbox::{Call, Decoder, Reading, Settings};
use serde_json::json;

use crate::support::{data_of, decoding, evaluate, load, specimen};

/// A driver that keeps the payload of the message before.
const LAST: &str = "const before = context[0] ? context[0].bytes : null; context.length = 0; \
                    context.push({ bytes: input.bytes }); return { data: { before } };";

fn decode(decoder: &Decoder, payload: &[u8], state: &[u8]) -> Call<Reading> {
    let settings = Settings { state: state.to_vec(), ..Settings::default() };
    decoder.try_uplink(&specimen(payload), &settings)
}

fn reading(decoder: &Decoder, payload: &[u8], state: &[u8]) -> Reading {
    decode(decoder, payload, state).result.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_context_is_found_again_at_the_next_message() {
    let decoder = decoding(LAST);
    let first = reading(&decoder, &[1, 2], b"");
    assert_eq!(first.data.as_str(), r#"{"before":null}"#);
    let state = first.state.expect("the driver has left something");
    assert_eq!(state, br#"[{"bytes":[1,2]}]"#);
    let second = reading(&decoder, &[3], &state);
    assert_eq!(second.data.as_str(), r#"{"before":[1,2]}"#);
    assert_eq!(second.state.as_deref(), Some(&br#"[{"bytes":[3]}]"#[..]));
    // A call never finds what another device's has left.
    assert_eq!(reading(&decoder, &[4], b"").data.as_str(), r#"{"before":null}"#);
}

#[test]
fn a_context_that_is_as_it_was_is_no_new_state() {
    let decoder = decoding("return { data: { known: context.length } };");
    let read = reading(&decoder, &[], br#"[ {"a" : 1} ]"#);
    assert_eq!((read.data.as_str(), read.state), (r#"{"known":1}"#, None));
    assert_eq!(reading(&decoder, &[], b"").state, None);
}

#[test]
fn a_driver_may_put_another_value_into_its_place() {
    let decoder = decoding("context = [Buffer.from([1])]; return { data: {} };");
    let state = reading(&decoder, &[], b"").state.expect("it has changed");
    assert_eq!(state, br#"[{"type":"Buffer","data":[1]}]"#);
}

#[test]
fn a_large_context_is_kept_in_few_bytes() {
    let body = "const found = context.length; for (let i = 0; i < 30; i++) \
                context.push({ codingPolicy: 'DELTA_COMPRESSION', dataType: '16_BIT_SIGNED', id: i }); \
                if (found > 0) context.length = 1; return { data: { found } };";
    let decoder = decoding(body);
    let state = reading(&decoder, &[], b"").state.expect("it has changed");
    assert!(state.len() <= 1_024 && state.first() != Some(&b'['), "{} bytes", state.len());
    assert_eq!(reading(&decoder, &[], &state).data.as_str(), r#"{"found":30}"#);
}

#[test]
fn what_cannot_be_kept_is_said_and_the_state_stays() {
    let chance = "let seed = 7; const noise = () => (seed = (seed * 48271) % 2147483647); \
                  for (let i = 0; i < 500; i++) context.push(noise()); return { data: {} };";
    for (body, said) in [
        (chance, "more than a state holds"),
        ("context.push(() => 1); return { data: {} };", "context[1] is a function"),
    ] {
        let read = reading(&decoding(body), &[], b"[1]");
        assert_eq!(read.state, None, "{body}");
        assert!(read.warnings.iter().any(|warning| warning.contains(said)), "{:?}", read.warnings);
    }
    let failing = decoding("context.push(1); return { errors: ['no'] };");
    decode(&failing, &[], b"").result.expect_err("an error of the codec keeps nothing");
}

#[test]
fn a_state_that_is_no_context_begins_empty_with_a_warning() {
    let read = reading(&decoding(LAST), &[5], &[0xff, 0x00]);
    assert_eq!(read.data.as_str(), r#"{"before":null}"#);
    assert!(
        read.warnings.iter().any(|warning| warning.contains("no context")),
        "{:?}",
        read.warnings
    );
}

#[test]
fn a_codec_that_has_the_name_itself_keeps_nothing() {
    for source in [
        "var context = []; function decodeUplink() { context.push(1); return { data: { n: context.length } }; }",
        "const context = []; function decodeUplink() { context.push(1); return { data: { n: context.length } }; }",
        "function context() {} function decodeUplink() { return { data: { n: 1 } }; }",
    ] {
        let decoder = load(source);
        for _ in 0..2 {
            let read = reading(&decoder, &[], br#"[1]"#);
            assert_eq!((read.data.as_str(), read.state), (r#"{"n":1}"#, None), "{source}");
        }
    }
    assert_eq!(evaluate("typeof globalThis['con' + 'text']"), json!("undefined"));
    let member = decoding("return { data: { n: typeof input.context } };");
    assert_eq!(data_of(decode(&member, &[], b"")), json!({"n": "undefined"}));
}
