//! The memory of a decoder that has returned.
#![no_main]

use champollion_attacks::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    fuzz::output(input);
});
