//! Tests of the reach of a codec: it has the language, a clock that stands still and bytes, and nothing else.

use serde_json::json;

use crate::support::{data, decode, decoding, error, evaluate, load};

#[test]
fn there_is_no_network_no_timer_and_no_file() {
    for name in [
        "fetch",
        "XMLHttpRequest",
        "WebSocket",
        "setTimeout",
        "setInterval",
        "setImmediate",
        "process",
        "std",
        "os",
        "Deno",
        "Bun",
        "Worker",
        "native",
        "shared",
        "provide",
        "share",
        "WebAssembly",
        "print",
        "scriptArgs",
        "SharedArrayBufferX",
    ] {
        assert_eq!(evaluate(&format!("typeof {name}")), json!("undefined"), "{name}");
    }
}

#[test]
fn modules_cannot_be_loaded() {
    let refused = error(&decoding("require('lodash');")).to_string();
    assert!(refused.contains("Cannot find module 'lodash'"), "{refused}");
    for name in ["./other.js", "lodash", "__proto__", "constructor"] {
        let importing = format!(
            "async function decodeUplink() {{ await import('{name}'); return {{ data: {{}} }}; }}"
        );
        let refused = error(&load(&importing));
        assert_eq!(refused.code(), "exception", "{name}: {refused}");
    }
}

/// Editors write such imports by themselves: a codec that uses nothing of them is read.
#[test]
fn what_is_imported_of_node_js_fails_when_it_is_used() {
    for codec in [
        "const { type } = require('os'); const fs = require('node:fs/promises');
         function decodeUplink() { return { data: { is: 1 } }; }",
        "import { Buffer } from \"buffer\";
         function decodeUplink(input) { return { data: { is: Buffer.from([1]).readUInt8(0) } }; }",
        "import { type as kind, default as os } from 'os'\nimport * as util from 'node:util'
         import buffer, { Buffer as B } from 'buffer';
         export function decodeUplink() {
            return { data: { is: typeof util.inspect === 'function' && buffer.Buffer === B ? 1 : 0 } };
         }",
        "import 'fs'; const decode = () => ({ data: { is: 1 } }); export { decode as decodeUplink };",
        "import assert from 'assert'; export default { decodeUplink: () => ({ data: { is: 1 } }) };",
    ] {
        assert_eq!(data(&load(codec)), json!({ "is": 1 }), "{codec}");
    }
    for (using, named) in [
        ("require('fs').readFileSync('/etc/passwd')", "fs.readFileSync"),
        ("new (require('net').Socket)()", "net.Socket"),
        ("'' + require('os').EOL", "os.EOL"),
        ("require('path').sep.length", "path.sep"),
        ("(await import('fs')).default.existsSync('/')", "fs.existsSync"),
    ] {
        let codec =
            format!("async function decodeUplink() {{ {using}; return {{ data: {{}} }}; }}");
        let refused = error(&load(&codec)).to_string();
        assert!(refused.contains(&format!("{named} is of Node.js")), "{using}: {refused}");
    }
}

#[test]
fn eval_and_function_reach_no_more() {
    assert_eq!(evaluate("eval('1 + 1')"), json!(2));
    assert_eq!(evaluate("new Function('return typeof process')()"), json!("undefined"));
    assert_eq!(evaluate("Object.keys((0, eval)('this')).length"), json!(1), "decodeUplink alone");
}

#[test]
fn the_clock_stands_still_at_the_time_of_the_frame_in_utc() {
    let decoder = decoding(
        "const start = Date.now();
         for (let i = 0; i < 10000; i++) ;
         return { data: {
            stands: Date.now() === start, now: new Date().toISOString(),
            zone: new Date().getTimezoneOffset(), hours: new Date().getHours(),
            performance: typeof performance === 'undefined' || performance.now() === performance.now() } };",
    );
    assert_eq!(
        data(&decoder),
        json!({
            "stands": true, "now": "2026-01-31T12:00:00.250Z", "zone": 0, "hours": 12,
            "performance": true,
        })
    );
}

#[test]
fn the_log_is_kept_and_bounded() {
    let decoder = decoding(
        "console.log('bytes', input.bytes, { a: 1, b: ['x'] });
         console.warn('%s is %d %%', 'battery', 5);
         console.error(new Error('odd').message);
         console.table([1]); console.time('x');
         return { data: {} };",
    );
    let call = decode(&decoder, &[1, 2]);
    assert_eq!(
        call.log,
        ["bytes [ 1, 2 ] { a: 1, b: [ \"x\" ] }", "battery is 5 %", "odd", "[ 1 ]",]
    );
    assert_eq!(decode(&decoder, &[1, 2]).log, call.log, "it is not added to");

    let noisy = decoding(
        "for (let i = 0; i < 5000; i++) console.log('line ' + i);
         console.log('x'.repeat(5000)); return { data: {} };",
    );
    let log = decode(&noisy, &[]).log;
    assert!(log.len() > 500 && log.iter().map(String::len).sum::<usize>() < 20_000);
    assert_eq!(log[0], "line 0");
    assert!(log.last().unwrap().ends_with("more lines)"), "{:?}", log.last());
}

#[test]
fn what_was_logged_before_it_failed_is_there() {
    for end in ["throw new Error('x');", "for (;;) ;", "(function f() { f(); })();"] {
        let call = decode(&decoding(&format!("console.log('so far'); {end}")), &[]);
        assert_eq!(call.log, ["so far"], "{end}");
        call.result.expect_err("it fails");
    }
}

#[test]
fn logging_changes_nothing_even_if_what_is_logged_throws() {
    let decoder = decoding(
        "console.log({ get a() { throw new Error('no'); } });
         console.log(Symbol('s'), null, undefined, () => 1, 1n, -0);
         return { data: { ok: true } };",
    );
    let call = decode(&decoder, &[]);
    assert_eq!(
        call.log,
        [
            "(what was to be logged cannot be shown: Error: no)",
            "Symbol(s) null undefined [Function (anonymous)] 1n -0",
        ]
    );
    call.result.unwrap();
}
