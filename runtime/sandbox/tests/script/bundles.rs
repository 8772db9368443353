//! Codecs as bundlers and module systems leave them.

use champollion_sandbox::{Dialect, LoadError};
use serde_json::json;

use crate::support::{data, decode, encode, load, script, try_load};

/// The functions of a codec, as they stand in the middle of a bundle.
const MEMBERS: &str = "\
    exports.decodeUplink = function (e) { return { data: { n: e.bytes.length, t: helper(2) } }; };\n\
    exports.encodeDownlink = function (e) { return { bytes: [e.data.v], fPort: 7 }; };\n\
    function helper(x) { return x * 2; }\n";

/// A bundle: its members are made by a function, whose result goes where `place` says.
fn bundle(place: &str) -> String {
    place.replace("MAKE", &format!("(() => {{ var exports = {{}};\n{MEMBERS}return exports; }})()"))
}

#[test]
fn every_shape_of_bundlers_is_found() {
    let shapes = [
        // webpack, by the type of its library.
        ("var", "var driver; driver = MAKE;"),
        ("var of another name", "var codec;(()=>{\"use strict\";codec=MAKE})();"),
        ("assign", "codec = MAKE;"),
        ("this", "(function () { this[\"codec\"] = MAKE; }).call(this);"),
        ("window", "(() => { window[\"codec\"] = MAKE; })();"),
        ("self", "(() => { self[\"codec\"] = MAKE; })();"),
        ("global", "(() => { global[\"codec\"] = MAKE; })();"),
        ("globalThis", "(() => { globalThis[\"codec\"] = MAKE; })();"),
        ("commonjs", "(() => { exports[\"codec\"] = MAKE; })();"),
        ("commonjs2", "(() => { module.exports = MAKE; })();"),
        ("commonjs, driver", "(() => { exports.driver = MAKE; })();"),
        (
            "commonjs-static",
            "(() => { var m = MAKE; exports.decodeUplink = m.decodeUplink; \
             exports.encodeDownlink = m.encodeDownlink; })();",
        ),
        (
            "umd",
            "(function webpackUniversalModuleDefinition(root, factory) {
                if (typeof exports === 'object' && typeof module === 'object')
                    module.exports = factory();
                else if (typeof define === 'function' && define.amd) define([], factory);
                else if (typeof exports === 'object') exports['codec'] = factory();
                else root['codec'] = factory();
            })(self, () => MAKE);",
        ),
        (
            "umd, this",
            "!function (e, t) { 'object' == typeof exports && 'object' == typeof module \
             ? module.exports = t() : e.codec = t() }(this, () => MAKE);",
        ),
        // rollup and esbuild, with and without constants.
        ("iife", "var codec = (function (exports) { 'use strict'; return exports; })(MAKE);"),
        ("iife, const", "const codec = MAKE;"),
        ("iife, let", "let codec = MAKE;"),
        ("esbuild", "\"use strict\";\nvar Codec = (() => { var d = {}; d = MAKE; return d; })();"),
        // browserify --standalone.
        (
            "browserify",
            "(function(f){if(typeof exports===\"object\"&&typeof module!==\"undefined\")\
             {module.exports=f()}else if(typeof define===\"function\"&&define.amd){define([],f)}\
             else{var g;if(typeof window!==\"undefined\"){g=window}else{g=this}g.codec = f()}})\
             (function(){ return MAKE });",
        ),
        // TypeScript and Babel.
        (
            "typescript",
            "\"use strict\";\nObject.defineProperty(exports, \"__esModule\", { value: true });\n\
             exports.encodeDownlink = exports.decodeUplink = void 0;\n\
             var m = MAKE; exports.decodeUplink = m.decodeUplink; \
             exports.encodeDownlink = m.encodeDownlink;",
        ),
        ("default", "exports.__esModule = true; exports.default = MAKE;"),
        ("exports anew", "exports = MAKE;"),
        (
            "a class",
            "class Codec { decodeUplink(e) { return MAKE.decodeUplink(e); } \
          encodeDownlink(e) { return MAKE.encodeDownlink(e); } } var codec = new Codec();",
        ),
        // ES modules.
        ("export const", "export const { decodeUplink, encodeDownlink } = MAKE;"),
        (
            "export list",
            "const m = MAKE, u = m.decodeUplink, d = m.encodeDownlink;\
          export{u as decodeUplink,d as encodeDownlink};",
        ),
        ("export default", "export default MAKE;"),
        ("export driver", "const driver = MAKE; export { driver };"),
        (
            "export function",
            "const m = MAKE;\nexport function decodeUplink(input) { return m.decodeUplink(input); }\n\
             export function encodeDownlink(input) { return m.encodeDownlink(input); }",
        ),
    ];
    for (shape, place) in shapes {
        let source = bundle(place);
        let decoder =
            try_load(&script(&source)).unwrap_or_else(|error| panic!("{shape}: {error}\n{source}"));
        assert_eq!(decoder.dialect(), Some(Dialect::Ts013), "{shape}");
        assert_eq!(data(&decoder), json!({"n": 3, "t": 4}), "{shape}");
        let downlink = encode(&decoder, r#"{"v": 9}"#).result.expect("it encodes");
        assert_eq!((downlink.f_port, &*downlink.payload), (7, &[9][..]), "{shape}");
    }
}

#[test]
fn a_function_that_is_exported_itself_is_the_decoder() {
    for source in [
        "module.exports = function (input) { return { data: { n: input.bytes.length } }; };",
        "module.exports = function decodeUplink(input) { return { data: { n: input.bytes.length } }; };",
        "export default function decodeUplink(input) { return { data: { n: input.bytes.length } }; }",
        "export default (input) => ({ data: { n: input.bytes.length } });",
        "module.exports = function Decoder(bytes, port) { return { n: bytes.length }; };",
    ] {
        assert_eq!(data(&load(source)), json!({"n": 3}), "{source}");
    }
    // A global of the right name comes before a function of no name.
    let both = "function decodeUplink() { return { data: { global: true } }; }
        module.exports = function () { return { data: {} }; };";
    assert_eq!(data(&load(both)), json!({"global": true}));
}

#[test]
fn a_driver_of_another_dialect_is_called_as_that() {
    let decoder =
        load("var driver = { Decoder: function (bytes, port) { return { port: port }; } };");
    assert_eq!(decoder.dialect(), Some(Dialect::TtnV2));
    assert_eq!(data(&decoder), json!({"port": 85}));
}

#[test]
fn names_of_browsers_are_there_for_those_that_need_them() {
    let looking = "function decodeUplink() { return { data: {
        window: typeof window, self: typeof self, node: typeof global } }; }";
    assert_eq!(
        data(&load(looking)),
        json!({"window": "undefined", "self": "undefined", "node": "object"})
    );
    let browsing = format!("window.x = 1; {looking}");
    assert_eq!(
        data(&load(&browsing)),
        json!({"window": "object", "self": "object", "node": "object"})
    );
}

#[test]
fn two_objects_with_functions_are_not_guessed_between() {
    let one = "decodeUplink: function () { return { data: {} }; }";
    let error = refused(&format!("var a = {{ {one} }}, b = {{ {one}, version: 2 }};"));
    assert!(
        error.ends_with("its globals are a {decodeUplink}, b {decodeUplink, version}"),
        "{error}"
    );
    // One object by two names is one.
    assert_eq!(data(&load(&format!("var a = {{ {one} }}; globalThis.b = a;"))), json!({}));
}

#[test]
fn an_error_names_the_globals_that_there_are() {
    let error = refused("function parse(b) {} var lib = { read() {}, VERSION: 1 }; const K = 5;");
    assert!(error.contains("it defines none of decodeUplink, Decoder, Decode,"), "{error}");
    assert!(error.ends_with("its globals are parse(), lib {read, VERSION}, K"), "{error}");
    assert!(refused("").ends_with("it defines no globals"));
    let many = (0..100).map(|number| format!("var v{number} = 1;")).collect::<String>();
    assert!(refused(&many).ends_with(", v19, 80 more"), "{}", refused(&many));
    let exported = refused("exports.decode = () => 1; exports.version = 2;");
    assert!(exported.ends_with("exports {decode, version}"), "{exported}");
}

#[test]
fn getters_that_throw_hide_nothing() {
    let source =
        "Object.defineProperty(exports, 'decodeUplink', { get() { throw new Error('no'); } });
        var bad = { get decodeUplink() { throw new Error('no'); } };
        var good = { decodeUplink() { return { data: { ok: true } }; } };";
    assert_eq!(data(&load(source)), json!({"ok": true}));
}

#[test]
fn a_module_says_what_is_wrong_with_it() {
    let error = refused("export function decodeUplink(input) {\n  return nothing here;\n}");
    assert!(error.contains("SyntaxError") && error.contains("line 2"), "{error}");
    let error = refused("import { x } from './other.js';\nexport function decodeUplink() {}");
    assert!(error.contains("other.js"), "{error}");
    let throwing = load("export function decodeUplink() {\n  null.x;\n}");
    let error = decode(&throwing, &[]).result.expect_err("it throws").to_string();
    assert!(error.contains("line 2"), "{error}");
}

fn refused(source: &str) -> String {
    let error = try_load(&script(source)).err().expect("it is refused");
    assert!(
        matches!(error, LoadError::NoEntryPoint { .. } | LoadError::ScriptThrew { .. }),
        "{error}"
    );
    error.to_string()
}
