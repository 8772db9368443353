//! Guests that want time, memory, tables or stack without end, and guests that crash.

use champollion_sandbox::{
    CallError::{Failed, OutOfFuel, OutOfMemory, TableTooLarge, Trapped},
    Limits,
    LoadError::{Instantiation, Invalid, NotADecoder},
};

use crate::{
    Attack,
    Refusal::{Call, Load},
    attack::attempt,
    guests::{Answer, Guest, component, contract},
};

const PAGE: usize = 64 << 10;

/// All the memory that there may be.
const WHOLE_MEMORY: &str = r#"(memory (export "memory") 64)"#;

pub(super) fn attacks() -> Vec<Attack> {
    [time(), space(), crashes(), memory_of_others(), functions_of_the_abi()]
        .into_iter()
        .flatten()
        .collect()
}

fn time() -> Vec<Attack> {
    vec![
        attempt!(
            "endless loop",
            Guest::running("(loop $again (br $again))").component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "endless recursion",
            Guest::running("(call $deeper)").with("(func $deeper (call $deeper))").component(),
            Call(champollion_sandbox::CallError::StackExhausted { limit: Limits::STACK_BYTES })
        ),
        attempt!(
            "endless tail calls",
            Guest::running("(call $on)").with("(func $on (return_call $on))").component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "start function that spins",
            Guest::new().with("(func $spin (loop $again (br $again))) (start $spin)").component(),
            Load(Instantiation(OutOfFuel { limit: Limits::FUEL }))
        ),
        attempt!(
            "memory.fill of 4 MiB in a loop",
            forever("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x400000))")
                .memory(WHOLE_MEMORY)
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "memory.copy of 2 MiB in a loop",
            forever("(memory.copy (i32.const 0) (i32.const 0x200000) (i32.const 0x200000))")
                .memory(WHOLE_MEMORY)
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "memory.init of 60 KB in a loop",
            forever("(memory.init $bytes (i32.const 65536) (i32.const 0) (i32.const 60000))")
                .with(&format!("(data $bytes \"{}\")", "x".repeat(60_000)))
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "table.fill of 10,000 elements in a loop",
            forever("(table.fill $table (i32.const 0) (ref.null func) (i32.const 10000))")
                .with("(table $table 10000 funcref)")
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "table.copy of 5,000 elements in a loop",
            forever("(table.copy $table $table (i32.const 0) (i32.const 5000) (i32.const 5000))")
                .with("(table $table 10000 funcref)")
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "memory.grow by nothing in a loop",
            forever("(drop (memory.grow (i32.const 0)))").component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "resource handles without end",
            hoarder(),
            Load(NotADecoder { reason }) if reason.contains("no use for")
        ),
    ]
}

fn space() -> Vec<Attack> {
    vec![
        attempt!(
            "memory.grow without end",
            forever("(drop (memory.grow (i32.const 1)))").component(),
            Call(OutOfMemory { wanted, limit: Limits::MEMORY_BYTES })
                if *wanted == Limits::MEMORY_BYTES + PAGE
        ),
        attempt!(
            "memory.grow to 3 GiB at once",
            forever("(drop (memory.grow (i32.const 49150)))").component(),
            Call(OutOfMemory { wanted, limit: Limits::MEMORY_BYTES }) if *wanted == 3 << 30
        ),
        attempt!(
            "memory.grow far beyond 4 GiB",
            forever("(drop (memory.grow (i32.const -1)))").component(),
            Call(OutOfMemory { wanted, limit: Limits::MEMORY_BYTES }) if *wanted >= 1 << 48
        ),
        attempt!(
            "table.grow without end",
            forever("(drop (table.grow $table (ref.null func) (i32.const 1)))")
                .with("(table $table 0 funcref)")
                .component(),
            Call(TableTooLarge { wanted: 10_001, limit: Limits::TABLE_ELEMENTS })
        ),
        attempt!(
            "table.grow beyond its own maximum, again and again",
            forever("(drop (table.grow $table (ref.null func) (i32.const 6)))")
                .with("(table $table 0 10 funcref)")
                .component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "two tables, each within the limit",
            forever(
                "(drop (table.grow $one (ref.null func) (i32.const 1)))
                 (drop (table.grow $two (ref.null func) (i32.const 1)))"
            )
            .with("(table $one 0 funcref) (table $two 0 funcref)")
            .component(),
            Call(TableTooLarge { wanted: 10_001, limit: Limits::TABLE_ELEMENTS })
        ),
        attempt!(
            "two declared tables, each within the limit",
            Guest::new().with("(table 6000 funcref) (table 6000 funcref)").component(),
            Load(Instantiation(TableTooLarge { wanted: 12_000, limit: Limits::TABLE_ELEMENTS }))
        ),
        attempt!(
            "a declared table larger than the limit",
            Guest::new().with("(table 10001 funcref)").component(),
            Load(Instantiation(TableTooLarge { wanted: 10_001, limit: Limits::TABLE_ELEMENTS }))
        ),
        attempt!(
            "4 GiB of memory declared",
            Guest::new().memory(r#"(memory (export "memory") 65536)"#).component(),
            Load(Instantiation(OutOfMemory { wanted, limit: Limits::MEMORY_BYTES }))
                if *wanted == 4 << 30
        ),
        attempt!(
            "a declared memory larger than the limit",
            Guest::new().memory(r#"(memory (export "memory") 65)"#).component(),
            Load(Instantiation(OutOfMemory { wanted, limit: Limits::MEMORY_BYTES }))
                if *wanted == Limits::MEMORY_BYTES + PAGE
        ),
        attempt!(
            "five tables",
            Guest::new().with(&"(table 1 funcref)".repeat(5)).component(),
            Load(Invalid { reason }) if reason.contains("table")
        ),
    ]
}

fn crashes() -> Vec<Attack> {
    vec![
        attempt!(
            "start function that traps",
            Guest::new().with("(func $crash unreachable) (start $crash)").component(),
            Load(Instantiation(Trapped { reason })) if reason.contains("panic")
        ),
        attempt!(
            "data segment beyond the memory",
            Guest::new().with(r#"(data (i32.const 0x7fffffff) "x")"#).component(),
            Load(Instantiation(Trapped { reason })) if reason.contains("out of bounds")
        ),
        attempt!(
            "element segment beyond the table",
            Guest::new()
                .with("(table 1 funcref) (func $f) (elem (i32.const 7) func $f)")
                .component(),
            Load(Instantiation(Trapped { reason })) if reason.contains("out of bounds")
        ),
        attempt!(
            "panic",
            Guest::running("unreachable").component(),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
        attempt!(
            "division by zero",
            Guest::running("(drop (i32.div_u (i32.const 1) (local.get $i)))").component(),
            Call(Trapped { reason }) if reason.contains("divide by zero")
        ),
        attempt!(
            "integer overflow",
            Guest::running("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))").component(),
            Call(Trapped { reason }) if reason.contains("overflow")
        ),
        attempt!(
            "NaN made an integer",
            Guest::running("(drop (i32.trunc_f64_s (f64.const nan)))").component(),
            Call(Trapped { reason }) if reason.contains("conversion")
        ),
        attempt!(
            "load beyond the memory",
            Guest::running("(drop (i64.load (i32.const -1)))").component(),
            Call(Trapped { reason }) if reason.contains("out of bounds")
        ),
        attempt!(
            "store 8 GiB away",
            Guest::running("(i64.store offset=0xffffffff (i32.const -1) (i64.const 1))")
                .component(),
            Call(Trapped { reason }) if reason.contains("out of bounds")
        ),
        attempt!(
            "call of a null function",
            Guest::running("(call_indirect (i32.const 0))").with("(table 1 funcref)").component(),
            Call(Trapped { reason }) if reason.contains("uninitialized")
        ),
        attempt!(
            "call of a function of another type",
            Guest::running("(call_indirect (i32.const 0))")
                .with("(table 1 funcref) (func $f (param i64)) (elem (i32.const 0) func $f)")
                .component(),
            Call(Trapped { reason }) if reason.contains("type mismatch")
        ),
    ]
}

/// A guest that answers only if it finds what it left in an earlier call, in a global, in memory, in
/// memory that it let grow, or in a table.
fn smuggler() -> Vec<u8> {
    let nothing = Answer::failure(3, b"nothing was left here");
    Guest::answering(nothing)
        .before_answer(
            "(if (i32.or
                   (i32.or (global.get $left) (i32.load (i32.const 32)))
                   (i32.or
                     (i32.eqz (ref.is_null (table.get $table (i32.const 3))))
                     (i32.gt_u (memory.grow (i32.const 1)) (i32.const 2))))
               (then unreachable))
             (global.set $left (i32.const 1))
             (i32.store (i32.const 32) (i32.const 1))
             (i32.store (i32.const 0x20000) (i32.const 1))
             (table.set $table (i32.const 3) (ref.func $f))",
        )
        .with(
            "(global $left (mut i32) (i32.const 0))
             (table $table 8 funcref) (func $f) (elem declare func $f)",
        )
        .component()
}

fn memory_of_others() -> Vec<Attack> {
    vec![attempt!(
        "state smuggled through globals, memory and tables",
        smuggler(),
        Call(Failed(failure)) if failure.message == "nothing was left here"
    )]
}

/// `cabi_realloc` runs before a function of the contract, and what cleans up runs after it.
fn functions_of_the_abi() -> Vec<Attack> {
    vec![
        attempt!(
            "cabi_realloc that traps",
            Guest::new().realloc("unreachable").component(),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
        attempt!(
            "cabi_realloc that spins",
            Guest::new().realloc("(loop $again (br $again)) unreachable").component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "cabi_realloc that points out of the memory",
            Guest::new().realloc("(i32.const -8)").component(),
            Call(Trapped { reason }) if reason.contains("beyond")
        ),
        attempt!(
            "cabi_realloc that points at an odd address",
            Guest::new().realloc("(i32.const 4097)").component(),
            Call(Trapped { reason }) if reason.contains("multiple of 8")
        ),
        attempt!(
            "post-return that spins",
            Guest::new().post_return("(loop $again (br $again))").component(),
            Call(OutOfFuel { limit: Limits::FUEL })
        ),
        attempt!(
            "post-return that traps",
            Guest::new().post_return("unreachable").component(),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
    ]
}

fn forever(code: &str) -> Guest {
    Guest::running(&format!("(loop $again {code} (br $again))"))
}

/// A decoder with a resource type of its own, which makes the host keep a handle each time.
fn hoarder() -> Vec<u8> {
    let world = contract().replace(
        "world decoder {",
        "interface vault { resource coin; } world decoder { export vault;",
    );
    let guest = forever("(drop (call $mint (i32.const 1)))").with(
        r#"(import "[export]champollion:decoder/vault@1.0.0" "[resource-new]coin"
            (func $mint (param i32) (result i32)))"#,
    );
    component(&world, "decoder", &guest.core())
}
