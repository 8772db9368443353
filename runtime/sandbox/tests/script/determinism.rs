//! Same input, same output, same fuel: in any order, on any thread, in any sandbox.

use std::thread;

use champollion_sandbox::{Decoder, Digest};

use crate::support::{TLV, TLV_PAYLOAD, decode, load, sandbox, script};

const CODECS: usize = 8;

/// A codec of its own kind: other code, other memory.
fn codec(number: usize) -> String {
    format!("{TLV}\nvar table{number} = new Array({}).fill({number});", 100 * number)
}

fn outcome(decoder: &Decoder, payload: &[u8]) -> (String, u64) {
    let call = decode(decoder, payload);
    let text = match call.result {
        Ok(reading) => reading.data.to_string(),
        Err(error) => error.to_string(),
    };
    (text, call.fuel)
}

#[test]
fn another_sandbox_gives_the_same() {
    let expected = outcome(&load(TLV), TLV_PAYLOAD);
    assert!(expected.1 > 0);
    for _ in 0..3 {
        assert_eq!(outcome(&load(TLV), TLV_PAYLOAD), expected);
    }
}

#[test]
fn the_order_of_calls_makes_no_difference() {
    let sandbox = sandbox();
    let decoders: Vec<Decoder> = (0..CODECS)
        .map(|number| sandbox.load_script(&script(&codec(number)), Digest::of(&[])).unwrap())
        .collect();
    let payloads: [&[u8]; 3] = [TLV_PAYLOAD, &[0x01, 0x75], &[]];
    let alone: Vec<Vec<(String, u64)>> = (0..CODECS)
        .map(|number| {
            payloads.iter().map(|payload| outcome(&load(&codec(number)), payload)).collect()
        })
        .collect();
    // A step that has no common factor with the number of calls visits all of them.
    let calls = CODECS * payloads.len();
    for step in [1, 5, 7, 11] {
        for call in (0..calls).map(|call| call * step % calls) {
            let (number, payload) = (call / payloads.len(), call % payloads.len());
            let found = outcome(&decoders[number], payloads[payload]);
            assert_eq!(found, alone[number][payload], "codec {number}, payload {payload}");
        }
    }
}

#[test]
fn threads_make_no_difference() {
    let sandbox = sandbox();
    let decoders: Vec<Decoder> = (0..CODECS)
        .map(|number| sandbox.load_script(&script(&codec(number)), Digest::of(&[])).unwrap())
        .collect();
    let expected: Vec<(String, u64)> =
        decoders.iter().map(|decoder| outcome(decoder, TLV_PAYLOAD)).collect();
    thread::scope(|scope| {
        for offset in 0..4 {
            let (decoders, expected) = (&decoders, &expected);
            scope.spawn(move || {
                for call in 0..50 {
                    let number = (call * (offset + 1) + offset) % CODECS;
                    assert_eq!(outcome(&decoders[number], TLV_PAYLOAD), expected[number]);
                }
            });
        }
    });
}

#[test]
fn a_codec_that_reads_the_clock_when_it_is_loaded_reads_the_frames() {
    let decoder = load(
        "const loaded = Date.now(); var calls = 0;
         function decodeUplink() { return { data: { loaded, now: Date.now(), calls: ++calls } }; }",
    );
    let first = decode(&decoder, &[]);
    let text = first.result.unwrap().data.to_string();
    assert_eq!(text, r#"{"loaded":1769860800250,"now":1769860800250,"calls":1}"#);
    let second = decode(&decoder, &[]);
    assert_eq!((second.result.unwrap().data.to_string(), second.fuel), (text, first.fuel));
}
