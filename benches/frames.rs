//! Verifying one frame: its session found by DevAddr, its MIC checked, its payload decrypted.

use std::hint::black_box;

use champollion_frames::{DevAddr, DevEui, RadioMetadata, Session, Sessions, device::Device};
use criterion::{Criterion, criterion_group, criterion_main};

/// Bytes of the application payload.
const PAYLOAD: [u8; 20] = [0x5A; 20];

fn verify(criterion: &mut Criterion) {
    let session = Session::lorawan_1_0(
        DevEui::from_be_bytes([2, 0, 0, 0, 0, 0, 0, 1]),
        DevAddr::from_u32(0x0200_0001),
        "44024241ED4CE9A68C6A8BC055233FD3".parse().expect("a key"),
        "EC925802AE430CA77FD3DD73CB2CC588".parse().expect("a key"),
    );
    let frame = Device::of(&session).uplink(1, &PAYLOAD, 7, false).expect("a frame");
    let sessions = Sessions::new();
    sessions.insert(session);
    criterion.bench_function("frames.verify", |bencher| {
        // The claim is dropped each time, so the same frame is fresh again.
        bencher.iter(|| {
            sessions
                .verify(black_box(&frame), 0, RadioMetadata::default())
                .expect("the frame is a good one")
        });
    });
}

criterion_group!(benches, verify);
criterion_main!(benches);
