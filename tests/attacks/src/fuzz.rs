//! Entry points of the fuzz targets. Whatever the input is, nothing panics and nothing gets through that
//! breaks what the sandbox promises of a reading.
//!
//! Each function says whether the input got far, so that a test can see that some do.

use std::sync::LazyLock;

use champollion_registry::package::{Package, PackageError};
use champollion_sandbox::{
    Call, CallError, Command, Decoder, Downlink, Limits, Reading, Sandbox, SandboxConfig,
    SentDownlink, Settings, Specimen, Value, Variable,
};
use serde_json::{Map, Value as Json};

use crate::{
    attacks,
    guests::{Answer, BASE, Guest, Measured},
    package,
};

/// Fuel of one call: most inputs that loop would loop for ever, and the fuzzer has better to do.
const FUEL: u64 = 200_000;

/// Bytes of a file that is worth compiling again and again.
const FILE_BYTES: usize = 32 << 10;

/// Bytes of one edit of a good package: where, what, with what.
const EDIT_BYTES: usize = 4;

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let limits = Limits { fuel: FUEL, component_bytes: FILE_BYTES, ..Limits::default() };
    Sandbox::new(SandboxConfig { limits, ..SandboxConfig::default() }).expect("the engine starts")
});

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| package(good_guest().component()));

/// A decoder whose answer is its input.
static PUPPET: LazyLock<Decoder> = LazyLock::new(|| {
    let guest = Guest::new()
        .before_answer(&format!(
            "(memory.copy (i32.const {BASE}) (local.get $payload) (local.get $payload_len))"
        ))
        // Data is text, so each byte comes as two letters from a to p.
        .before_downlink(&format!(
            "(loop $next
               (if (i32.lt_u (local.get $i) (local.get $data_len))
                 (then
                   (i32.store8 (i32.add (i32.const {BASE}) (i32.shr_u (local.get $i) (i32.const 1)))
                     (i32.or
                       (i32.shl
                         (i32.sub
                           (i32.load8_u (i32.add (local.get $data) (local.get $i)))
                           (i32.const 97))
                         (i32.const 4))
                       (i32.sub
                         (i32.load8_u offset=1 (i32.add (local.get $data) (local.get $i)))
                         (i32.const 97))))
                   (local.set $i (i32.add (local.get $i) (i32.const 2)))
                   (br $next))))"
        ));
    SANDBOX.load(&guest.component()).unwrap_or_else(|error| panic!("{error}"))
});

/// A file on its way through everything that happens to it when it is published. With a first byte
/// that is even, the rest is the file; else it is what is changed in a good package. True where a
/// decoder came of it.
///
/// # Panics
/// Where something is found.
pub fn upload(input: &[u8]) -> bool {
    let Some((kind, rest)) = input.split_first() else { return false };
    let file = if kind % 2 == 0 { rest.to_vec() } else { edited(&GOOD, rest) };
    let package = Package::read(file.clone());
    if let Err(error) = &package {
        assert!(!error.to_string().is_empty());
    }
    let decoder = match SANDBOX.load(&file) {
        Ok(decoder) => decoder,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    // What the sandbox takes to be a component the registry must as well.
    if let Err(error @ (PackageError::NotWebAssembly(_) | PackageError::CoreModule)) = package {
        panic!("a decoder was made of what is said to be none: {error}");
    }
    let variable = Variable { name: "litres-per-pulse".into(), value: Value::Integer(10) };
    let settings = Settings { variables: vec![variable], state: vec![1, 2, 3] };
    let specimen = Specimen { f_port: 1, payload: vec![0, 1, 2, 3], ..Specimen::default() };
    check(&decoder.try_uplink(&specimen, &settings), check_reading);
    // The same input gives the same answer.
    let shown = |call: Call<Reading>| (format!("{:?}", call.result), call.fuel);
    assert_eq!(
        shown(decoder.try_uplink(&specimen, &settings)),
        shown(decoder.try_uplink(&specimen, &settings))
    );
    let command = Command { data: "{}".into(), issued_at: 0 };
    check(&decoder.encode_downlink(&command, &settings), check_downlink);
    let downlink = SentDownlink { f_port: 1, payload: vec![0], sent_at: 0 };
    check(&decoder.decode_downlink(&downlink, &settings), check_reading);
    true
}

/// Runs the bytes that a decoder leaves in its memory as its answer, from [`BASE`] on: of `decode-uplink`
/// where the first byte is even, else of `encode-downlink`. True where it was a good answer.
///
/// # Panics
/// Where something is found.
pub fn output(input: &[u8]) -> bool {
    let Some((kind, memory)) = input.split_first() else { return false };
    if kind % 2 == 0 {
        let specimen = Specimen { f_port: 1, payload: memory.to_vec(), ..Specimen::default() };
        let call = PUPPET.try_uplink(&specimen, &Settings::default());
        check(&call, check_reading);
        call.result.is_ok()
    } else {
        let letter = |nibble: u8| char::from(b'a' + nibble);
        let data = memory.iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 0xf)]).collect();
        let call = PUPPET.encode_downlink(&Command { data, issued_at: 0 }, &Settings::default());
        check(&call, check_downlink);
        call.result.is_ok()
    }
}

/// Returns the first inputs of the fuzzer: those of [`upload`] and of [`output`].
///
/// # Panics
/// Where the guest in Rust was not built.
#[must_use]
pub fn seeds() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let with = |kind: u8, rest: &[u8]| [&[kind], rest].concat();
    let files = attacks()
        .into_iter()
        .filter(|attack| attack.file.len() <= FILE_BYTES)
        .map(|attack| with(0, &attack.file));
    let uploads = files.chain([with(0, &GOOD), with(1, &[0, 100, 1, 1])]).collect();
    let outputs = vec![
        with(0, Answer::reading().bytes()),
        with(0, good_answer().bytes()),
        with(0, Answer::failure(3, b"why").bytes()),
        with(1, Answer::downlink(1, b"payload").bytes()),
        with(1, Answer::downlink(223, b"").downlink_warnings(&[b"late"]).bytes()),
        with(1, Answer::failure(5, b"why").bytes()),
    ];
    (uploads, outputs)
}

/// Applies edits of four bytes each: where, as a share of the whole file, then what, then with what.
fn edited(file: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for edit in edits.chunks_exact(EDIT_BYTES) {
        let share = usize::from(u16::from_be_bytes([edit[0], edit[1]]));
        let at = share * file.len() / (usize::from(u16::MAX) + 1);
        let (what, with) = (edit[2], edit[3]);
        match what % 4 {
            _ if file.is_empty() => {}
            0 => file[at] = with,
            1 => file[at] ^= 1 << (with % 8),
            2 => file.insert(at, with),
            _ => drop(file.drain(at..file.len().min(at + usize::from(with)))),
        }
    }
    file
}

/// A bit of everything that a reading can hold.
fn good_answer() -> Answer {
    let volume = Measured::new("water.volume", Value::Number(13.609));
    Answer::reading()
        .data(b"{\"volume\":13.609}")
        .measurements(&[
            Measured { measured_at: Some(1_767_225_600_000), span: Some((0, 4)), ..volume },
            Measured::new("alarm.leak", Value::Boolean(true)),
            Measured::new("pulse.count", Value::Integer(-1)),
        ])
        .warnings(&[b"late"])
        .state(&[1, 2, 3])
}

/// A bit of everything that a module can hold.
fn good_guest() -> Guest {
    Guest::answering(good_answer()).with_a_bit_of_everything()
}

fn check<T>(call: &Call<T>, promised: impl FnOnce(&T)) {
    assert!(call.fuel <= FUEL);
    match &call.result {
        Ok(answer) => promised(answer),
        Err(CallError::Failed(failure)) => assert!(failure.message.len() <= Limits::TEXT_BYTES),
        Err(error) => assert!(!error.to_string().is_empty() && !error.code().is_empty()),
    }
}

fn check_reading(reading: &Reading) {
    let data = reading.data.as_str();
    assert!(data.len() <= Limits::DATA_BYTES && !data.contains(['\n', '\r']));
    serde_json::from_str::<Map<String, Json>>(data).expect("data is a JSON object");
    let written = serde_json::to_string(reading).expect("a reading can be written");
    serde_json::from_str::<Json>(&written).expect("it can be read again");
    assert!(reading.measurements.len() <= Limits::MEASUREMENTS);
    for measurement in &reading.measurements {
        match &measurement.value {
            Value::Number(number) => assert!(number.is_finite()),
            Value::Text(text) => assert!(text.len() <= Limits::TEXT_BYTES),
            Value::Boolean(_) | Value::Integer(_) => {}
        }
    }
    assert!(reading.state.as_ref().is_none_or(|state| state.len() <= Limits::STATE_BYTES));
    check_warnings(&reading.warnings);
}

fn check_downlink(downlink: &Downlink) {
    assert!((1..=223).contains(&downlink.f_port) && downlink.payload.len() <= 242);
    check_warnings(&downlink.warnings);
}

fn check_warnings(warnings: &[String]) {
    assert!(warnings.len() <= Limits::WARNINGS);
    assert!(warnings.iter().all(|warning| warning.len() <= Limits::TEXT_BYTES));
}
