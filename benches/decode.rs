//! Decoding one telegram of a water meter: in the sandbox with a fresh instance, and natively.

use std::hint::black_box;

use axioma_qalcosonic_w1::QalcosonicW1;
use champollion_benches::{AXIOMA_EXTENDED, AXIOMA_RECEIVED_AT, load, package};
use champollion_sandbox::{Settings, Specimen};
use champollion_sdk::{Decoder as _, Uplink};
use criterion::{Criterion, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    let (f_port, payload) = AXIOMA_EXTENDED;
    let decoder = load(&package("axioma-qalcosonic-w1"));
    let specimen =
        Specimen { f_port, f_cnt: 1, payload: payload.to_vec(), received_at: AXIOMA_RECEIVED_AT };
    let settings = Settings::default();
    criterion.bench_function("decode.rust.fresh", |bencher| {
        bencher.iter(|| {
            let call = decoder.try_uplink(black_box(&specimen), &settings);
            call.result.expect("the telegram is a good one")
        });
    });

    let uplink = Uplink {
        f_port,
        f_cnt: 1,
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

criterion_group!(benches, decode);
criterion_main!(benches);
