//! Codecs that fail, each in its own way: a clear error, and the next call works.

use champollion_sandbox::{CallError, Decoder, LoadError, OutputError};

use crate::support::{TLV, TLV_PAYLOAD, decode, decoding, encode, error, load, script, try_load};

fn refused(source: &str) -> LoadError {
    try_load(&script(source)).err().unwrap_or_else(|| panic!("it is loaded: {source}"))
}

/// A codec that fails with these bytes, and works without.
fn failing(body: &str) -> Decoder {
    decoding(&format!("if (input.bytes.length === 3) {{ {body} }} return {{ data: {{ ok: 1 }} }};"))
}

/// The error of a codec with this body; the next call must work.
fn fails(body: &str) -> CallError {
    let decoder = failing(body);
    let good = decode(&decoder, &[]);
    let error = error(&decoder);
    let next = decode(&decoder, &[]);
    assert_eq!(next.fuel, good.fuel, "{body}");
    assert_eq!(next.result.expect("the next call works").data.as_str(), r#"{"ok":1}"#, "{body}");
    error
}

fn malformed(body: &str) -> (String, String) {
    match fails(body) {
        CallError::Output(OutputError::NotJson { path, problem }) => (path, problem),
        other => panic!("{other}: {body}"),
    }
}

#[test]
fn a_syntax_error_names_its_place() {
    let error = refused("function decodeUplink(input) {\n  return { data: input.bytes[0 };\n}");
    let LoadError::ScriptThrew { message, line, column } = &error else { panic!("{error}") };
    assert!(message.starts_with("SyntaxError"), "{message}");
    assert_eq!(*line, Some(2));
    assert!(column.is_some_and(|column| column > 10), "{column:?}");
    assert!(error.to_string().contains("at line 2, column "), "{error}");
}

/// Node.js takes it in a literal or a comment, and nowhere else.
#[test]
fn a_zero_outside_of_literals_is_a_syntax_error() {
    let good =
        load("/*\0*/ function decodeUplink() { return { data: { n: 'a\0b'.length } }; } // \0");
    assert_eq!(decode(&good, &[]).result.expect("it is read").data.as_str(), r#"{"n":3}"#);
    for source in ["\0", "function decodeUplink() { return {} }\0;", "import 'fs';\0"] {
        let error = refused(source).to_string();
        assert!(error.contains("SyntaxError") || error.contains("nul"), "{source:?}: {error}");
    }
}

#[test]
fn what_throws_while_it_is_evaluated_is_refused() {
    let error = refused("var a = 1;\nnothing.here();\nfunction decodeUplink() {}");
    assert_eq!(
        error.to_string(),
        "the script cannot be evaluated: ReferenceError: nothing is not defined, at line 2, column 1"
    );
    let error = refused("throw 'a text'; function decodeUplink() {}");
    assert_eq!(
        error.to_string(),
        "the script cannot be evaluated: a text was thrown, which is no Error"
    );
}

#[test]
fn without_an_entry_point_it_is_refused_with_the_names() {
    for source in ["", "function decode() {}", "var decodeUplink = 5;", "module.exports = null;"] {
        let error = refused(source);
        assert!(matches!(error, LoadError::NoEntryPoint { .. }), "{error}");
        assert!(error.to_string().contains("decodeUplink, Decoder, Decode, "), "{error}");
    }
}

#[test]
fn endless_evaluation_ends() {
    let error = refused("for (;;) ; function decodeUplink() {}");
    assert!(matches!(error, LoadError::Instantiation(CallError::OutOfFuel { .. })), "{error}");
    let error = refused("var all = []; for (;;) all.push(all.length); function decodeUplink() {}");
    assert!(matches!(error, LoadError::ScriptNeedsMemory { .. }), "{error}");
    // The engine works on.
    assert!(decode(&load(TLV), TLV_PAYLOAD).result.is_ok());
}

#[test]
fn binary_and_odd_sources_are_refused() {
    for source in ["\0", "\u{1}\u{2}", "PK\u{3}\u{4}", "<html>", "\u{feff}{", "import x from 'y';"]
    {
        let error = refused(source);
        assert!(
            matches!(error, LoadError::ScriptThrew { .. } | LoadError::NoEntryPoint { .. }),
            "{error}"
        );
    }
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    assert!(matches!(fails("while (1) ;"), CallError::OutOfFuel { limit: 100_000_000 }));
    assert!(matches!(fails("while (1) try { throw 1 } catch (e) {}"), CallError::OutOfFuel { .. }));
}

#[test]
fn endless_growth_runs_out_of_memory() {
    for body in [
        "const a = []; while (1) a.push([1, 2, 3]);",
        "let s = 'x'; while (1) { s += s; s.replace('y', ''); }",
        "new Uint8Array(1e9);",
        "const a = []; while (1) try { a.push(new Array(1000).fill(0)) } catch (e) {}",
    ] {
        let error = fails(body);
        let CallError::OutOfMemory { wanted, limit } = error else { panic!("{error}: {body}") };
        assert!(wanted > limit, "{wanted} of {limit}: {body}");
    }
    // Joined strings that nobody looks at take no memory; there the engine's own limit is first.
    let error = fails("let s = 'x'; while (1) s += s;");
    assert!(matches!(&error, CallError::Threw { message, .. } if message.contains("too long")));
}

#[test]
fn endless_recursion_exhausts_the_stack() {
    for body in [
        "(function f() { f(); })();",
        "(function f(n) { return [1].map(() => f(n + 1)); })(0);",
        "const o = {}; o.toString = () => '' + o; '' + o;",
        "JSON.parse('['.repeat(100000));",
        "new RegExp('('.repeat(50000));",
        "eval('('.repeat(50000));",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x;",
    ] {
        let error = fails(body);
        assert!(
            matches!(
                error,
                CallError::StackExhausted { .. }
                    | CallError::OutOfFuel { .. }
                    | CallError::OutOfMemory { .. }
                    | CallError::Threw { .. }
            ),
            "{error}: {body}"
        );
    }
    assert!(matches!(fails("(function f() { f(); })();"), CallError::StackExhausted { .. }));
    // A number at a time takes more fuel than there is before it takes more memory.
    let error = fails("const a = []; while (1) a.push(1);");
    assert!(
        matches!(error, CallError::OutOfFuel { .. } | CallError::OutOfMemory { .. }),
        "{error}"
    );
}

#[test]
fn a_regex_that_backtracks_for_ever_runs_out_of_fuel() {
    let error = fails("/^(a+)+$/.test('a'.repeat(40) + 'b');");
    assert!(matches!(error, CallError::OutOfFuel { .. }), "{error}");
}

#[test]
fn an_exception_has_its_place() {
    let decoder = load("function decodeUplink(input) {\n  var a;\n  return { data: a.b };\n}");
    let error = error(&decoder);
    let CallError::Threw { message, line, column } = &error else { panic!("{error}") };
    assert_eq!(message, "TypeError: Cannot read properties of undefined (reading 'b')");
    assert_eq!(*line, Some(3));
    assert!(column.is_some());
    assert_eq!(error.code(), "exception");
    assert!(error.to_string().starts_with("the decoder threw TypeError: "), "{error}");
}

#[test]
fn an_exception_need_not_be_an_error() {
    for (thrown, message) in [
        ("'text'", "text was thrown, which is no Error"),
        ("5", "5 was thrown, which is no Error"),
        ("null", "null was thrown, which is no Error"),
        ("undefined", "undefined was thrown, which is no Error"),
        ("{ code: 7 }", "{\"code\":7} was thrown, which is no Error"),
        ("Symbol('s')", "something was thrown that cannot be shown as a text"),
        ("{ toString() { throw this; } }", "something was thrown that cannot be shown as a text"),
        ("new (class Odd extends Error { name = 'Odd' })('m')", "Odd: m"),
        ("Object.defineProperty(new Error('m'), 'stack', { get() { throw 1 } })", "Error: m"),
    ] {
        match fails(&format!("throw {thrown};")) {
            CallError::Threw { message: found, .. } => assert_eq!(found, message, "{thrown}"),
            other => panic!("{other}: {thrown}"),
        }
    }
    let long = fails("throw new Error('x'.repeat(100000));").to_string();
    assert!(long.len() < 1_200, "{}", long.len());
}

#[test]
fn a_getter_that_throws_names_its_path() {
    assert_eq!(
        malformed("return { data: { a: [{ get b() { throw new Error('no'); } }] } };"),
        ("data.a[0].b".to_owned(), "cannot be read: Error: no".to_owned())
    );
    assert_eq!(malformed("return { data: { a: { toJSON() { throw 'no'; } } } };").0, "data.a");
    assert!(matches!(
        fails("return { get data() { throw new Error('x'); } };"),
        CallError::Threw { .. }
    ));
}

#[test]
fn a_cyclic_result_names_its_path() {
    let (path, problem) = malformed("const a = { b: [] }; a.b.push(a); return { data: a };");
    assert_eq!(path, "data.b[0]");
    assert!(problem.contains("contains itself"), "{problem}");
    // The same object twice is no cycle.
    let twice = decoding("const a = { x: 1 }; return { data: { one: a, two: a } };");
    assert_eq!(
        decode(&twice, &[]).result.unwrap().data.as_str(),
        r#"{"one":{"x":1},"two":{"x":1}}"#
    );
}

#[test]
fn what_json_cannot_hold_names_its_path() {
    for (value, what) in [
        ("() => 1", "is a function"),
        ("class {}", "is a function"),
        ("Symbol('s')", "is a symbol"),
        ("1n", "is a BigInt"),
        ("Promise.resolve(1)", "is a promise"),
    ] {
        let (path, problem) = malformed(&format!("return {{ data: {{ a: [0, {value}] }} }};"));
        assert_eq!(path, "data.a[1]");
        assert!(problem.starts_with(what), "{problem}");
    }
}

#[test]
fn a_result_that_is_no_object_says_so() {
    for (result, path, problem) in [
        ("undefined", "decodeUplink", "returned undefined, and not an object"),
        ("5", "decodeUplink", "returned a number, and not an object"),
        ("() => 1", "decodeUplink", "returned a function, and not an object"),
        ("{}", "data", "is undefined, and must be an object"),
        ("{ data: null }", "data", "is null, and must be an object"),
        ("{ data: 'text' }", "data", "is a text, and must be an object"),
    ] {
        let expected = (path.to_owned(), problem.to_owned());
        assert_eq!(malformed(&format!("return {result};")), expected, "{result}");
    }
}

#[test]
fn what_is_not_finite_is_named_and_what_is_undefined_is_dropped() {
    let decoder = decoding(
        "return { data: { t: NaN, l: [Infinity, -Infinity, undefined], gone: undefined, ok: 1 } };",
    );
    let reading = decode(&decoder, &[]).result.unwrap();
    assert_eq!(reading.data.as_str(), r#"{"t":null,"l":[null,null,null],"ok":1}"#);
    assert_eq!(
        reading.warnings,
        [
            "data.t is NaN, and null stands for it",
            "data.l[0] is Infinity, and null stands for it",
            "data.l[1] is -Infinity, and null stands for it",
        ]
    );
    let many = decoding("return { data: { l: new Array(500).fill(NaN) } };");
    let warnings = decode(&many, &[]).result.unwrap().warnings;
    assert_eq!((warnings.len(), &*warnings[8]), (9, "492 more numbers are not finite"));
}

#[test]
fn a_key_or_text_of_a_megabyte_is_too_large() {
    for body in [
        "return { data: { ['k'.repeat(1 << 20)]: 1 } };",
        "return { data: { a: 'v'.repeat(1 << 20) } };",
        "return { data: { a: new Array(40000).fill(1) } };",
    ] {
        let error = fails(body);
        assert!(
            matches!(
                error,
                CallError::Output(OutputError::TooLarge { .. } | OutputError::DataTooLarge { .. })
            ),
            "{error}: {body}"
        );
    }
}

#[test]
fn a_result_that_is_too_deep_says_so() {
    for levels in [40, 100, 1_000] {
        let error = fails(&format!(
            "let a = {{}}; for (let i = 0; i < {levels}; i++) a = {{ a }}; return {{ data: a }};"
        ));
        assert!(
            matches!(error, CallError::Output(OutputError::DataTooDeep { limit: 32 })),
            "{error}"
        );
    }
}

#[test]
fn texts_are_always_unicode() {
    let decoder = decoding(
        "return { data: { ['k\\ud800']: 'a\\udfff\\u0000\\u001f\"\\\\\\n', emoji: '😀' } };",
    );
    let reading = decode(&decoder, &[]).result.unwrap();
    let data: serde_json::Value = serde_json::from_str(reading.data.as_str()).unwrap();
    assert_eq!(data["k\u{fffd}"], "a\u{fffd}\u{0}\u{1f}\"\\\n");
    assert_eq!(data["emoji"], "😀");
}

#[test]
fn too_many_warnings_and_too_long_ones_are_refused() {
    let error = fails("return { data: {}, warnings: new Array(100).fill('w') };");
    assert!(matches!(error, CallError::Output(OutputError::TooMany { count: 100, .. })), "{error}");
    let error = fails("return { data: {}, warnings: ['w'.repeat(2000)] };");
    assert!(matches!(error, CallError::Output(OutputError::TextTooLong { .. })), "{error}");
    let error = fails("return { errors: ['e'.repeat(5000)] };").to_string();
    assert!(error.len() < 1_200, "{}", error.len());
}

#[test]
fn a_promise_that_nobody_keeps_is_an_error() {
    let decoder = load("function decodeUplink() { return new Promise(() => {}); }");
    let error = error(&decoder);
    assert_eq!(error.code(), "exception", "{error}");
    let decoder = load("async function decodeUplink() { throw new RangeError('later'); }");
    assert!(crate::support::error(&decoder).to_string().contains("RangeError: later"));
}

#[test]
fn commands_that_cannot_be_sent_are_refused() {
    let encoding = |result: &str| {
        encode(&load(&format!("function encodeDownlink() {{ return {result}; }}")), "{}")
            .result
            .expect_err("it is refused")
            .to_string()
    };
    for (result, message) in [
        ("{ bytes: [1, 256] }", "bytes[1] is 256, and must be a byte"),
        ("{ bytes: [-1] }", "bytes[0] is -1, and must be a byte"),
        ("{ bytes: [1.5] }", "bytes[0] is 1.5, and must be a byte"),
        ("{ bytes: ['a'] }", "bytes[0] is a, and must be a byte"),
        ("{ bytes: 'abc' }", "bytes is a text, and must be a list of bytes"),
        ("{}", "bytes is undefined, and must be a list of bytes"),
        ("{ bytes: [1], fPort: 'x' }", "fPort is x, and must be a number from 1 to 223"),
        ("{ bytes: [1], fPort: 224 }", "a downlink on FPort 224, which must be from 1 to 223"),
        ("{ bytes: [1], fPort: 300 }", "fPort is 300, and must be a number from 1 to 223"),
        ("{ bytes: new Array(243).fill(0) }", "243 bytes of payload, and 242 are the limit"),
    ] {
        assert!(encoding(result).contains(message), "{result}: {}", encoding(result));
    }
    let decoder = load("function encodeDownlink(input) { return { bytes: Buffer.from([1, 2]) }; }");
    assert_eq!(encode(&decoder, "{}").result.unwrap().payload, [1, 2]);
    for command in ["[]", "{", "5"] {
        let error = encode(&decoder, command).result.unwrap_err().to_string();
        assert!(error.contains("the command is no JSON object"), "{error}");
    }
}
