//! Same input, same output, same fuel, on every machine and however many threads there are. That
//! every vector of every decoder keeps to it, the registry's tests show.

use std::{sync::Barrier, thread};

use crate::guests::{Answer, Guest, call, load, sandbox};

/// More threads than the pool has instances.
const CROWD: usize = 200;

/// Processors differ in the bits of a NaN that they compute.
#[test]
fn the_bits_of_a_computed_nan_are_the_same_everywhere() {
    let answer = Answer::reading().state(&[0; 8]);
    let bits = answer.end() - 8;
    let computes = Guest::answering(answer).before_answer(&format!(
        "(f64.store (i32.const {bits})
           (f64.mul (f64.const -nan:0x4000000abcdef) (f64.convert_i32_u (local.get $f_cnt))))"
    ));
    let reading = call(&load(&sandbox(), &computes.component())).result.expect("it answers");
    assert_eq!(reading.state, Some(f64::from_bits(0x7ff8_0000_0000_0000).to_le_bytes().to_vec()));
}

/// A busy machine never turns a good frame into a failure.
#[test]
fn more_calls_than_instances_wait_for_each_other() {
    // Long enough that threads are interrupted in the middle of a call.
    let busy = Guest::running(
        "(loop $again
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const 1200000))))",
    );
    let decoder = load(&sandbox(), &busy.component());
    let alone = call(&decoder).fuel;
    let barrier = Barrier::new(CROWD);
    let calls: Vec<_> = thread::scope(|scope| {
        let caller = || {
            barrier.wait();
            call(&decoder)
        };
        let threads: Vec<_> = (0..CROWD).map(|_| scope.spawn(caller)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    for call in calls {
        assert_eq!(call.result.map(|reading| reading.data.to_string()), Ok("{}".into()));
        assert_eq!(call.fuel, alone);
    }
}
