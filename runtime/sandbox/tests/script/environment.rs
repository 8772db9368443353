//! Tests of the surroundings of codecs: Buffer, base64, texts, locales, and the language itself.

use serde_json::{Value as Json, json};

use crate::support::{decode, decoding, evaluate};

fn all(cases: &[(&str, Json)]) {
    for (expression, expected) in cases {
        assert_eq!(&evaluate(expression), expected, "{expression}");
    }
}

#[test]
fn buffers_are_made_of_everything() {
    all(&[
        ("Buffer.from([1, 2, 258]).toString('hex')", json!("010202")),
        ("Buffer.from('01ff0g', 'hex').length", json!(2)),
        ("Buffer.from('héllo').length", json!(6)),
        ("Buffer.from('aGk=', 'base64').toString()", json!("hi")),
        ("Buffer.from('_-8', 'base64url').toString('hex')", json!("ffef")),
        ("Buffer.from([0xff, 0xef]).toString('base64url')", json!("_-8")),
        ("Buffer.from(Buffer.from([5])).toString('hex')", json!("05")),
        ("Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 1).toString('hex')", json!("02")),
        ("Buffer.from({ type: 'Buffer', data: [7] })[0]", json!(7)),
        ("Buffer.from('hi', 'utf16le').toString('hex')", json!("68006900")),
        ("Buffer.from('ÿ', 'latin1')[0]", json!(255)),
        ("new Buffer('0a', 'hex')[0]", json!(10)),
        ("Buffer.alloc(3, 'ab').toString()", json!("aba")),
        ("Buffer.concat([Buffer.from([1]), Buffer.from([2])]).toString('hex')", json!("0102")),
        ("Buffer.isBuffer(Buffer.alloc(1)) && !Buffer.isBuffer(new Uint8Array(1))", json!(true)),
        ("Buffer.byteLength('é')", json!(2)),
        ("JSON.stringify(Buffer.from([1]))", json!("{\"type\":\"Buffer\",\"data\":[1]}")),
        ("Buffer.from([1, 2])", json!({"type": "Buffer", "data": [1, 2]})),
        (
            "require('buffer').Buffer === Buffer && require('node:buffer').Buffer === Buffer",
            json!(true),
        ),
    ]);
}

#[test]
fn buffers_read_and_write_every_width() {
    all(&[
        ("Buffer.from('fffe', 'hex').readInt16BE(0)", json!(-2)),
        ("Buffer.from('feff', 'hex').readInt16LE()", json!(-2)),
        ("Buffer.from('ffffffff', 'hex').readUInt32LE(0)", json!(4_294_967_295_u32)),
        ("Buffer.from('80', 'hex').readInt8(0)", json!(-128)),
        ("Buffer.from('010203', 'hex').readUIntBE(0, 3)", json!(66_051)),
        ("Buffer.from('ffffff', 'hex').readIntLE(0, 3)", json!(-1)),
        ("Buffer.from('010203040506', 'hex').readUIntLE(0, 6)", json!(6_618_611_909_121_u64)),
        ("Buffer.from('41a80000', 'hex').readFloatBE(0)", json!(21)),
        ("Buffer.from('0000000000003540', 'hex').readDoubleLE(0)", json!(21)),
        ("Number(Buffer.from('ffffffffffffffff', 'hex').readBigInt64BE(0))", json!(-1)),
        ("Buffer.from('ff', 'hex').readUint8(0)", json!(255)),
        (
            "(b => [b.writeInt16BE(-2, 1), b.toString('hex')])(Buffer.alloc(4))",
            json!([3, "00fffe00"]),
        ),
        (
            "(b => [b.writeUIntLE(66051, 0, 3), b.toString('hex')])(Buffer.alloc(3))",
            json!([3, "030201"]),
        ),
        (
            "(b => [b.writeFloatBE(21, 0), b.toString('hex')])(Buffer.alloc(4))",
            json!([4, "41a80000"]),
        ),
        ("(b => [b.write('hi', 1), b.toString('hex')])(Buffer.alloc(3))", json!([2, "006869"])),
        (
            "(() => { try { Buffer.alloc(1).readInt16BE(0) } catch (e) { return e.code } })()",
            json!("ERR_BUFFER_OUT_OF_BOUNDS"),
        ),
        (
            "(() => { try { Buffer.alloc(2).readInt16BE(1) } catch (e) { return e.name } })()",
            json!("RangeError"),
        ),
    ]);
}

#[test]
fn buffers_are_searched_compared_and_cut() {
    all(&[
        (
            "(b => { b.slice(1)[0] = 9; return b.toString('hex'); })(Buffer.from([1, 2]))",
            json!("0109"),
        ),
        ("Buffer.from('abc').subarray(1).toString()", json!("bc")),
        ("Buffer.from('abcabc').indexOf('ca')", json!(2)),
        ("Buffer.from('abcabc').lastIndexOf('b')", json!(4)),
        ("Buffer.from('abc').includes('x')", json!(false)),
        ("Buffer.from('a').equals(Buffer.from('a'))", json!(true)),
        ("Buffer.compare(Buffer.from('a'), Buffer.from('b'))", json!(-1)),
        ("Buffer.from('0102', 'hex').swap16().toString('hex')", json!("0201")),
        (
            "(b => [Buffer.from('ab').copy(b, 1), b.toString('hex')])(Buffer.alloc(2))",
            json!([1, "0061"]),
        ),
        ("[...Buffer.from([3, 1, 2])].sort()", json!([1, 2, 3])),
        ("Buffer.from([1, 2, 3]).reverse().toString('hex')", json!("030201")),
    ]);
}

#[test]
fn base64_and_texts_are_there() {
    all(&[
        ("atob('aGk=')", json!("hi")),
        ("btoa('hi')", json!("aGk=")),
        (
            "(() => { try { atob('*') } catch (e) { return e.message.slice(0, 21) } })()",
            json!("Invalid character"),
        ),
        (
            "Array.from(new TextEncoder().encode('é€😀'))",
            json!([195, 169, 226, 130, 172, 240, 159, 152, 128]),
        ),
        (
            "new TextDecoder().decode(new Uint8Array([195, 169, 226, 130, 172, 240, 159, 152, 128]))",
            json!("é€😀"),
        ),
        (
            "new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xe2, 0x82]))",
            json!("a\u{fffd}\u{fffd}"),
        ),
        ("new TextDecoder('utf-16le').decode(new Uint8Array([0x68, 0]))", json!("h")),
        (
            "(() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])) } catch (e) { return e.name } })()",
            json!("TypeError"),
        ),
    ]);
}

#[test]
fn what_node_refuses_is_refused_and_what_it_replaces_is_replaced() {
    all(&[
        (
            "new TextDecoder('utf-16le').decode(new Uint8Array([0, 0xd8, 0x68, 0]))",
            json!("\u{fffd}h"),
        ),
        ("new TextDecoder('utf-16le').decode(new Uint8Array([0x68, 0, 0x69]))", json!("h\u{fffd}")),
        ("new TextDecoder('CP1252').encoding", json!("windows-1252")),
        (
            "(d => d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + d.decode(new Uint8Array([0xac])))(new TextDecoder())",
            json!("€"),
        ),
        (
            "(() => { try { new TextDecoder('koi8-r') } catch (e) { return e.name + e.code } })()",
            json!("RangeErrorERR_ENCODING_NOT_SUPPORTED"),
        ),
        (
            "(() => { try { new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 0xd8])) } catch (e) { return e.code } })()",
            json!("ERR_ENCODING_INVALID_ENCODED_DATA"),
        ),
        ("Buffer.from([1, 2, 3]).toString('hex', -2)", json!("010203")),
        ("Buffer.from(new String('abc')).toString()", json!("abc")),
        (
            "(() => { try { Buffer.from([1]).toString('utf9') } catch (e) { return e.code } })()",
            json!("ERR_UNKNOWN_ENCODING"),
        ),
        (
            "(() => { try { Buffer.alloc(4).fill('zz', 'hex') } catch (e) { return e.code } })()",
            json!("ERR_INVALID_ARG_VALUE"),
        ),
        (
            "(() => { try { atob('*') } catch (e) { return e.name + e.code } })()",
            json!("InvalidCharacterError5"),
        ),
        ("(() => { try { btoa() } catch (e) { return e.code } })()", json!("ERR_MISSING_ARGS")),
        ("require('util').format('%s is %d and %j', 'a', '2', [1])", json!("a is 2 and [1]")),
        (
            "new Date(0).toString()",
            json!("Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ),
    ]);
}

#[test]
fn structured_clones_are_deep() {
    all(&[
        (
            "(a => { a.self = a; const b = structuredClone(a); return b.self === b && b !== a && b.list !== a.list; })({ list: [1] })",
            json!(true),
        ),
        ("structuredClone(new Map([[1, { a: new Set([2]) }]])).get(1).a.has(2)", json!(true)),
        (
            "structuredClone([new Date(0), /x/g, Buffer.from([7]), 5n].slice(0, 3)).map(v => v.constructor.name)",
            json!(["Date", "RegExp", "Uint8Array"]),
        ),
        (
            "(() => { try { structuredClone({ f() {} }) } catch (e) { return e.name } })()",
            json!("DataCloneError"),
        ),
    ]);
}

#[test]
fn the_language_is_es2023() {
    all(&[
        ("[3, 1, 2].toSorted().with(0, 9)", json!([9, 2, 3])),
        ("[1, 2, 3].findLast(n => n < 3)", json!(2)),
        ("[1, 2].at(-1)", json!(2)),
        ("Object.fromEntries(new Map([['a', 1]]))", json!({"a": 1})),
        ("'a-b'.replaceAll('-', '+')", json!("a+b")),
        ("'2026-01-31'.match(/(?<year>\\d{4})-(?<month>\\d\\d)/).groups.month", json!("01")),
        ("/(?<=€)\\d+/u.exec('€42')[0]", json!("42")),
        ("'ß'.toUpperCase() + 'é'.normalize('NFD').length", json!("SS2")),
        ("(class { #a = 1; static b = 2; get a() { return this.#a; } }).b", json!(2)),
        ("Number(2n ** 64n % 1000n)", json!(616)),
        ("null?.a ?? 5", json!(5)),
        ("[...(function* () { yield* [1, 2]; })()]", json!([1, 2])),
        ("new Date(Date.UTC(2024, 1, 29)).toISOString()", json!("2024-02-29T00:00:00.000Z")),
        ("new Date(2026, 0, 31, 12).getTime()", json!(1_769_860_800_000_u64)),
        ("Date.parse('2026-01-31T12:00:00+01:00')", json!(1_769_857_200_000_u64)),
        (
            "(0.1 + 0.2).toFixed(2) + (25.125).toPrecision(4) + (255).toString(16)",
            json!("0.3025.13ff"),
        ),
        ("parseFloat('21.50') + parseInt('1f', 16)", json!(52.5)),
        ("new Float32Array([1.1])[0].toFixed(3)", json!("1.100")),
        ("new DataView(new Uint8Array([0xff, 0xfe]).buffer).getInt16(0)", json!(-2)),
    ]);
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    // Compared as texts: to read a number and write it again may change its last digit.
    let written = "[0.1 + 0.2, 1e21, 1.5e-7, 1e-7, 123456789012345680000, -0, 5e-324, 21.0, \
         1.7976931348623157e308, -1e-6, 2147483647, -2147483648, 4294967296, 9007199254740993, 0.1]";
    let decoder = decoding(&format!(
        "const list = {written}; return {{ data: {{ list, same: JSON.stringify(list) }} }};"
    ));
    let reading = decode(&decoder, &[]).result.expect("it can be written");
    let same: Json = serde_json::from_str(reading.data.as_str()).expect("data is JSON");
    let same = same["same"].as_str().expect("it is a text");
    assert!(reading.data.as_str().starts_with(&format!("{{\"list\":{same},")), "{}", reading.data);
}

#[test]
fn objects_are_written_as_json_stringify_writes_them() {
    all(&[
        ("new Date(0)", json!("1970-01-01T00:00:00.000Z")),
        ("new Date(NaN)", json!(null)),
        ("[new Number(5), new String('s'), new Boolean(false)]", json!([5, "s", false])),
        ("[new Map([[1, 2]]), new Set([1]), /x/, new Error('e')]", json!([{}, {}, {}, {}])),
        ("new Uint8Array([7, 8])", json!({"0": 7, "1": 8})),
        (
            "Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } })",
            json!({"own": 2}),
        ),
        ("({ toJSON() { return [1]; } })", json!([1])),
        ("new Proxy({ a: 1 }, {})", json!({"a": 1})),
        ("[, undefined, 1]", json!([null, null, 1])),
    ]);
}
