//! Feeds a derived decoder with readings that nobody wrote: those of its vectors with other values, or without some.

use champollion_sandbox::{CallError, Decoder};
use champollion_sdk::{
    chance::Numbers,
    vectors::{Input, MeasuredInput, ReadingInput, Setting},
};

use super::random::{Misbehaved, Payload, SEED, Tried};
use crate::package::{Package, run};

/// Values at which formulas go wrong: nothing, less than nothing, and numbers that are very small and very large.
const ODD: [f64; 6] = [0.0, -1.0, 1e-9, 1e12, -1e12, 0.1];

/// Tries a derived decoder on so many readings.
pub(super) fn try_out(package: &Package, decoder: &Decoder, count: usize) -> Tried {
    let mut tried = Tried::default();
    let readings: Vec<&ReadingInput> = package
        .vectors()
        .iter()
        .filter_map(|vector| match &vector.input {
            Input::Reading(reading) => Some(reading),
            _ => None,
        })
        .collect();
    if readings.is_empty() {
        return tried;
    }
    let mut numbers = Numbers::new(SEED);
    for _ in 0..count {
        let reading = readings[numbers.below(readings.len() as u64)];
        let call = run(decoder, &Input::Reading(changed(reading, &mut numbers)));
        tried.tried += 1;
        tried.fuel = tried.fuel.saturating_add(call.fuel);
        match call.result {
            Ok(_) => tried.readings += 1,
            Err(CallError::Failed(_)) => tried.failures += 1,
            Err(error) => {
                let specimen = Payload { f_port: 0, payload: Vec::new() };
                let (code, first) =
                    (error.code(), Misbehaved { count: 0, tried: count, error, specimen });
                tried.misbehaved.entry(code).or_insert(first).count += 1;
            }
        }
    }
    tried
}

/// A reading with other values, and without some.
fn changed(reading: &ReadingInput, numbers: &mut Numbers) -> ReadingInput {
    let mut changed = reading.clone();
    changed.measurements.retain(|_| numbers.below(8) > 0);
    for MeasuredInput { value, .. } in &mut changed.measurements {
        match (numbers.below(2), &value) {
            (0, Setting::Number(_) | Setting::Integer(_)) => *value = number(value, numbers),
            (0, Setting::Boolean(boolean)) => *value = Setting::Boolean(!boolean),
            _ => {}
        }
    }
    if numbers.below(4) == 0 {
        changed.remembered = None;
    }
    changed
}

/// Another number of the same type.
fn number(value: &Setting, numbers: &mut Numbers) -> Setting {
    let odd = ODD[numbers.below(ODD.len() as u64)];
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "any whole number will do")]
        Setting::Integer(_) => Setting::Integer(odd as i64),
        _ => Setting::Number(odd),
    }
}
