//! Payloads in the formats that the SDK reads for decoders: a value or a failure, and never a panic.
#![no_main]

use champollion_sdk::{
    Reader,
    families::{
        cayenne,
        channels::{self, Size},
        mbus, transport, water_meter,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    // Readings and failures are both right; only a panic is not.
    drop(cayenne::items(&mut Reader::new(payload)));
    if let Ok(telegram) = mbus::telegram(&mut Reader::new(payload)) {
        drop(water_meter::measurements(&telegram.records));
        drop(water_meter::told(&telegram.records));
    }
    drop(transport::head(&mut Reader::new(payload)));
    drop(channels::items::<2>(&mut Reader::new(payload), |[channel, kind]| match channel % 4 {
        0 => Some(Size::Bytes(usize::from(kind % 9))),
        1 => Some(Size::Counted),
        2 => Some(Size::Rest),
        _ => None,
    }));
    let mut clocks = Reader::new(payload);
    while clocks.date_time_f().or_else(|_| clocks.date_g()).is_ok() {}
});
