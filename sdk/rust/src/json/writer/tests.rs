//! Tests of the writer of JSON, which compare it with that of `serde_json`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::json::{Json, from_decimal, shortest_of_single};

#[derive(Serialize)]
enum Choice {
    Unit,
    Wrapped(u8),
    Pair(i8, f32),
    Named { text: Option<char>, none: Option<u8> },
}

#[derive(Serialize)]
struct Told<'text> {
    text: &'text str,
    choices: Vec<Choice>,
    tuple: (bool, (), u64, i64),
    empty: [u8; 0],
    by_number: BTreeMap<i16, f64>,
    by_truth: BTreeMap<bool, char>,
}

fn both<T: Serialize>(value: &T) -> [String; 2] {
    [write(value).unwrap(), serde_json::to_string(value).unwrap()]
}

/// Singles are the same numbers, though `serde_json` begins to write exponents earlier.
fn are_the_same(own: &str, other: &str) -> bool {
    own == other || own.parse::<f64>().is_ok_and(|number| Ok(number) == other.parse())
}

fn assert_same_single(single: f32) {
    let [own, other] = both(&single);
    assert!(are_the_same(&own, &other), "{own} is not {other}");
}

fn assert_alike<T: Serialize>(value: &T) {
    let [own, other] = both(value);
    assert_eq!(own, other);
}

#[test]
fn values_of_all_kinds_are_written_as_serde_json_writes_them() {
    assert_alike(&Told {
        text: "a \"quote\", a \\, a \u{1}, \u{8}\t\n\u{c}\r\u{1f}, \u{7f} and é",
        choices: vec![
            Choice::Unit,
            Choice::Wrapped(7),
            Choice::Pair(-3, 0.1),
            Choice::Named { text: Some('€'), none: None },
        ],
        tuple: (true, (), u64::MAX, i64::MIN),
        empty: [],
        by_number: BTreeMap::from([(-2, f64::NAN), (5, -0.0)]),
        by_truth: BTreeMap::from([(false, '"'), (true, 'a')]),
    });
    let list = BTreeMap::from([(vec![1_u8], 1)]);
    assert_eq!(write(&list), Err(Unwritable::custom("key must be a string")));
}

#[test]
fn numbers_at_all_borders_are_written_as_serde_json_writes_them() {
    for exponent in -330..310 {
        let power: f64 = format!("1e{exponent}").parse().unwrap();
        for number in [power, power * 1.5, -power * 123.456, power.next_up(), power.next_down()] {
            assert_alike(&number);
            assert_same_single(number as f32);
        }
    }
    for exponent in 0..2046 {
        let power = f64::from_bits(exponent << 52);
        assert_alike(&[power, power.next_up(), power.next_down()]);
    }
    for exponent in 0..255 {
        let power = f32::from_bits(exponent << 23);
        for single in [power, power.next_up(), power.next_down()] {
            assert_same_single(single);
        }
    }
    for number in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 9_007_199_254_740_993.0, 1e15, 1e16, 1e17] {
        assert_alike(&number);
    }
}

#[test]
fn what_devices_send_is_written_as_serde_json_writes_it() {
    for parts in [1.0, 2.0, 10.0, 16.0, 100.0, 1e3, 1e4, 1e5, 1e6] {
        for number in (-70_000..70_000).step_by(7) {
            assert_alike(&(f64::from(number) / parts));
            assert_alike(&(f64::from(number) / parts * 1.8 + 32.0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_double_is_written_as_serde_json_writes_it(bits: u64) {
        let [own, other] = both(&f64::from_bits(bits));
        prop_assert_eq!(own, other);
    }

    #[test]
    fn any_single_is_written_as_serde_json_writes_it(bits: u32) {
        let single = f32::from_bits(bits);
        let [own, other] = both(&single);
        prop_assert!(are_the_same(&own, &other));
        let expected = other.parse().unwrap_or(f64::from(single));
        let shortest = shortest_of_single(single);
        prop_assert!(shortest == expected || shortest.is_nan() && single.is_nan());
    }

    #[test]
    fn any_text_is_written_as_serde_json_writes_it(text: String) {
        let [own, other] = both(&text);
        prop_assert_eq!(own, other);
    }

    #[test]
    fn decimals_are_read_as_core_reads_them(digits in 0_u64..1_000_000_000_000_000, exponent in -325..300_i32) {
        let expected: f64 = format!("{digits}e{exponent}").parse().unwrap();
        let read = from_decimal(digits, exponent);
        // Of the smallest numbers the last bit may differ.
        let off = (read - expected).abs();
        prop_assert!(read == expected || expected < 1e-285 && off <= expected * 1e-15 + 1e-323);
        prop_assert_eq!(write(&Json::from(read)).unwrap(), number(read));
    }
}

#[test]
fn bytes_are_shown_as_core_shows_them() {
    for bytes in [&[][..], &[0x0A], &[0x12, 0xFF, 0x00]] {
        assert_eq!(hexadecimal(bytes), format!("{bytes:02X?}"));
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex_digits(bytes), digits);
        assert_eq!(hex_capitals(bytes), digits.to_uppercase());
    }
}
