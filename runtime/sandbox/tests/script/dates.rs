//! Tests of texts that are read as dates: what V8 reads them as.

use serde_json::{Value as Json, json};

use crate::support::{data, evaluate, load};

/// Texts as JSON, and the milliseconds that Node.js 20 reads in the zone UTC, or `NaN`.
const TEXTS: &str = include_str!("date_texts.tsv");

#[test]
fn texts_are_read_as_in_v8() {
    let expected: Vec<(Json, Option<i64>)> = TEXTS
        .lines()
        .map(|line| {
            let (text, moment) = line.split_once('\t').expect("a line has a text and a moment");
            (serde_json::from_str(text).expect("the text is JSON"), moment.parse().ok())
        })
        .collect();
    assert!(expected.len() > 200);
    let texts: Vec<&Json> = expected.iter().map(|(text, _)| text).collect();
    let decoder = load(&format!(
        "const texts = {}; function decodeUplink() {{ return {{ data: {{ read: texts.map((text) => \
         [Date.parse(text), new Date(text).getTime()]) }} }}; }}",
        json!(texts)
    ));
    let read = data(&decoder)["read"].take();
    let wrong: Vec<String> = expected
        .iter()
        .zip(read.as_array().expect("it is a list"))
        .filter(|((_, moment), read)| **read != json!([moment, moment]))
        .map(|((text, moment), read)| format!("{text}: {read}, and not {moment:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_date_is_what_it_is_in_other_engines() {
    for (expression, expected) in [
        ("new Date('2021-01-05 10:00') instanceof Date", json!(true)),
        ("new Date('2021-01-05 10:00').toISOString()", json!("2021-01-05T10:00:00.000Z")),
        ("String(new Date('32/1/2021'))", json!("Invalid Date")),
        ("Date().endsWith('GMT+0000 (Coordinated Universal Time)')", json!(true)),
        ("typeof Date('2021-01-05')", json!("string")),
        ("new Date(2021, 0, 5, 10).getTime()", json!(1_609_840_800_000_i64)),
        ("new Date(new Date(5)).getTime()", json!(5)),
        ("new Date(5.9).getTime()", json!(5)),
        ("new Date().getTime() === Date.now()", json!(true)),
        ("Date.UTC(2021, 0, 5)", json!(1_609_804_800_000_i64)),
        (
            "[Date.name, Date.length, Date.parse.length, typeof Date.parse()]",
            json!(["Date", 7, 1, "number"]),
        ),
        ("new Date(0).constructor === Date && Date.prototype.constructor === Date", json!(true)),
        ("Object.prototype.toString.call(new Date(0))", json!("[object Date]")),
        ("(class Own extends Date { year() { return this.getFullYear(); } }, 1)", json!(1)),
        (
            "(() => { class Own extends Date { year() { return this.getUTCFullYear(); } } \
             const own = new Own('1 Apr 2021'); return [own.year(), own instanceof Own]; })()",
            json!([2021, true]),
        ),
        ("Reflect.construct(Date, ['1/5/2021']).getTime()", json!(1_609_804_800_000_i64)),
    ] {
        assert_eq!(evaluate(expression), expected, "{expression}");
    }
}
