use proptest::prelude::*;
use wasmparser::{Operator, Parser, Payload};

use super::super::{
    CARD_MEMORY,
    tests::{accounts, module, rewritten},
};

/// Returns the number of marks in a module, but for those of ranges.
fn marks(wat: &str) -> usize {
    let bytes = rewritten(wat).expect("it can be rewritten");
    let bodies = Parser::new(0).parse_all(&bytes).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => Some(body),
        _ => None,
    });
    let bodies: Vec<_> = bodies.collect();
    let (_range, own) = bodies.split_last().expect("there are functions");
    let operators = own.iter().flat_map(|body| body.get_operators_reader().expect("it is valid"));
    operators
        .filter(|operator| {
            matches!(operator, Ok(Operator::I32Store8 { memarg }) if memarg.memory == CARD_MEMORY)
        })
        .count()
}

#[test]
fn the_fields_of_a_structure_need_one_mark() {
    let body = "(local $at i32) (local.set $at (i32.const 1000))
        (i32.store offset=16 (local.get $at) (i32.const 1))
        (i64.store offset=8 (local.get $at) (i64.const 2))
        (f64.store (local.get $at) (f64.const 3))
        (i32.store8 offset=120 (local.get $at) (i32.const 4))";
    accounts(&module(body));
    assert_eq!(marks(&module(body)), 1);
}

#[test]
fn what_is_far_away_needs_a_mark_of_its_own() {
    let body = "(local $at i32) (local.set $at (i32.const 1000))
        (i32.store (local.get $at) (i32.const 1))
        (i32.store offset=121 (local.get $at) (i32.const 1))
        (i32.store offset=5000 (local.get $at) (i32.const 1))";
    accounts(&module(body));
    assert_eq!(marks(&module(body)), 3);
}

#[test]
fn a_mark_before_a_block_does_for_what_is_in_it_and_behind_it() {
    let body = "(local $at i32) (local.set $at (i32.const 1000))
        (i32.store (local.get $at) (i32.const 1))
        (loop (i32.store offset=4 (local.get $at) (i32.const 1)))
        (if (i32.load (local.get $at))
          (then (i32.store offset=8 (local.get $at) (i32.const 1)))
          (else (i32.store offset=12 (local.get $at) (i32.const 1))))
        (i32.store offset=16 (local.get $at) (i32.const 1))";
    accounts(&module(body));
    assert_eq!(marks(&module(body)), 1);
}

#[test]
fn constant_addresses_are_marked_once() {
    let body = "(i32.store (i32.const 1000) (i32.const 1))
        (i32.store offset=20 (i32.const 1000) (i32.const 1))
        (i32.store (i32.const 1040) (i32.const 1))";
    accounts(&module(body));
    assert_eq!(marks(&module(body)), 1);
}

/// Each of these writes to a card that a scheme which is not careful enough leaves unmarked.
#[test]
fn what_is_not_sure_is_marked() {
    for body in [
        // Made on one way only.
        "(if (i32.load (i32.const 0)) (then (i32.store (local.get $at) (i32.const 1))))
         (i32.store offset=4 (local.get $at) (i32.const 1))",
        "(if (i32.eqz (i32.load (i32.const 0)))
           (then nop)
           (else (i32.store (local.get $at) (i32.const 1))))
         (i32.store offset=4 (local.get $at) (i32.const 1))",
        "(if (i32.load (i32.const 0))
           (then (i32.store (local.get $at) (i32.const 1)))
           (else (i32.store offset=4 (local.get $at) (i32.const 1))))",
        "(block (br_if 0 (i32.const 1)) (i32.store (local.get $at) (i32.const 1)))
         (i32.store offset=4 (local.get $at) (i32.const 1))",
        // Made for what the variable held before.
        "(i32.store (local.get $at) (i32.const 1))
         (local.set $at (i32.const 9000))
         (i32.store (local.get $at) (i32.const 1))",
        "(i32.store (local.get $at) (i32.const 1))
         (i32.store (local.tee $at (i32.const 9000)) (i32.const 1))",
        "(i32.store (local.get $at) (i32.const 1))
         (loop
           (i32.store offset=4 (local.get $at) (i32.const 1))
           (local.set $at (i32.add (local.get $at) (i32.const 3000)))
           (br_if 0 (i32.lt_u (local.get $at) (i32.const 20000))))",
        "(i32.store (local.get $at) (i32.const 1))
         (loop
           (block (i32.store offset=4 (local.get $at) (i32.const 1)))
           (loop
             (i32.store offset=8 (local.get $at) (i32.const 1))
             (local.set $at (i32.add (local.get $at) (i32.const 3000))))
           (br_if 0 (i32.lt_u (local.get $at) (i32.const 20000))))",
        // Assigned while the address waits on the stack.
        "(i32.store (local.get $at) (local.tee $at (i32.const 9000)))
         (i32.store offset=4 (local.get $at) (i32.const 1))",
        "(i32.store (local.get $at)
           (block (result i32)
             (local.set $at (i32.const 9000))
             (i32.store (local.get $at) (i32.const 1))
             (i32.const 5)))",
        "(local.get $at)
         (local.set $at (i32.const 9000))
         (i32.store (local.get $at) (i32.const 1))
         (i32.const 5)
         (i32.store)",
        // The stack behind a jump.
        "(local.get $at)
         (local.get $other)
         (block (br 0) (drop))
         (i32.const 1)
         (i32.store)
         (drop)",
        "(local.get $other)
         (local.get $at)
         (block (br_if 1 (i32.load (i32.const 0))))
         (i32.const 1)
         (i32.store)
         (i32.const 2)
         (i32.store)",
    ] {
        accounts(&module(&format!(
            "(local $at i32) (local $other i32)
             (local.set $at (i32.const 1000)) (local.set $other (i32.const 30000)) {body}"
        )));
    }
}

/// A statement of a program that ends.
fn statement() -> impl Strategy<Value = String> {
    let local = 0..3_u32;
    let store = (local.clone(), 0..400_u32, value())
        .prop_map(|(local, offset, value)| {
            format!("(local.get {local}) {value} (i32.store offset={offset} align=1)")
        })
        .boxed();
    let constant = (0..20_000_u32, 0..400_u32).prop_map(|(address, offset)| {
        format!("(i32.store offset={offset} align=1 (i32.const {address}) (i32.const -1))")
    });
    let set = (local.clone(), local, 0..3_000_u32).prop_map(|(local, from, by)| {
        // Within the first of two pages, wherever it is added to.
        format!(
            "(local.set {local} (i32.and (i32.const 0xffff)
               (i32.add (local.get {from}) (i32.const {by}))))"
        )
    });
    let simple = prop_oneof![4 => store, 1 => constant, 2 => set];
    simple.prop_recursive(4, 40, 6, |inner| {
        let some = || prop::collection::vec(inner.clone(), 1..6).prop_map(|all| all.join("\n"));
        prop_oneof![
            (0..3_u32, 0..2_u32, some(), some()).prop_map(|(local, bit, always, rest)| format!(
                "(block {always} (br_if 0 {}) {rest})",
                condition(local, bit)
            )),
            (0..3_u32, 0..2_u32, some(), some()).prop_map(|(local, bit, then, other)| format!(
                "(if {} (then {then}) (else {other}))",
                condition(local, bit)
            )),
            // All loops together go round so often.
            some().prop_map(|body| format!(
                "(loop {body}
                   (local.set 3 (i32.add (local.get 3) (i32.const 1)))
                   (br_if 0 (i32.lt_u (local.get 3) (i32.const 20))))"
            )),
        ]
    })
}

/// A value to be stored, which may do something before.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("(i32.const -1)".to_owned()),
        1 => (0..3_u32, 0..60_000_u32)
            .prop_map(|(local, to)| format!("(local.tee {local} (i32.const {to}))")),
        1 => (0..3_u32, 0..400_u32, 0..60_000_u32).prop_map(|(local, offset, to)| format!(
            "(i32.store offset={offset} align=1 (local.get {local}) (i32.const -2))
             (local.set {local} (i32.const {to}))
             (i32.store offset={offset} align=1 (local.get {local}) (i32.const -4))
             (i32.const -3)"
        )),
    ]
}

fn condition(local: u32, bit: u32) -> String {
    format!("(i32.and (i32.const 1) (i32.shr_u (local.get {local}) (i32.const {bit})))")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_written_is_marked(
        statements in prop::collection::vec(statement(), 1..12),
        start in prop::array::uniform3(0..60_000_u32),
    ) {
        let [a, b, c] = start;
        accounts(&module(&format!(
            "(local i32 i32 i32 i32)
             (local.set 0 (i32.const {a})) (local.set 1 (i32.const {b})) (local.set 2 (i32.const {c}))
             (i32.store8 (i32.const 131071) (i32.const 1))
             (block {})",
            statements.join("\n")
        )));
    }
}
