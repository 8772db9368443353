//! Every vector of every first-party decoder gives the same bytes for the same fuel: again and again,
//! in any order, on one thread and on many, in another sandbox.

use std::{sync::Barrier, thread};

use champollion_registry::package::run;
use champollion_sdk::vectors::Input;

use crate::support::{Loaded, all, load};

/// More than there are cores, so that they interrupt each other.
const THREADS: usize = 4;

/// The outcome of a call, to be compared byte by byte.
#[derive(Debug, PartialEq)]
struct Outcome {
    answered: String,
    fuel: u64,
}

#[test]
fn vectors_are_answered_alike_in_every_order() {
    for loaded in all() {
        let count = loaded.package.vectors().len();
        let forwards = loaded.answers();
        // Outwards from the middle, with a step that shares no divisor with the number of vectors,
        // so that each is met once; and the whole way back.
        let step = (2..).find(|step| gcd(*step, count) == 1).unwrap_or(1);
        let scattered = (0..count).map(|index| (count / 2 + index * step) % count);
        for index in scattered.chain((0..count).rev()) {
            assert_eq!(loaded.answer(index), forwards[index], "{}", loaded.vector(index));
        }
        // The same one after the other leaves nothing to itself either.
        for (index, first) in forwards.iter().enumerate() {
            let again = [loaded.answer(index), loaded.answer(index)];
            assert!(again.iter().all(|answer| answer == first), "{}", loaded.vector(index));
        }
    }
}

#[test]
fn vectors_are_answered_alike_on_many_threads() {
    let alone: Vec<Vec<Outcome>> = all().iter().map(Loaded::answers).collect();
    let barrier = Barrier::new(THREADS);
    let on_thread = |thread: usize| {
        barrier.wait();
        for round in 0..3 {
            for (loaded, alone) in all().iter().zip(&alone) {
                // Each thread begins elsewhere, so that different vectors run at the same time.
                let count = alone.len();
                let start = (thread * count / THREADS + round) % count;
                for index in (start..count).chain(0..start) {
                    assert_eq!(loaded.answer(index), alone[index], "{}", loaded.vector(index));
                }
            }
        }
    };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || on_thread(thread));
        }
    });
}

#[test]
fn vectors_are_answered_alike_by_another_sandbox() {
    let (_, again) = load();
    for (first, again) in all().iter().zip(&again) {
        assert_eq!(first.answers(), again.answers(), "{}", first.package.manifest().id);
    }
}

impl Loaded {
    fn answer(&self, index: usize) -> Outcome {
        let input: &Input = &self.package.vectors()[index].input;
        let call = run(&self.decoder, input);
        let answered = match &call.result {
            Ok(answer) => serde_json::to_string(answer).unwrap(),
            Err(error) => error.to_string(),
        };
        Outcome { answered, fuel: call.fuel }
    }

    fn answers(&self) -> Vec<Outcome> {
        (0..self.package.vectors().len()).map(|index| self.answer(index)).collect()
    }

    fn vector(&self, index: usize) -> String {
        format!("{}: {}", self.package.manifest().id, self.package.vectors()[index].name)
    }
}

fn gcd(one: usize, other: usize) -> usize {
    if other == 0 { one } else { gcd(other, one % other) }
}
