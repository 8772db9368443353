//! Decoding one telegram of a water meter: in the sandbox with a fresh instance, and natively; on two
//! threads, for the first time, and among a thousand decoders, of which each has its own code or all have
//! the same.

use std::{
    fs,
    hint::black_box,
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use axioma_qalcosonic_w1::QalcosonicW1;
use champollion_benches::{
    AXIOMA_EXTENDED, AXIOMA_RECEIVED_AT, figure, package, resident_bytes, water_meter,
    water_meter_frame,
};
use champollion_registry::LoadedDecoder;
use champollion_sandbox::{Decoder, Digest, Sandbox, SandboxConfig, Settings, Specimen};
use champollion_sdk::{Decoder as _, Uplink};
use criterion::{Criterion, criterion_group, criterion_main};
use tempfile::TempDir;

/// Number of decoders that are called in turn.
const MANY: usize = 1_000;

fn one(criterion: &mut Criterion) {
    let decoder = water_meter();
    let frame = water_meter_frame();
    let settings = Settings::default();
    criterion.bench_function("decode.rust.fresh", |bencher| {
        bencher.iter(|| {
            let call = decoder.decode_uplink(black_box(frame.uplink()), &settings);
            call.result.expect("the telegram is a good one")
        });
    });

    let (f_port, payload) = AXIOMA_EXTENDED;
    let uplink = Uplink {
        f_port,
        f_cnt: 7,
        payload: payload.to_vec(),
        received_at: AXIOMA_RECEIVED_AT,
        variables: Vec::new(),
        state: Vec::new(),
    };
    criterion.bench_function("decode.rust.native", |bencher| {
        bencher.iter(|| {
            QalcosonicW1::decode_uplink(black_box(&uplink)).expect("the telegram is a good one")
        });
    });
}

/// Measures the calls of two threads against those of one in the same time.
fn two_threads(_: &mut Criterion) {
    let decoder = water_meter();
    // Alternating, since a shared machine is not equally fast all the time; the median of the ratios.
    let mut ratios: Vec<f64> =
        (0..9).map(|_| calls_per_second(&decoder, 2) / calls_per_second(&decoder, 1)).collect();
    ratios.sort_by(f64::total_cmp);
    figure("decode.rust.2threads", format!("{:.2}", ratios[ratios.len() / 2]), "times one thread");
}

fn calls_per_second(decoder: &Arc<LoadedDecoder>, threads: usize) -> f64 {
    const TIME: Duration = Duration::from_millis(300);
    let start = Arc::new(Barrier::new(threads));
    let running: Vec<_> = (0..threads)
        .map(|_| {
            let (decoder, start) = (Arc::clone(decoder), Arc::clone(&start));
            thread::spawn(move || {
                let (frame, settings) = (water_meter_frame(), Settings::default());
                start.wait();
                let started = Instant::now();
                let mut calls = 0_u32;
                while started.elapsed() < TIME {
                    for _ in 0..100 {
                        black_box(decoder.decode_uplink(frame.uplink(), &settings));
                    }
                    calls += 100;
                }
                f64::from(calls) / started.elapsed().as_secs_f64()
            })
        })
        .collect();
    running.into_iter().map(|thread| thread.join().expect("no call panics")).sum()
}

/// The first call of a decoder whose code is on disk, loading included.
fn cold(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = caching_sandbox(&folder);
    let package = package("axioma-qalcosonic-w1");
    sandbox.load(package.file()).expect("it is a decoder");
    let (specimen, settings) = (specimen(), Settings::default());
    criterion.bench_function("decode.cold", |bencher| {
        bencher.iter(|| {
            let decoder = sandbox.load(black_box(package.file())).expect("its code is there");
            decoder.try_uplink(&specimen, &settings).result.expect("the telegram is a good one")
        });
    });
}

/// A thousand decoders, called in no order: neither code nor instances are where the last call left
/// them.
fn many(criterion: &mut Criterion) {
    thousand(criterion, "decode.many", another_code);
}

/// A thousand packages of a maker's whose devices all speak the same format: they differ in their
/// manifests, and share their code.
fn family(criterion: &mut Criterion) {
    thousand(criterion, "decode.family", another_package);
}

fn thousand(criterion: &mut Criterion, name: &str, another: fn(&[u8], usize) -> Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = caching_sandbox(&folder);
    let file = package("axioma-qalcosonic-w1").file().to_vec();
    sandbox.load(&file).expect("it is a decoder");
    let before = resident_bytes();
    let decoders: Vec<Decoder> = (0..MANY)
        .map(|number| load_another(&sandbox, folder.path(), &file, &another(&file, number)))
        .collect();
    let (specimen, settings) = (specimen(), Settings::default());
    let mut next = 1_usize;
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            // A generator of Lehmer's: every decoder in its turn, in no order that a processor
            // could guess.
            next = next * 48_271 % 2_147_483_647;
            let call = decoders[next % MANY].try_uplink(black_box(&specimen), &settings);
            call.result.expect("the telegram is a good one")
        });
    });
    let resident = resident_bytes().saturating_sub(before) / MANY as u64;
    figure(&format!("{name}.resident"), resident / 1024, "KiB a decoder");
}

/// The same decoder as another package: a custom section of five bytes, whose name has four.
fn another_package(file: &[u8], number: usize) -> Vec<u8> {
    const SECTION: [u8; 3] = [0, 5, 4];
    [file, SECTION.as_slice(), format!("{number:04}").as_bytes()].concat()
}

/// The same decoder with another core module: four letters of what its compiler says of itself.
fn another_code(file: &[u8], number: usize) -> Vec<u8> {
    const LETTERS: &[u8] = b"processed-by";
    let at = file.windows(LETTERS.len()).position(|letters| letters == LETTERS);
    let at = at.expect("its compiler names itself");
    let mut another = file.to_vec();
    another[at..at + 4].copy_from_slice(format!("{number:04}").as_bytes());
    another
}

/// Loads a decoder that has the code of the first one. Compiling it a thousand times would take minutes
/// and give the same, so that is put where the sandbox looks for it.
fn load_another(sandbox: &Sandbox, code: &Path, file: &[u8], another: &[u8]) -> Decoder {
    let (own, others) = (Digest::of(file).hex(), Digest::of(another).hex());
    let compiled = fs::read_dir(code)
        .expect("the folder of the code")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.starts_with(&own))
        .expect("the code of the first one");
    let copy = code.join(compiled.replace(&own, &others));
    fs::copy(code.join(&compiled), &copy).expect("room for its code");
    sandbox.load(another).expect("its code is there")
}

fn caching_sandbox(folder: &TempDir) -> Sandbox {
    let code_cache = Some(folder.path().to_owned());
    Sandbox::new(SandboxConfig { code_cache, ..SandboxConfig::default() })
        .expect("the engine starts")
}

fn specimen() -> Specimen {
    let (f_port, payload) = AXIOMA_EXTENDED;
    Specimen { f_port, f_cnt: 7, payload: payload.to_vec(), received_at: AXIOMA_RECEIVED_AT }
}

criterion_group!(benches, one, two_threads, cold, many, family);
criterion_main!(benches);
