//! Decoding with codecs in JavaScript: ours, with fresh state for each call, and the way in which
//! ChirpStack runs the same codec.

mod chirpstack_way;
#[path = "../runtime/sandbox/tests/script/padded.rs"]
mod padded;

use std::hint::black_box;

use champollion_sandbox::{Decoder, Digest, Sandbox, SandboxConfig, Script, Settings, Specimen};
use criterion::{Criterion, criterion_group, criterion_main};

use crate::padded::padded;

/// A codec of 2 KB of the kind that many makers publish.
const CODEC: &str = include_str!("../runtime/sandbox/tests/script/codecs/tlv.js");

/// Battery, temperature and humidity.
const PAYLOAD: &[u8] = &[0x01, 0x75, 100, 0x03, 0x67, 0x10, 0x01, 0x04, 0x68, 0x71];

const F_PORT: u8 = 85;

/// Moment of reception, in milliseconds: 2026-01-31T12:00:00Z.
const RECEIVED_AT: u64 = 1_769_860_800_000;

/// Number of codecs that take turns.
const CODECS: usize = 100;

fn decode(criterion: &mut Criterion) {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap_or_else(|error| panic!("{error}"));
    let load = |source: &str| -> Decoder {
        let script = Script { source: source.to_owned(), ..Script::default() };
        let digest = Digest::of(source.as_bytes());
        sandbox.load_script(&script, digest).unwrap_or_else(|error| panic!("{error}"))
    };
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

criterion_group!(benches, decode);
criterion_main!(benches);
