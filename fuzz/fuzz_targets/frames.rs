//! Frames from the air, through the network server.
#![no_main]

use champollion_frames::device::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    fuzz::parse(input);
    assert!(!fuzz::verify(input) || fuzz::genuine().contains(&input.to_vec()), "a forgery");
});
