//! Tests of what errors say: the functions of Node.js have its codes, and mistakes of the language the words of V8.

use serde_json::{Value as Json, json};

use crate::support::{data, decoding, evaluate};

/// The text of the exception that an expression throws, as a codec prints it.
fn thrown(statement: &str) -> Json {
    let body = format!(
        "try {{ {statement} }} catch (error) {{ return {{ data: {{ value: String(error) }} }}; }} \
         return {{ data: {{ value: 'no error' }} }};"
    );
    data(&decoding(&body))["value"].take()
}

/// Expressions, and the text of the error in Node.js 20.
const OF_NODE: &[(&str, &str)] = &[
    (
        "Buffer.from([1, 2]).readUInt16BE(1)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be >= 0 and <= 0. Received 1",
    ),
    (
        "Buffer.from([1, 2]).readUInt8(2)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be >= 0 and <= 1. Received 2",
    ),
    (
        "Buffer.alloc(0).readInt8(0)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readInt32LE(0)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readUInt16LE(0.5)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be an integer. Received 0.5",
    ),
    (
        "Buffer.from([1, 2]).readUInt16LE(-1)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be >= 0 and <= 0. Received -1",
    ),
    (
        "Buffer.from([1, 2]).readUInt8('1')",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"offset\" argument must be of type number. Received type string ('1')",
    ),
    (
        "Buffer.from([1, 2]).readUInt8(null)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"offset\" argument must be of type number. Received null",
    ),
    (
        "Buffer.from([1, 2]).readFloatBE(0)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readDoubleLE(4294967297)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readBigInt64BE(0)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readUIntBE(0, 3)",
        "RangeError [ERR_BUFFER_OUT_OF_BOUNDS]: Attempt to access memory outside buffer bounds",
    ),
    (
        "Buffer.from([1, 2]).readUIntBE(0, 7)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"byteLength\" is out of range. It must be >= 1 and <= 6. Received 7",
    ),
    (
        "Buffer.from([1, 2]).readUIntBE(0)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"byteLength\" argument must be of type number. Received undefined",
    ),
    (
        "Buffer.from([1, 2]).readIntLE(undefined, 1)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"offset\" argument must be of type number. Received undefined",
    ),
    (
        "Buffer.alloc(2).writeUInt8(256, 0)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= 0 and <= 255. Received 256",
    ),
    (
        "Buffer.alloc(2).writeInt8(-129, 0)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= -128 and <= 127. Received -129",
    ),
    (
        "Buffer.alloc(2).writeUInt16BE(65536, 0)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= 0 and <= 65535. Received 65536",
    ),
    (
        "Buffer.alloc(2).writeInt16LE(1, 1)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be >= 0 and <= 0. Received 1",
    ),
    (
        "Buffer.alloc(8).writeUIntBE(1099511627776, 0, 5)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= 0 and < 2 ** 40. Received 1_099_511_627_776",
    ),
    (
        "Buffer.alloc(8).writeIntBE(-549755813889, 0, 5)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= -(2 ** 39) and < 2 ** 39. Received -549_755_813_889",
    ),
    (
        "Buffer.alloc(8).writeBigUInt64LE(-1n, 0)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= 0n and < 2n ** 64n. Received -1n",
    ),
    (
        "Buffer.alloc(8).writeBigInt64LE(2n ** 63n, 0)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"value\" is out of range. It must be >= -(2n ** 63n) and < 2n ** 63n. Received 9_223_372_036_854_775_808n",
    ),
    (
        "Buffer.alloc(2).writeUInt8('x', {})",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"offset\" argument must be of type number. Received an instance of Object",
    ),
    (
        "Buffer.alloc(-1)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"size\" is out of range. It must be >= 0 && <= 4294967296. Received -1",
    ),
    (
        "Buffer.alloc('3')",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"size\" argument must be of type number. Received type string ('3')",
    ),
    (
        "Buffer.from()",
        "TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received undefined",
    ),
    (
        "Buffer.from(5)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received type number (5)",
    ),
    (
        "Buffer.from(null)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received null",
    ),
    (
        "Buffer.from(true)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received type boolean (true)",
    ),
    (
        "Buffer.concat(5)",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"list\" argument must be an instance of Array. Received type number (5)",
    ),
    (
        "Buffer.concat([5])",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"list[0]\" argument must be an instance of Buffer or Uint8Array. Received type number (5)",
    ),
    (
        "Buffer.from('a').equals('a')",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"otherBuffer\" argument must be an instance of Buffer or Uint8Array. Received type string ('a')",
    ),
    (
        "Buffer.compare([1], Buffer.from([1]))",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"buf1\" argument must be an instance of Buffer or Uint8Array. Received an instance of Array",
    ),
    (
        "Buffer.from('a').toString('nope')",
        "TypeError [ERR_UNKNOWN_ENCODING]: Unknown encoding: nope",
    ),
    (
        "Buffer.alloc(3).swap16()",
        "RangeError [ERR_INVALID_BUFFER_SIZE]: Buffer size must be a multiple of 16-bits",
    ),
    (
        "Buffer.from('a').indexOf({})",
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"value\" argument must be one of type number or string or an instance of Buffer or Uint8Array. Received an instance of Object",
    ),
    (
        "Buffer.alloc(2).fill('a', 3, 9)",
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"end\" is out of range. It must be >= 0 && <= 2. Received 9",
    ),
    (
        "new TextDecoder('nope')",
        "RangeError [ERR_ENCODING_NOT_SUPPORTED]: The \"nope\" encoding is not supported",
    ),
    (
        "new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))",
        "TypeError: The encoded data was not valid for encoding utf-8",
    ),
    ("btoa()", "TypeError [ERR_MISSING_ARGS]: The \"input\" argument must be specified"),
    ("structuredClone()", "TypeError: The value argument must be specified"),
];

/// Statements, and the text of the error in V8.
const OF_THE_LANGUAGE: &[(&str, &str)] = &[
    ("undefined.x", "TypeError: Cannot read properties of undefined (reading 'x')"),
    ("let a = {}; a.b['c d']", "TypeError: Cannot read properties of undefined (reading 'c d')"),
    ("null[0]", "TypeError: Cannot read properties of null (reading '0')"),
    ("let a; a.b = 1", "TypeError: Cannot set properties of undefined (setting 'b')"),
    ("const a = 1; a = 2", "TypeError: Assignment to constant variable."),
    ("a; let a = 1", "ReferenceError: Cannot access 'a' before initialization"),
    ("nothing", "ReferenceError: nothing is not defined"),
    ("new Array(-1)", "RangeError: Invalid array length"),
    ("new Date(NaN).toISOString()", "RangeError: Invalid time value"),
    (
        "new DataView(new ArrayBuffer(2)).getInt16(1)",
        "RangeError: Offset is outside the bounds of the DataView",
    ),
    ("1n + 1", "TypeError: Cannot mix BigInt and other types, use explicit conversions"),
    ("[].reduce((a, b) => a)", "TypeError: Reduce of empty array with no initial value"),
    ("decodeURIComponent('%')", "URIError: URI malformed"),
    ("JSON.parse('{')", "SyntaxError: Expected property name or '}' in JSON at position 1"),
    // What is the codec's own stays as it is.
    ("throw new TypeError('cannot be')", "TypeError: cannot be"),
];

#[test]
fn functions_of_node_throw_its_errors() {
    for (expression, expected) in OF_NODE {
        assert_eq!(&thrown(expression), expected, "{expression}");
    }
}

#[test]
fn mistakes_are_named_as_v8_does() {
    for (statement, expected) in OF_THE_LANGUAGE {
        assert_eq!(&thrown(statement), expected, "{statement}");
    }
}

#[test]
fn an_error_has_its_code_beside_its_name() {
    let caught = |shown: &str| {
        format!(
            "(() => {{ try {{ Buffer.alloc(1).readInt8(1) }} catch (e) {{ return {shown} }} }})()"
        )
    };
    let text = "RangeError [ERR_OUT_OF_RANGE]: The value of \"offset\" is out of range. It must be >= 0 and <= 0. Received 1";
    for (shown, expected) in [
        ("[e.name, e.code]", json!(["RangeError", "ERR_OUT_OF_RANGE"])),
        ("e.toString()", json!(text)),
        ("e.stack.split('\\n')[0]", json!(text)),
        ("Object.keys(e)", json!(["code"])),
        ("e instanceof RangeError && e.constructor === RangeError", json!(true)),
    ] {
        assert_eq!(evaluate(&caught(shown)), expected, "{shown}");
    }
}

#[test]
fn places_that_are_far_outside_take_no_time() {
    for (expression, expected) in [
        ("Buffer.from('abab').lastIndexOf('')", json!(4)),
        ("Buffer.from('abab').indexOf('b', -(2 ** 47))", json!(1)),
        ("Buffer.from('abab').indexOf('b', Infinity)", json!(-1)),
        ("Buffer.from('abab').lastIndexOf('a', -Infinity)", json!(-1)),
    ] {
        assert_eq!(evaluate(expression), expected, "{expression}");
    }
}
