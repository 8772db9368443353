//! Tests of locales and time zones: what codecs print is what Node.js 20 prints, or an error.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use champollion_sandbox::{Decoder, Digest, Limits, Sandbox, SandboxConfig, Script};
use serde_json::{Value as Json, json};

use crate::support::{data, data_of, decode, decoding, evaluate, load, script};

/// A codec that formats hundreds of dates, numbers and lists.
const CODEC: &str = include_str!("codecs/locales.js");

/// SHA-256 of what Node.js 20.20.2 makes of it, in a line for each of its inputs.
const RECORDED: &str = include_str!("codecs/locales.sha256");

/// The version of Unicode's tables that Node.js 20.20.2 has.
const CLDR: &str = "48.";

/// The program for Node.js: the version of its tables, and what the codec makes of each input.
const NODE: &str = r#"
const fs = require("fs");
const vm = require("vm");
vm.runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
const answers = JSON.parse(process.argv[2]).map((bytes) => JSON.stringify(decodeUplink({ bytes }).data));
console.log(JSON.stringify({ cldr: process.versions.cldr, answers }));
"#;

fn inputs() -> Vec<(Vec<u8>, &'static str)> {
    RECORDED
        .lines()
        .map(|line| {
            let (digest, numbers) = line.split_once(' ').expect("a digest and numbers");
            let bytes = numbers.split(' ').map(|number| number.parse().expect("a number"));
            (bytes.collect(), digest)
        })
        .collect()
}

/// The codec with fuel for all that one call of it formats, which is more than any codec of the field does.
fn patient() -> Decoder {
    let limits = Limits { fuel: 100 * Limits::FUEL, ..Limits::default() };
    let config = SandboxConfig { limits, ..SandboxConfig::default() };
    let sandbox = Sandbox::new(config).expect("there is a sandbox");
    let digest = Digest::of(CODEC.as_bytes());
    sandbox.load_script(&script(CODEC), digest).unwrap_or_else(|error| panic!("{error}"))
}

fn text(decoder: &Decoder, bytes: &[u8]) -> String {
    let reading =
        decode(decoder, bytes).result.unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
    reading.data.as_str().to_owned()
}

fn all(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(evaluate(expression), json!(expected), "{expression}");
    }
}

/// Returns the error that an expression throws, as a text.
fn thrown(expression: &str) -> Json {
    let body = format!(
        "try {{ return {{ data: {{ value: {expression} }} }}; }} \
         catch (error) {{ return {{ data: {{ thrown: `${{error.name}}: ${{error.message}}` }} }}; }}"
    );
    data(&decoding(&body))["thrown"].take()
}

fn all_throw(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(thrown(expression), json!(expected), "{expression}");
    }
}

#[test]
fn thousands_of_texts_are_those_of_node() {
    let decoder = patient();
    let inputs = inputs();
    assert!(inputs.len() > 250, "{} inputs", inputs.len());
    let differ: Vec<&Vec<u8>> = inputs
        .iter()
        .filter(|(bytes, digest)| {
            Digest::of(text(&decoder, bytes).as_bytes()).to_string() != format!("sha256:{digest}")
        })
        .map(|(bytes, _)| bytes)
        .collect();
    assert_eq!(differ, Vec::<&Vec<u8>>::new(), "kind, locale and round that differ");
}

/// The same with the Node.js of this machine, which shows what differs and where.
#[test]
fn of_npm_texts_are_those_of_the_node_at_hand() {
    let codec: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/codecs/locales.js");
    let inputs: Vec<Vec<u8>> = inputs().into_iter().map(|(bytes, _)| bytes).collect();
    let output = Command::new("node")
        .env("TZ", "UTC")
        .args(["--eval", NODE])
        .arg(codec)
        .arg(json!(inputs).to_string())
        .output()
        .expect("node is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let node: Json = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let cldr = node["cldr"].as_str().unwrap_or("none");
    if !cldr.starts_with(CLDR) {
        // Another release words some texts anew: the recorded answers are compared above.
        eprintln!("this Node.js has CLDR {cldr}, and not {CLDR}: not compared");
        return;
    }
    let decoder = patient();
    let answers = node["answers"].as_array().expect("a list");
    for (bytes, expected) in inputs.iter().zip(answers) {
        let ours: Json = serde_json::from_str(&text(&decoder, bytes)).expect("JSON");
        let expected = expected.as_str().expect("a text");
        let expected: Json = serde_json::from_str(expected).expect("JSON");
        let cases = |answer: &Json| answer["cases"].as_array().expect("a list").clone();
        for (ours, expected) in cases(&ours).iter().zip(&cases(&expected)) {
            assert_eq!(ours, expected, "{bytes:?}");
        }
    }
}

/// A reader of French meters sends the moment of its frame; the record shows local time.
#[test]
fn a_meter_reader_prints_the_time_of_paris() {
    let decoder = load(
        r#"
        function decodeUplink(input) {
          var seconds = 0;
          for (var i = 0; i < 4; i++) seconds = seconds * 256 + input.bytes[i];
          var options = { timeZone: "Europe/Paris", year: "2-digit", month: "2-digit", day: "2-digit",
            hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
          var at = new Date((seconds + Date.UTC(2000, 0, 1) / 1000) * 1000);
          return { data: { at: at.toLocaleString("fr-FR", options).replace(",", "") } };
        }
        "#,
    );
    // 670,557,600 s after 2000: 2021-04-01T02:00:00Z, in summer time; and a winter's day.
    let at = |seconds: u32| data_of(decode(&decoder, &seconds.to_be_bytes()))["at"].clone();
    assert_eq!(at(670_557_600), "01/04/21 04:00:00");
    assert_eq!(at(663_036_300), "04/01/21 01:45:00");
}

#[test]
fn a_format_is_as_node_prints_it() {
    all(&[
        ("new Date(1617242400000).toLocaleString()", "4/1/2021, 2:00:00 AM"),
        ("new Date(1617242400000).toLocaleString('en-GB')", "01/04/2021, 02:00:00"),
        ("new Date(1617242400000).toLocaleString('fr')", "01/04/2021 02:00:00"),
        ("new Date(1617242400000).toLocaleString('de-DE')", "1.4.2021, 02:00:00"),
        ("new Date(1617242400000).toLocaleString('es')", "1/4/2021, 2:00:00"),
        ("new Date(1617242400000).toLocaleString('it')", "01/04/2021, 02:00:00"),
        ("new Date(1617242400000).toLocaleString('nl')", "1-4-2021, 02:00:00"),
        // A name that no engine knows is passed over.
        (
            "new Date(1617242400000).toLocaleString('chinese', { hour12: false })",
            "4/1/2021, 02:00:00",
        ),
        ("new Date(0).toLocaleString('en-US', { hour12: false })", "1/1/1970, 24:00:00"),
        (
            "new Date(1617242400000).toLocaleString('fr', { dateStyle: 'full', timeStyle: 'long', timeZone: 'Europe/Paris' })",
            "jeudi 1 avril 2021 à 04:00:00 UTC+2",
        ),
        (
            "new Date(1617242400000).toLocaleString('en-US', { timeZone: 'America/New_York', timeZoneName: 'short' })",
            "3/31/2021, 10:00:00 PM EDT",
        ),
        ("new Date(0).toLocaleTimeString('de-DE', { timeZone: 'Asia/Kolkata' })", "05:30:00"),
        (
            "new Date(1e12).toLocaleTimeString('en', { timeZone: 'Asia/Kathmandu', timeZoneName: 'short' })",
            "7:31:40 AM GMT+5:45",
        ),
        (
            "new Date(-62198755200000).toLocaleDateString('fr', { era: 'short' })",
            "01/01/2 av. J.-C.",
        ),
        ("(1234567.891).toLocaleString('fr-FR')", "1\u{202f}234\u{202f}567,891"),
        ("(1234567.891).toLocaleString('de-DE')", "1.234.567,891"),
        ("(1234.5).toLocaleString('es')", "1234,5"),
        ("(1234567.5).toLocaleString('en-IN')", "12,34,567.5"),
        ("(1.005).toLocaleString('en', { maximumFractionDigits: 2 })", "1.01"),
        ("(0.5).toLocaleString('fr-FR', { style: 'percent' })", "50\u{a0}%"),
        ("(3.5).toLocaleString('de', { style: 'currency', currency: 'EUR' })", "3,50\u{a0}€"),
        ("(21.5).toLocaleString('fr', { style: 'unit', unit: 'celsius' })", "21,5\u{202f}°C"),
        ("[1234.5, [0.25]].toLocaleString('de')", "1.234,5,0,25"),
        ("['z', 'é', 'a', 'E', 'e'].sort((a, b) => a.localeCompare(b, 'fr')).join('')", "aeEéz"),
        ("['ö', 'z', 'o'].sort(new Intl.Collator('sv').compare).join('')", "ozö"),
        ("['n10', 'n9'].sort(new Intl.Collator('en', { numeric: true }).compare).join()", "n9,n10"),
        ("new Intl.PluralRules('pl').select(3)", "few"),
        (
            "new Intl.DateTimeFormat('fr', { timeZone: 'europe/kyiv' }).resolvedOptions().timeZone",
            "Europe/Kiev",
        ),
        ("Object.prototype.toString.call(Intl)", "[object Intl]"),
        ("typeof Intl.RelativeTimeFormat", "undefined"),
    ]);
}

#[test]
fn nothing_is_left_out_in_silence() {
    all_throw(&[
        (
            "new Date(0).toLocaleString('fr', { timeZone: 'Europe/Pariss' })",
            "RangeError: Invalid time zone specified: Europe/Pariss",
        ),
        (
            "new Date(0).toLocaleString('fr', { timeZone: '+02:00' })",
            "RangeError: Invalid time zone specified: +02:00",
        ),
        (
            "new Date(0).toLocaleString('fr_FR')",
            "RangeError: Incorrect locale information provided",
        ),
        (
            "new Date(0).toLocaleString(null)",
            "TypeError: Cannot convert undefined or null to object",
        ),
        (
            "new Date(0).toLocaleString('fr', { hour: 'long' })",
            "RangeError: Value long out of range for Date.prototype.toLocaleString options property hour",
        ),
        (
            "new Date(0).toLocaleString('fr', { dateStyle: 'short', hour: 'numeric' })",
            "TypeError: Can't set option hour when dateStyle is used",
        ),
        (
            "new Date(0).toLocaleDateString('fr', { timeStyle: 'short' })",
            "TypeError: Invalid option : timeStyle",
        ),
        (
            "(5).toLocaleString('fr', { style: 'currency' })",
            "TypeError: Currency code is required with currency style.",
        ),
        (
            "(5).toLocaleString('fr', { minimumFractionDigits: 5, maximumFractionDigits: 2 })",
            "RangeError: maximumFractionDigits value is out of range.",
        ),
        ("new Intl.DateTimeFormat('fr').format(NaN)", "RangeError: Invalid time value"),
        // Node.js serves these, and this engine does not.
        (
            "new Date(0).toLocaleString('zh-CN')",
            "RangeError: The locale zh-CN is not served: codecs find da, de, en, es, fi, fr, it, nb, nl, no, pl, pt and sv with their regions",
        ),
        (
            "new Date(0).toLocaleString('de', { calendar: 'buddhist' })",
            "RangeError: The option calendar: \"buddhist\" is not served in de",
        ),
        (
            "new Date(0).toLocaleString('de-u-nu-arab')",
            "RangeError: The option numberingSystem: \"arab\" is not served in de",
        ),
        (
            "new Date(0).toLocaleString('fr', { timeZoneName: 'longGeneric' })",
            "RangeError: The option timeZoneName: \"longGeneric\" is not served",
        ),
        (
            "(12345).toLocaleString('fr', { notation: 'compact' })",
            "RangeError: The option notation: \"compact\" is not served",
        ),
        (
            "(5).toLocaleString('fr', { style: 'unit', unit: 'kilometer-per-hour' })",
            "RangeError: The option unit: \"kilometer-per-hour\" is not served",
        ),
        (
            "(5).toLocaleString('fr', { style: 'currency', currency: 'XDR' })",
            "RangeError: The option currency: \"XDR\" is not served",
        ),
        (
            "'I'.toLocaleLowerCase('tr')",
            "RangeError: The locale tr is not served for upper and lower case",
        ),
        (
            "'a'.localeCompare('\u{4e00}')",
            "RangeError: The character U+4E00 is not served where texts are compared: letters are Latin, Greek or Cyrillic",
        ),
        (
            "new Intl.PluralRules('en', { type: 'ordinal' })",
            "RangeError: The option type: \"ordinal\" is not served in Intl.PluralRules",
        ),
    ]);
}

#[test]
fn locales_are_found_however_a_codec_names_them() {
    // Nothing in these sources names a member, so it is evaluated within the call.
    all(&[
        ("new Date(0)['toLocale' + 'DateString']('de')", "1.1.1970"),
        ("globalThis['In' + 'tl'].NumberFormat('de').format(1.5)", "1,5"),
        ("`${[1.5]['toLocale' + 'String']('de')}`", "1,5"),
    ]);
    let own = load(
        "var Intl = { own: true }; function decodeUplink() { return { data: { value: Intl.own } }; }",
    );
    assert_eq!(data(&own)["value"], true);
}

#[test]
fn a_call_that_formats_keeps_within_its_fuel() {
    /// Half of what a call of a script may burn.
    const HALF: u64 = Limits::FUEL * Script::FUEL_FACTOR / 2;
    const PLAIN: u64 = 500_000;
    let log = decoding(
        "const options = { timeZone: 'Europe/Paris', dateStyle: 'short', timeStyle: 'medium' }; \
         const list = []; \
         for (let i = 0; i < 100; i++) list.push(new Date(i * 3600000).toLocaleString('fr', options)); \
         return { data: { list } };",
    );
    let call = decode(&log, &[1]);
    assert!(call.fuel < HALF, "{} units of fuel for a hundred dates", call.fuel);
    assert_eq!(data_of(call)["list"][99], "05/01/1970 04:00:00");
    let plain = decode(&decoding("return { data: { at: new Date(0).toISOString() } };"), &[1]);
    assert!(plain.fuel < PLAIN, "{} units of fuel without a locale", plain.fuel);
}
