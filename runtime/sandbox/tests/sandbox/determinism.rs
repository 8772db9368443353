//! Same input, same output, same fuel: in any order, on any thread, however many there are.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Barrier, OnceLock},
    thread,
};

use champollion_sandbox::{
    CallError, Command, Decoder, Sandbox, SentDownlink, Settings, Specimen, Value, Variable,
};
use champollion_sdk::vectors::{self, Input, Setting, Vector};
use serde_json::{Value as Json, json};
use wasmparser::{Parser, Payload};

use crate::guests::{Answer, Guest, call, load, sandbox};

/// More threads than the pool has instances.
const CROWD: usize = 200;

struct Package {
    name: String,
    decoder: Decoder,
    vectors: Vec<Vector>,
}

/// What a call came to, to be compared.
#[derive(Debug, PartialEq)]
struct Outcome {
    answered: Json,
    fuel: u64,
}

#[test]
fn vectors_are_answered_alike_in_every_order() {
    for package in packages() {
        let forwards: Vec<Outcome> =
            package.vectors.iter().map(|vector| run(&package.decoder, &vector.input)).collect();
        let mut backwards: Vec<Outcome> = package
            .vectors
            .iter()
            .rev()
            .map(|vector| run(&package.decoder, &vector.input))
            .collect();
        backwards.reverse();
        assert_eq!(forwards, backwards, "{}", package.name);
        // From the middle outwards, with each vector twice in a row.
        let count = package.vectors.len();
        for step in 0..count {
            let index = (count / 2 + step * 7) % count;
            for _ in 0..2 {
                let again = run(&package.decoder, &package.vectors[index].input);
                assert_eq!(again, forwards[index], "{}", package.name);
            }
        }
    }
}

#[test]
fn vectors_are_answered_alike_on_several_threads() {
    const THREADS: usize = 4;
    let alone: Vec<Vec<Outcome>> = packages().iter().map(answers).collect();
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                for (package, alone) in packages().iter().zip(&alone) {
                    assert_eq!(&answers(package), alone, "{}", package.name);
                }
            });
        }
    });
}

#[test]
fn vectors_are_answered_alike_by_another_sandbox() {
    let (_, again) = load_packages();
    for (package, again) in packages().iter().zip(&again) {
        assert_eq!(answers(package), answers(again), "{}", package.name);
    }
}

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

/// The packages of the first-party decoders, loaded once for all tests.
fn packages() -> &'static [Package] {
    static PACKAGES: OnceLock<(Sandbox, Vec<Package>)> = OnceLock::new();
    &PACKAGES.get_or_init(load_packages).1
}

fn load_packages() -> (Sandbox, Vec<Package>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/decoders");
    let missing = "there are no packages in target/decoders: run `cargo xtask guests` first";
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("{missing}"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    assert!(!files.is_empty(), "{missing}");
    files.sort();
    let sandbox = sandbox();
    let packages = files
        .iter()
        .map(|path| {
            let file = fs::read(path).expect("the package can be read");
            let name = path.display().to_string();
            Package { name, decoder: load(&sandbox, &file), vectors: vectors_of(&file) }
        })
        .collect();
    (sandbox, packages)
}

fn vectors_of(file: &[u8]) -> Vec<Vector> {
    let section = Parser::new(0).parse_all(file).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == "champollion:vectors@1" => {
            Some(section.data())
        }
        _ => None,
    });
    let json = std::str::from_utf8(section.expect("a package has vectors")).expect("they are text");
    let vectors = vectors::parse(json).expect("they are vectors");
    assert!(!vectors.is_empty(), "a package without vectors shows nothing");
    vectors
}

fn answers(package: &Package) -> Vec<Outcome> {
    package.vectors.iter().map(|vector| run(&package.decoder, &vector.input)).collect()
}

fn run(decoder: &Decoder, input: &Input) -> Outcome {
    let settings = |set: &BTreeMap<String, Setting>, state: &[u8]| Settings {
        variables: set
            .iter()
            .map(|(name, setting)| Variable { name: name.clone(), value: value(setting) })
            .collect(),
        state: state.to_vec(),
    };
    let milliseconds = |moment: jiff::Timestamp| {
        u64::try_from(moment.as_millisecond()).expect("vectors are younger than 1970")
    };
    match input {
        Input::Uplink(input) => {
            let specimen = Specimen {
                f_port: input.f_port,
                f_cnt: input.f_cnt,
                payload: input.payload.0.clone(),
                received_at: milliseconds(input.received_at),
            };
            let call = decoder.try_uplink(&specimen, &settings(&input.variables, &input.state.0));
            Outcome { answered: shown(call.result), fuel: call.fuel }
        }
        Input::Command(input) => {
            let command =
                Command { data: input.data.to_string(), issued_at: milliseconds(input.issued_at) };
            let call = decoder.encode_downlink(&command, &settings(&input.variables, &[]));
            Outcome { answered: shown(call.result), fuel: call.fuel }
        }
        Input::Downlink(input) => {
            let downlink = SentDownlink {
                f_port: input.f_port,
                payload: input.payload.0.clone(),
                sent_at: milliseconds(input.sent_at),
            };
            let call = decoder.decode_downlink(&downlink, &settings(&input.variables, &[]));
            Outcome { answered: shown(call.result), fuel: call.fuel }
        }
    }
}

fn shown<T: serde::Serialize>(result: Result<T, CallError>) -> Json {
    match result {
        Ok(answer) => json!(answer),
        Err(error) => json!(error.to_string()),
    }
}

fn value(setting: &Setting) -> Value {
    match setting {
        Setting::Boolean(boolean) => Value::Boolean(*boolean),
        Setting::Integer(integer) => Value::Integer(*integer),
        Setting::Number(number) => Value::Number(*number),
        Setting::Text(text) => Value::Text(text.clone()),
    }
}
