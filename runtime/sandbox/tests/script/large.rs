//! Large codecs, and what they take.

use champollion_sandbox::{CallError, Digest, LoadError, Script};
use serde_json::json;

use crate::{
    padded::padded,
    support::{TLV, TLV_PAYLOAD, data_of, decode, load, sandbox, script, try_load},
};

/// The entry of the codecs below.
const ENTRY: &str =
    "function decodeUplink(input) { return { data: { n: input.bytes.length } }; }\n";

/// A codec of so many kilobytes that is made of one piece of text again and again; the piece holds the
/// number of its repetition for `#`.
fn repeated(before: &str, piece: &str, after: &str, kilobytes: usize) -> String {
    let mut source = format!("{ENTRY}{before}");
    for number in 0.. {
        if source.len() >= kilobytes << 10 {
            break;
        }
        source.push_str(&piece.replace('#', &number.to_string()));
    }
    source + after
}

/// The shapes of large codecs: tables, small functions, a class with many methods, what a minifier leaves.
const SHAPES: [(&str, &str, &str, &str); 6] = [
    (
        "table",
        "var T = {",
        "\"k#\":{\"name\":\"parameter #\",\"size\":#,\"unit\":\"Cel\"},\n",
        "};",
    ),
    ("functions", "", "function f#(b, o) { var v = b[o] * #; return v > # ? v : -v; }\n", ""),
    ("methods", "class C {", "m#(b, i) { this.x# = b[i] << 8 | b[i + 1]; return this; }\n", "}"),
    ("lists", "var L = [", "[#, 0x#, \"abc\", true, null],\n", "];"),
    ("minified", "!function(){", "var a#=function(e,t){return e[t]+#};", "}();"),
    ("cases", "function s(n, o) { switch (n) {", "case #: o.v# = n * 2; break;\n", "} }"),
];

#[test]
fn a_large_codec_gives_what_the_small_one_gives() {
    let expected = data_of(decode(&load(TLV), TLV_PAYLOAD));
    for kilobytes in [30, 300] {
        assert_eq!(data_of(decode(&load(&padded(TLV, kilobytes)), TLV_PAYLOAD)), expected);
    }
}

#[test]
fn what_makers_ship_loads_whatever_its_shape() {
    for (shape, before, piece, after) in SHAPES {
        for kilobytes in [64, 250, 400, 1_023] {
            let source = repeated(before, piece, after, kilobytes);
            let source = &source[..];
            let decoder = try_load(&script(source))
                .unwrap_or_else(|error| panic!("{shape}, {} bytes: {error}", source.len()));
            // Twice: in a new instance, and in the one that was kept.
            for _ in 0..2 {
                assert_eq!(data_of(decode(&decoder, &[1, 2])), json!({"n": 2}), "{shape}");
            }
        }
    }
}

#[test]
fn the_memory_for_the_source_leaves_that_of_a_call_alone() {
    let allocating = "function decodeUplink(input) {
        var all = [];
        for (var i = 0; i < input.bytes[0]; i++) all.push(new Uint8Array(16 * 1024).fill(i));
        return { data: { n: all.length } };
    }\n";
    let large = allocating.to_owned() + &repeated(SHAPES[0].1, SHAPES[0].2, SHAPES[0].3, 600);
    let large = large.replace(ENTRY, "");
    for source in [allocating, &large] {
        let decoder = load(source);
        assert_eq!(data_of(decode(&decoder, &[140])), json!({"n": 140}));
    }
}

#[test]
fn a_source_that_takes_more_than_its_size_allows_is_refused_with_the_setting() {
    // Each function of seven characters takes hundreds of bytes.
    let dense = format!("{ENTRY}var F = [{}];", "()=>{},".repeat(100_000));
    let error = try_load(&script(&dense)).err().expect("it is refused");
    assert!(
        matches!(error, LoadError::ScriptNeedsMemory { bytes, .. } if bytes == dense.len()),
        "{error}"
    );
    let said = error.to_string();
    assert!(said.contains(&format!("the script of {} bytes", dense.len())), "{said}");
    assert!(said.contains("the setting memory-bytes of [sandbox]"), "{said}");
}

#[test]
fn a_large_codec_that_looks_at_the_clock_is_evaluated_anew() {
    let source = repeated("var now = Date.now();", SHAPES[1].2, "", 300)
        .replace("n: input.bytes.length", "now: now === +input.recvTime");
    let decoder = load(&source);
    for _ in 0..2 {
        assert_eq!(data_of(decode(&decoder, &[])), json!({"now": true}));
    }
}

#[test]
fn large_and_small_codecs_take_turns() {
    let sandbox = sandbox();
    let load = |source: &str| {
        let script = script(source);
        sandbox.load_script(&script, Digest::of(source.as_bytes())).expect("it loads")
    };
    let small = load(TLV);
    let large = load(&repeated(SHAPES[2].1, SHAPES[2].2, SHAPES[2].3, 500));
    let expected = data_of(decode(&small, TLV_PAYLOAD));
    for _ in 0..3 {
        assert_eq!(data_of(decode(&small, TLV_PAYLOAD)), expected);
        assert_eq!(data_of(decode(&large, &[1])), json!({"n": 1}));
    }
}

#[test]
fn an_endless_list_ends_in_a_large_codec_too() {
    let body = "function decodeUplink() { var all = []; for (;;) all.push([all.length]); }\n";
    let source = body.to_owned() + &repeated(SHAPES[0].1, SHAPES[0].2, SHAPES[0].3, 200);
    let decoder = load(&source.replace(ENTRY, ""));
    let error = decode(&decoder, &[]).result.expect_err("it never ends");
    assert!(
        matches!(error, CallError::OutOfMemory { .. } | CallError::OutOfFuel { .. }),
        "{error}"
    );
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
