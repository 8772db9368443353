//! Payloads in the formats that the SDK reads for decoders: a value or a failure, and never a panic.
#![no_main]

use champollion_sdk::{
    Reader, Uplink,
    families::{
        b_meters, cayenne,
        channels::{self, Size},
        dali, decentlab,
        deltas::{self, Order},
        dragino, mbus, milesight, transport, water_meter,
        watteco::{
            self,
            batches::{self, Sample, Series},
        },
        wmbus,
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
    drop(wmbus::frame(&mut Reader::new(payload)));
    let differences = payload.iter().map(|byte| i64::from(byte.cast_signed()));
    drop(deltas::history((0, 1_000), differences, 100, Order::Backwards));
    of_makers(payload);
    for byte in payload {
        let _ = dali::Address::of(*byte).and_then(dali::Address::byte);
    }
    drop(channels::items::<2>(&mut Reader::new(payload), |[channel, kind]| match channel % 4 {
        0 => Some(Size::Bytes(usize::from(kind % 9))),
        1 => Some(Size::Counted),
        2 => Some(Size::Rest),
        _ => None,
    }));
    let mut clocks = Reader::new(payload);
    while clocks.date_time_f().or_else(|_| clocks.date_g()).is_ok() {}
});

/// A function of a meter, whose number the fuzzer finds.
#[derive(Clone, Copy, PartialEq)]
struct AnyFunction;

impl b_meters::Function for AnyFunction {
    const ALL: &'static [(Self, u8, &'static str)] = &[(Self, 0x07, "getFirmware")];
    const BEHIND: Option<u8> = Some(0x05);
}

/// The formats of single makers.
fn of_makers(payload: &[u8]) {
    drop(watteco::read(&mut Reader::new(payload)));
    let series = [Sample::Bit, Sample::Unsigned(16), Sample::Signed(32), Sample::Float];
    let series: Vec<Series> =
        (0..).zip(series).map(|(tag, sample)| Series { tag, sample, resolution: 1.0 }).collect();
    drop(batches::read(&mut Reader::new(payload), 2, &series));
    drop(b_meters::Exchange::<AnyFunction>::read(&mut Reader::new(payload)));
    drop(b_meters::read_clock(&mut Reader::new(payload)));
    drop(decentlab::sensors(&mut Reader::new(payload), [1, 2, 3]));
    drop(dragino::Battery::read(&mut Reader::new(payload)));
    drop(dragino::DeviceStatus::read(&mut Reader::new(payload)));
    let uplink = Uplink {
        f_port: milesight::PORT,
        payload: payload.to_vec(),
        received_at: 0,
        f_cnt: 0,
        variables: Vec::new(),
        state: Vec::new(),
    };
    drop(milesight::decode_uplink(&uplink, &[], |header, payload, told| {
        milesight::rows::read(&[&[milesight::rows::BATTERY]], header, payload, told)
    }));
}
