//! Payloads and commands in the formats that the SDK reads and writes for decoders: a value or a failure, and never a
//! panic; and what was written for a command is read back.
#![no_main]

use champollion_sdk::{
    Command, Downlink, Failure, Reader, Reading, SentDownlink, Uplink,
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
    downlinks(payload);
    if let Ok(data) = std::str::from_utf8(payload) {
        commands(data);
    }
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

/// The settings of Milesight's devices that are tried, one of each form.
static SETTINGS: [milesight::Setting; 4] = [
    milesight::Setting::new("reboot", 0x10, milesight::Form::Order(0xFF)),
    milesight::Setting::new(
        "interval",
        0x03,
        milesight::Form::Number(milesight::Number::whole(2, 1, 1_080)),
    ),
    milesight::Setting::new("reserved", 0x04, milesight::Form::Reserved(3)),
    milesight::Setting::new(
        "alarm",
        0x06,
        milesight::Form::Object(&[
            milesight::Field {
                name: "low",
                form: milesight::Form::Number(milesight::Number::whole(2, 0, 1_000)),
            },
            milesight::Field {
                name: "high",
                form: milesight::Form::Number(milesight::Number::whole(4, 0, 1_000)),
            },
        ]),
    ),
];

/// The commands of Dragino's devices that are tried.
const ORDERS: [dragino::Order; 5] = [
    dragino::TRANSMIT_INTERVAL,
    dragino::RESET,
    dragino::REQUEST_STATUS,
    dragino::Order { name: "alarm", code: &[0xA1], argument: dragino::Argument::Switch },
    dragino::Order {
        name: "limits",
        code: &[0xB2],
        argument: dragino::Argument::Numbers(&[
            ("low", dragino::Number::whole(2, -400, 1_250)),
            ("high", dragino::Number { parts: 100, ..dragino::Number::whole(2, -400, 1_250) }),
        ]),
    },
];

fn milesight_sent(downlink: &SentDownlink) -> Result<Reading, Failure> {
    milesight::decode_downlink(downlink, &SETTINGS, milesight::settings_alone::read)
}

fn dragino_sent(downlink: &SentDownlink) -> Result<Reading, Failure> {
    dragino::decode(downlink, &ORDERS)
}

/// Downlinks that a device was sent, read back.
fn downlinks(payload: &[u8]) {
    for f_port in [milesight::PORT, watteco::PORT] {
        let sent = sent(f_port, payload.to_vec());
        drop(watteco::decode_downlink(&sent));
        drop(milesight_sent(&sent));
        drop(dragino_sent(&sent));
    }
}

/// Commands of people, which are any text.
fn commands(data: &str) {
    let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
    drop(decentlab::encode(&command));
    read_back(watteco::encode_downlink(&command), watteco::decode_downlink);
    read_back(dragino::encode(&command, 1, &ORDERS), dragino_sent);
    let own = milesight::settings_alone::write;
    read_back(milesight::encode_downlink(&command, &SETTINGS, own), milesight_sent);
}

fn read_back(
    written: Result<Downlink, Failure>,
    read: impl FnOnce(&SentDownlink) -> Result<Reading, Failure>,
) {
    if let Ok(Downlink { f_port, payload, .. }) = written {
        let sent = sent(f_port, payload);
        assert!(read(&sent).is_ok(), "{:02X?} was written, and cannot be read", sent.payload);
    }
}

fn sent(f_port: u8, payload: Vec<u8>) -> SentDownlink {
    SentDownlink { f_port, payload, sent_at: 0, variables: Vec::new() }
}
