//! State never survives a call: whatever a codec leaves behind is gone in the next.

use champollion_sandbox::Decoder;
use serde_json::{Value as Json, json};

use crate::support::{data, decode, decoding, load, sandbox, script};

/// Calls of each codec.
const CALLS: usize = 5;

/// A codec that counts in this way must count to the same each time.
fn always(expected: &Json, source: &str) {
    let decoder = load(source);
    let first = decode(&decoder, &[1, 2, 3]);
    for _ in 0..CALLS {
        let next = decode(&decoder, &[1, 2, 3]);
        assert_eq!(next.fuel, first.fuel, "{source}");
        let reading = next.result.unwrap_or_else(|error| panic!("{error}: {source}"));
        let found: Json = serde_json::from_str(reading.data.as_str()).unwrap();
        assert_eq!(&found, expected, "{source}");
    }
}

#[test]
fn globals_and_closures_are_reset() {
    always(&json!({"n": 1}), "var n = 0; function decodeUplink() { n++; return { data: { n } }; }");
    always(&json!({"n": 1}), "let n = 0; function decodeUplink() { n++; return { data: { n } }; }");
    always(
        &json!({"n": 1}),
        "const decodeUplink = (() => { let n = 0; return () => ({ data: { n: ++n } }); })();",
    );
    always(
        &json!({"n": 1}),
        "function decodeUplink() { globalThis.n = (globalThis.n || 0) + 1; return { data: { n } }; }",
    );
    always(
        &json!({"n": 1}),
        "function decodeUplink() { decodeUplink.n = (decodeUplink.n || 0) + 1; return { data: { n: decodeUplink.n } }; }",
    );
}

#[test]
fn module_state_is_reset() {
    always(
        &json!({"n": 1}),
        "exports.n = 0; exports.decodeUplink = () => ({ data: { n: ++exports.n } });",
    );
    always(
        &json!({"n": 1}),
        "function decodeUplink() { const b = require('buffer'); b.n = (b.n || 0) + 1; return { data: { n: b.n } }; }",
    );
}

#[test]
fn prototypes_are_reset() {
    always(
        &json!({"seen": false, "joined": "1,2"}),
        "function decodeUplink() {
            const seen = 'evil' in {};
            const joined = [1, 2].join();
            Object.prototype.evil = 1;
            Array.prototype.join = () => 'stolen';
            return { data: { seen, joined } };
        }",
    );
}

#[test]
fn built_ins_are_reset() {
    always(
        &json!({"now": 1_769_860_800_250_u64, "text": "{\"a\":1}"}),
        "function decodeUplink() {
            const data = { now: Date.now(), text: JSON.stringify({ a: 1 }) };
            Date.now = () => 0;
            JSON.stringify = () => 'stolen';
            delete globalThis.Math;
            Object.freeze(globalThis);
            return { data };
        }",
    );
}

#[test]
fn regular_expressions_begin_at_the_start() {
    always(
        &json!({"found": true, "last": 0}),
        "const pattern = /a/g;
         function decodeUplink() {
            const last = pattern.lastIndex;
            return { data: { found: pattern.test('ab'), last } };
        }",
    );
}

#[test]
fn random_numbers_are_the_same_each_time() {
    let decoder = decoding("return { data: { numbers: [Math.random(), Math.random()] } };");
    let first = data(&decoder);
    assert_ne!(first["numbers"][0], first["numbers"][1]);
    for _ in 0..CALLS {
        assert_eq!(data(&decoder), first);
    }
}

#[test]
fn generators_maps_buffers_and_promises_are_reset() {
    always(
        &json!({"n": 0, "size": 0, "byte": 0}),
        "const numbers = (function* () { for (let n = 0; ; n++) yield n; })();
         const map = new Map();
         const buffer = Buffer.alloc(4);
         function decodeUplink() {
            const data = { n: numbers.next().value, size: map.size, byte: buffer[0] };
            map.set({}, new Array(1000).fill(1));
            buffer[0] = 7;
            Promise.resolve().then(() => { globalThis.later = 1; });
            return { data };
        }",
    );
}

#[test]
fn a_failed_call_leaves_nothing_behind() {
    let decoder = load(
        "let n = 0;
         function decodeUplink(input) {
            n++;
            globalThis.kept = new Array(10000).fill(n);
            if (input.bytes[0] === 1) throw new Error('no');
            if (input.bytes[0] === 2) for (;;) ;
            if (input.bytes[0] === 3) for (const all = []; ; ) all.push(all.length);
            if (input.bytes[0] === 4) (function f() { f(); })();
            return { data: { n } };
        }",
    );
    let good = decode(&decoder, &[0]);
    for failing in [1, 2, 3, 4] {
        decode(&decoder, &[failing]).result.expect_err("it fails");
        let next = decode(&decoder, &[0]);
        assert_eq!(next.fuel, good.fuel);
        assert_eq!(next.result.unwrap().data.as_str(), r#"{"n":1}"#, "after {failing}");
    }
}

#[test]
fn one_codec_sees_nothing_of_another() {
    let sandbox = sandbox();
    let load = |source: &str| -> Decoder {
        sandbox.load_script(&script(source), champollion_sandbox::Digest::of(&[])).unwrap()
    };
    let writer = load(
        "var secret = 'kept by the writer';
         function decodeUplink() {
            globalThis.leak = secret; Array.prototype.leak = secret; Buffer.leak = secret;
            return { data: { all: new Array(20000).fill(secret).length } };
        }",
    );
    let reader = load(
        "function decodeUplink() {
            return { data: { found: [typeof leak, typeof secret, typeof [].leak, typeof Buffer.leak] } };
        }",
    );
    for _ in 0..CALLS {
        assert_eq!(data(&writer), json!({"all": 20000}));
        assert_eq!(data(&reader), json!({"found": vec!["undefined"; 4]}));
    }
}
