use wasmtime::{Config, Engine, Instance, Module, Store, Trap};

use super::*;

/// A module with a memory of two pages that runs this.
pub(super) fn module(body: &str) -> String {
    format!(r#"(module (memory (export "memory") 2) (func (export "run") {body}))"#)
}

pub(super) fn rewritten(wat: &str) -> Result<Vec<u8>, BarrierError> {
    account_for_writes(&wat::parse_str(wat).expect("the module is right"))
}

/// Runs a module and gives what it wrote, by comparing, and the cards that it marked.
fn run(wat: &str) -> (wasmtime::Result<()>, Vec<usize>, Vec<usize>) {
    let mut config = Config::new();
    config.wasm_multi_memory(true);
    let engine = Engine::new(&config).expect("there is an engine");
    let bytes = rewritten(wat).expect("the module can be rewritten");
    let module = Module::new(&engine, bytes).expect("what is rewritten is valid");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("it can be instantiated");
    let memory = instance.get_memory(&mut store, "memory").expect("it has a memory");
    let before = memory.data(&store).to_vec();
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("it can be run");
    let result = run.call(&mut store, ());
    let written = before
        .iter()
        .zip(memory.data(&store))
        .enumerate()
        .filter_map(|(at, (before, after))| (before != after).then_some(at))
        .collect();
    let cards = instance.get_memory(&mut store, CARDS).expect("it has cards");
    let marked =
        (0..cards.data_size(&store)).filter(|card| cards.data(&store)[*card] != 0).collect();
    (result, written, marked)
}

/// Each byte that was written lies in a marked card or in the overhang of one.
pub(super) fn accounts(wat: &str) {
    let (result, written, marked) = run(wat);
    result.expect("it runs");
    assert!(!written.is_empty(), "{wat}");
    for at in written {
        let covered = marked.iter().any(|card| {
            let card = card * CARD_BYTES..(card + 1) * CARD_BYTES + OVERHANG_BYTES;
            card.contains(&at)
        });
        assert!(covered, "byte {at} is in none of the cards {marked:?}: {wat}");
    }
}

#[test]
fn every_store_marks_its_card_wherever_it_begins() {
    let stores = [
        "i32.store",
        "i32.store8",
        "i32.store16",
        "i64.store",
        "i64.store8",
        "i64.store16",
        "i64.store32",
        "f32.store",
        "f64.store",
    ];
    for store in stores {
        let value = match &store[..3] {
            "i32" => "(i32.const -1)",
            "i64" => "(i64.const -1)",
            "f32" => "(f32.const nan:0x7fffff)",
            _ => "(f64.const nan:0xfffffffffffff)",
        };
        for (address, offset) in
            [(0, 0), (CARD_BYTES - 1, 0), (CARD_BYTES * 3, 9), (5, 70_000), (131_064, 0)]
        {
            accounts(&module(&format!(
                "({store} offset={offset} align=1 (i32.const {address}) {value})"
            )));
        }
    }
}

#[test]
fn ranges_mark_all_their_cards() {
    for (address, length) in [(0, 1), (CARD_BYTES - 1, 2), (100, 5_000), (0, 2 << 16), (131_071, 1)]
    {
        accounts(&module(&format!(
            "(memory.fill (i32.const {address}) (i32.const 7) (i32.const {length}))"
        )));
    }
    accounts(&module(
        "(i32.store (i32.const 8) (i32.const 1))
         (memory.copy (i32.const 9000) (i32.const 0) (i32.const 2000))",
    ));
    let (result, written, marked) =
        run(&module("(memory.fill (i32.const 64) (i32.const 7) (i32.const 0))"));
    result.expect("it runs");
    assert!(written.is_empty() && marked.is_empty(), "{marked:?}");
}

#[test]
fn parameters_and_locals_keep_their_values() {
    accounts(
        r#"(module (memory (export "memory") 2)
             (func $put (param $at i32) (param $a i64) (param $b f64) (local $c i32)
               (local.set $c (i32.const 3))
               (i64.store (local.get $at) (local.get $a))
               (f64.store offset=8 (local.get $at) (local.get $b))
               (i32.store offset=16 (local.get $at) (local.get $c))
               (if (i32.ne (i32.load offset=16 (local.get $at)) (i32.const 3)) (then unreachable))
               (if (i64.ne (i64.load (local.get $at)) (local.get $a)) (then unreachable)))
             (func (export "run") (call $put (i32.const 600) (i64.const 5) (f64.const 1.5))))"#,
    );
}

#[test]
fn what_is_out_of_bounds_still_traps() {
    for body in [
        "(i32.store (i32.const 131072) (i32.const 1))",
        "(i32.store offset=4294967295 (i32.const 1) (i32.const 1))",
        "(i64.store (i32.const -1) (i64.const 1))",
        "(memory.fill (i32.const 131000) (i32.const 1) (i32.const 100))",
        "(memory.fill (i32.const 16) (i32.const 1) (i32.const -1))",
        "(memory.copy (i32.const -1) (i32.const 0) (i32.const 2))",
    ] {
        let (result, written, _) = run(&module(body));
        let error = result.expect_err("it traps");
        assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{body}");
        assert!(written.is_empty(), "{body}");
    }
}

#[test]
fn mutable_globals_are_exported() {
    let bytes = rewritten(
        r#"(module (memory 1) (global i32 (i32.const 1)) (global (mut i32) (i32.const 2))
             (global (mut f64) (f64.const 3)) (func (export "run")))"#,
    )
    .expect("it can be rewritten");
    let mut config = Config::new();
    config.wasm_multi_memory(true);
    let engine = Engine::new(&config).expect("there is an engine");
    let module = Module::new(&engine, bytes).expect("it is valid");
    let exports: Vec<&str> = module.exports().map(|export| export.name()).collect();
    assert_eq!(exports, ["run", CARDS, "kept:global.1", "kept:global.2"]);
}

#[test]
fn what_leaves_traces_elsewhere_is_refused() {
    for (body, name) in [
        ("(table.set (i32.const 0) (ref.null func))", "table.set"),
        ("(drop (table.grow (ref.null func) (i32.const 1)))", "table.grow"),
        ("(table.fill (i32.const 0) (ref.null func) (i32.const 1))", "table.fill"),
        ("(table.copy (i32.const 0) (i32.const 0) (i32.const 1))", "table.copy"),
        ("(data.drop 0)", "data.drop"),
        ("(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))", "memory.init"),
    ] {
        let wat = format!(
            r#"(module (memory (export "memory") 2) (table 1 funcref) (data "x")
                 (func (export "run") {body}))"#
        );
        let error = rewritten(&wat).expect_err("it is refused").to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn modules_of_another_build_are_refused() {
    for wat in [
        r#"(module (memory 1) (memory 1) (func (export "run")))"#,
        r#"(module (import "a" "memory" (memory 1)) (func (export "run")))"#,
        r#"(module (import "a" "g" (global i32)) (memory 1) (func (export "run")))"#,
        r#"(module (memory 1) (func $start) (start $start) (func (export "run")))"#,
    ] {
        assert!(matches!(rewritten(wat), Err(BarrierError::Unexpected(_))), "{wat}");
    }
    assert!(matches!(account_for_writes(b"no module"), Err(BarrierError::Unreadable(_))));
}
