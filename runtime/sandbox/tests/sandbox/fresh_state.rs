//! Every call starts from fresh state: nothing of one call is there in the next, and nothing of one
//! decoder in another.

use champollion_sandbox::{CallError, CallLimits, Decoder, LoadError, OutputError, Reading, Value};

use crate::guests::{Answer, Guest, call, layout, load, sandbox};

const CALLS: usize = 20;

/// A page of memory more than the guest has at first.
const GROWN_PAGE: u32 = 3 << 16;

#[test]
fn a_global_is_reset() {
    let guest = counting("(global.get $count)").with("(global $count (mut i64) (i64.const 0))");
    always_zero(&guest.after_count("(global.set $count (i64.const 1))"));
}

#[test]
fn memory_is_reset() {
    let guest = counting("(i64.load (i32.const 32))");
    always_zero(&guest.after_count("(i64.store (i32.const 32) (i64.const 1))"));
}

#[test]
fn memory_that_was_grown_is_reset() {
    // What memory.grow returns is the size before it: that must be the same each time as well.
    let guest = counting(&format!(
        "(i64.extend_i32_u (i32.sub (memory.grow (i32.const 2)) (i32.const 2)))
         (i64.add (i64.load (i32.const {GROWN_PAGE})))"
    ));
    always_zero(&guest.after_count(&format!("(i64.store (i32.const {GROWN_PAGE}) (i64.const 1))")));
}

#[test]
fn a_table_is_reset() {
    let guest = counting(
        "(i64.extend_i32_u (i32.eqz (ref.is_null (table.get $table (i32.const 3)))))
         (i64.add (i64.extend_i32_u (i32.sub (table.size $table) (i32.const 8))))",
    )
    .with("(table $table 8 funcref) (func $f) (elem declare func $f)");
    always_zero(&guest.after_count(
        "(table.set $table (i32.const 3) (ref.func $f))
         (drop (table.grow $table (ref.func $f) (i32.const 5)))",
    ));
}

#[test]
fn dropped_segments_are_there_again() {
    // Both would trap if the segments were still dropped.
    let guest = counting("(i64.const 0)")
        .with(
            "(data $bytes \"x\")
             (table $table 1 funcref) (func $f) (elem $elements func $f)",
        )
        .after_count(
            "(memory.init $bytes (i32.const 32) (i32.const 0) (i32.const 1))
             (data.drop $bytes)
             (table.init $table $elements (i32.const 0) (i32.const 0) (i32.const 1))
             (elem.drop $elements)",
        );
    always_zero(&guest);
}

#[test]
fn a_trap_leaves_nothing_behind() {
    // It marks its memory, and then it crashes if the mark was there before.
    let marks = Guest::running(
        "(local.set $i (i32.load (i32.const 32)))
         (i32.store (i32.const 32) (i32.const 1))
         (if (local.get $i) (then (loop $again (br $again))))
         unreachable",
    );
    let decoder = load(&sandbox(), &marks.component());
    let first = call(&decoder);
    assert_eq!(first.result.as_ref().unwrap_err().code(), "trapped");
    for _ in 0..CALLS {
        let next = call(&decoder);
        assert_eq!((next.result.unwrap_err().code(), next.fuel), ("trapped", first.fuel));
    }
}

/// The spy is given the slots of the pool that the writer has just left, and reads all that it can.
#[test]
fn no_byte_of_one_decoder_is_seen_by_another() {
    const WHOLE_MEMORY: &str = r#"(memory (export "memory") 64)"#;
    let sandbox = sandbox();
    let writer = Guest::running(
        "(memory.fill (i32.const 65536) (i32.const 0xaa) (i32.const 0x3f0000))
         (table.fill $table (i32.const 0) (ref.func $f) (i32.const 9000))",
    )
    .with("(table $table 9000 funcref) (func $f) (elem declare func $f)")
    .memory(WHOLE_MEMORY);
    let spy = counting("(local.get $j)").before_count(
        "(local.set $i (i32.const 65536))
         (loop $next
           (local.set $j (i64.or (local.get $j) (i64.load (local.get $i))))
           (local.set $i (i32.add (local.get $i) (i32.const 8)))
           (br_if $next (i32.lt_u (local.get $i) (i32.const 0x400000))))
         (local.set $i (i32.const 0))
         (loop $next
           (local.set $j (i64.or (local.get $j) (i64.extend_i32_u
             (i32.eqz (ref.is_null (table.get $table (local.get $i)))))))
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $next (i32.lt_u (local.get $i) (i32.const 9000))))",
    );
    let spy = spy.with("(table $table 9000 funcref)").memory(WHOLE_MEMORY);
    let (writer, spy) = (load(&sandbox, &writer.component()), load(&sandbox, &spy.component()));
    for _ in 0..CALLS {
        call(&writer).result.expect("the writer writes");
        assert_eq!(count(&spy), 0, "a byte or an element of another decoder was seen");
    }
}

/// Packages that differ in what is around their code are called in the same instances.
#[test]
fn packages_with_the_same_code_see_nothing_of_each_other() {
    let sandbox = sandbox();
    let guest = counting("(i64.add (global.get $count) (i64.load (i32.const 32)))")
        .with("(global $count (mut i64) (i64.const 0))")
        .after_count("(global.set $count (i64.const 1)) (i64.store (i32.const 32) (i64.const 1))");
    let one = load(&sandbox, &guest.component());
    let other = load(&sandbox, &in_another_package(guest.component()));
    assert_ne!(one.digest(), other.digest());
    for _ in 0..CALLS {
        assert_eq!((count(&one), count(&other)), (0, 0));
    }
    drop(one);
    assert_eq!(count(&other), 0, "the code is there as long as one of them is");
}

#[test]
fn packages_with_the_same_code_have_their_own_limits() {
    let sandbox = sandbox();
    let guest = counting("(i64.extend_i32_u (memory.grow (i32.const 2)))").before_count(
        "(loop $next
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $next (i32.lt_u (local.get $i) (i32.const 100000))))",
    );
    let guest = guest.component();
    let one = load(&sandbox, &guest);
    let load = |limits: &CallLimits| {
        assert!(call(&one).result.is_ok());
        sandbox.load_within(&in_another_package(guest.clone()), limits)
    };
    let lower = |limits: &CallLimits| {
        let other = load(limits).expect("it is within the limits");
        call(&other).result.expect_err("its own limit is lower")
    };
    let fuel = lower(&CallLimits { fuel: Some(100_000), ..CallLimits::default() });
    assert!(matches!(fuel, CallError::OutOfFuel { limit: 100_000 }), "{fuel}");
    let pages = Some(3 << 16);
    let memory = lower(&CallLimits { memory_bytes: pages, ..CallLimits::default() });
    assert!(matches!(memory, CallError::OutOfMemory { limit: 196_608, .. }), "{memory}");
    let measurements = lower(&CallLimits { measurements: Some(0), ..CallLimits::default() });
    let what = "measurements";
    let too_many = CallError::Output(OutputError::TooMany { what, count: 1, limit: 0 });
    assert_eq!(measurements.to_string(), too_many.to_string());
    // Not even an instance can be made.
    let refused = load(&CallLimits { fuel: Some(20), ..CallLimits::default() });
    let refused = refused.map(drop).expect_err("it cannot start");
    let out_of_fuel = CallError::OutOfFuel { limit: 20 };
    assert_eq!(refused.to_string(), LoadError::Instantiation(out_of_fuel).to_string());
}

/// The same code with another digest, as if another manifest were with it.
fn in_another_package(mut component: Vec<u8>) -> Vec<u8> {
    /// A custom section without content, whose name is one letter.
    const SECTION: [u8; 4] = [0, 2, 1, b'x'];
    component.extend(SECTION);
    component
}

/// The test of the tests above: a guest that does find something says so.
#[test]
fn a_spy_sees_what_is_there() {
    let spy = counting("(i64.load (i32.const 32))")
        .before_count("(i64.store (i32.const 32) (i64.const 7))");
    assert_eq!(count(&load(&sandbox(), &spy.component())), 7);
}

/// A guest that answers with a count, which it first reads and then changes.
struct Counting {
    answer: Answer,
    read: String,
    before: String,
    after: String,
    fields: String,
    memory: Option<&'static str>,
}

/// A guest whose count is this expression.
fn counting(read: &str) -> Counting {
    Counting {
        answer: Answer::reading().measurement_of("pulse.count", Value::Integer(-1)),
        read: read.into(),
        before: String::new(),
        after: String::new(),
        fields: String::new(),
        memory: None,
    }
}

impl Counting {
    fn with(self, fields: &str) -> Self {
        Self { fields: fields.into(), ..self }
    }

    fn memory(self, memory: &'static str) -> Self {
        Self { memory: Some(memory), ..self }
    }

    fn before_count(self, before: &str) -> Self {
        Self { before: before.into(), ..self }
    }

    fn after_count(self, after: &str) -> Self {
        Self { after: after.into(), ..self }
    }

    fn component(&self) -> Vec<u8> {
        let Self { answer, read, before, after, fields, memory } = self;
        let value = answer.first_measurement() as usize + layout::VALUE + 8;
        let guest = Guest::answering(answer.clone())
            .with(fields)
            .before_answer(&format!("{before} (i64.store (i32.const {value}) {read}) {after}"));
        memory.map_or(guest.clone(), |memory| guest.memory(memory)).component()
    }
}

fn always_zero(guest: &Counting) {
    let decoder = load(&sandbox(), &guest.component());
    let first = call(&decoder);
    for _ in 0..CALLS {
        let next = call(&decoder);
        assert_eq!(counted(&next.result.expect("it answers")), 0);
        assert_eq!(next.fuel, first.fuel);
    }
    assert_eq!(counted(&first.result.expect("it answers")), 0);
}

fn count(decoder: &Decoder) -> i64 {
    counted(&call(decoder).result.expect("it answers"))
}

fn counted(reading: &Reading) -> i64 {
    match reading.measurements[0].value {
        Value::Integer(count) => count,
        ref other => panic!("{other:?} is no count"),
    }
}
