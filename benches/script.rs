//! Decoding with codecs in JavaScript: ours, with fresh state for each call, and the way in which
//! ChirpStack runs the same codec.

mod chirpstack_way;
#[path = "../runtime/sandbox/tests/script/padded.rs"]
mod padded;

use std::hint::black_box;

use champollion_benches::{AXIOMA_EXTENDED, AXIOMA_RECEIVED_AT, water_meter, water_meter_frame};
use champollion_sandbox::{Decoder, Digest, Sandbox, SandboxConfig, Script, Settings, Specimen};
use criterion::{Criterion, criterion_group, criterion_main};

use crate::padded::padded;

/// A codec of 2 KB of the kind that many makers publish.
const CODEC: &str = include_str!("../runtime/sandbox/tests/script/codecs/tlv.js");

/// Battery, temperature and humidity.
const PAYLOAD: &[u8] = &[0x01, 0x75, 100, 0x03, 0x67, 0x10, 0x01, 0x04, 0x68, 0x71];

const F_PORT: u8 = 85;

/// A codec of the water meter whose frames the server is loaded with.
const METER_CODEC: &str = include_str!("chirpstack_way/qalcosonic.js");

/// The end of what it reads of the telegram.
const METER_DELTAS: &str = "184,184,184,184,185,185,185]}";

/// Moment of reception, in milliseconds: 2026-01-31T12:00:00Z.
const RECEIVED_AT: u64 = 1_769_860_800_000;

/// Number of codecs that take turns.
const CODECS: usize = 100;

fn decode(criterion: &mut Criterion) {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap_or_else(|error| panic!("{error}"));
    let load = |source: &str| load(&sandbox, source);
    let specimen =
        Specimen { f_port: F_PORT, f_cnt: 1, payload: PAYLOAD.to_vec(), received_at: RECEIVED_AT };
    let settings = Settings::default();
    let run = |decoder: &Decoder| {
        let call = decoder.try_uplink(black_box(&specimen), &settings);
        call.result.expect("the codec reads it")
    };

    let large = padded(CODEC, 30);
    let (small_decoder, large_decoder) = (load(CODEC), load(&large));
    report_memory("decode.js.memory", &small_decoder);
    report_memory("decode.js.memory.30k", &large_decoder);
    criterion.bench_function("decode.js.fresh", |bencher| bencher.iter(|| run(&small_decoder)));
    criterion.bench_function("decode.js.fresh.30k", |bencher| bencher.iter(|| run(&large_decoder)));

    // Each is another codec, with a value of its own in its memory.
    let decoders: Vec<Decoder> =
        (0..CODECS).map(|number| load(&format!("{CODEC}\nvar number = {number};"))).collect();
    let mut order = Order::default();
    criterion.bench_function("decode.js.alternating", |bencher| {
        bencher.iter(|| run(&decoders[order.next_below(CODECS)]));
    });

    criterion.bench_function("decode.js.load", |bencher| bencher.iter(|| load(black_box(CODEC))));

    match chirpstack_way::Codec::new(CODEC) {
        Ok(codec) => {
            criterion.bench_function("decode.js.chirpstack_way", |bencher| {
                bencher.iter(|| codec.decode(F_PORT, black_box(PAYLOAD), RECEIVED_AT));
            });
        }
        Err(reason) => say(&format!("decode.js.chirpstack_way is left out: {reason}")),
    }
}

/// The telegram of a frame as the peers decode it: the way of ChirpStack, the same codec here, and the decoder of a
/// frame that comes.
fn peers(criterion: &mut Criterion) {
    let (f_port, payload) = AXIOMA_EXTENDED;
    match chirpstack_way::Codec::new(METER_CODEC) {
        Ok(codec) => {
            let decode = || codec.decode(f_port, black_box(payload), AXIOMA_RECEIVED_AT);
            assert!(decode().ends_with(METER_DELTAS), "it reads {}", decode());
            criterion.bench_function("peer.quickjs-per-uplink", |bencher| bencher.iter(decode));
        }
        Err(reason) => say(&format!("peer.quickjs-per-uplink is left out: {reason}")),
    }

    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap_or_else(|error| panic!("{error}"));
    let (script, settings) = (load(&sandbox, METER_CODEC), Settings::default());
    let received_at = AXIOMA_RECEIVED_AT;
    let specimen = Specimen { f_port, f_cnt: 7, payload: payload.to_vec(), received_at };
    criterion.bench_function("peer.ours.script", |bencher| {
        bencher.iter(|| {
            let call = script.try_uplink(black_box(&specimen), &settings);
            call.result.expect("the codec reads it")
        });
    });
    let (decoder, frame) = (water_meter(), water_meter_frame());
    criterion.bench_function("peer.ours.rust", |bencher| {
        bencher.iter(|| {
            let call = decoder.decode_uplink(black_box(frame.uplink()), &settings);
            call.result.expect("the telegram is a good one")
        });
    });
}

fn load(sandbox: &Sandbox, source: &str) -> Decoder {
    let script = Script { source: source.to_owned(), ..Script::default() };
    let digest = Digest::of(source.as_bytes());
    sandbox.load_script(&script, digest).unwrap_or_else(|error| panic!("{error}"))
}

fn report_memory(name: &str, decoder: &Decoder) {
    let bytes = decoder.loaded_bytes();
    say(&format!("BENCH {name} {:.1} kB", bytes as f64 / 1_000.0));
}

#[expect(clippy::print_stdout, reason = "this is a program")]
fn say(line: &str) {
    println!("{line}");
}

/// Numbers in no order, the same in each run (Marsaglia's xorshift).
struct Order(u64);

impl Default for Order {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Order {
    fn next_below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

criterion_group!(benches, decode, peers);
criterion_main!(benches);
