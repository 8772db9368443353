//! Verifying one frame: its session found by DevAddr, its MIC checked, its payload decrypted. And how
//! large a table of a million sessions is.

use std::hint::black_box;

use champollion_benches::{figure, resident_bytes};
use champollion_frames::{
    AppSKey, DevAddr, DevEui, FNwkSIntKey, NetworkKeysV1_1, NwkSEncKey, NwkSKey, RadioMetadata,
    SNwkSIntKey, Session, Sessions,
    device::{Device, Uplink},
};
use criterion::{Criterion, criterion_group, criterion_main};

/// Bytes of the application payload.
const PAYLOAD: [u8; 20] = [0x5A; 20];

/// Devices of a large network.
const SESSIONS: u32 = 1_000_000;

/// Sessions of each DevAddr.
const SHARING: u32 = 4;

/// Frames that are looked up in turn, so that each finds its session anew in memory and not in the
/// cache.
const FRAMES: u32 = 10_000;

/// Radio metadata as most gateways give it: SF7 with 125 kHz.
fn told() -> RadioMetadata {
    RadioMetadata {
        spreading_factor: Some(7),
        bandwidth_hz: Some(125_000),
        ..RadioMetadata::default()
    }
}

fn verify_again_and_again(criterion: &mut Criterion, name: &str, session: Session) {
    let uplink = Uplink {
        f_cnt: 7,
        f_port: Some(1),
        payload: &PAYLOAD,
        tx_dr: 5,
        tx_ch: 2,
        ..Uplink::default()
    };
    let frame = Device::of(&session).send(&uplink).expect("a frame");
    let sessions = Sessions::new();
    sessions.insert(session);
    criterion.bench_function(name, |bencher| {
        // The claim is dropped each time, so the same frame is fresh again.
        bencher.iter(|| {
            sessions.verify(black_box(&frame), 0, told()).expect("the frame is a good one")
        });
    });
}

fn verify(criterion: &mut Criterion) {
    let dev_eui = DevEui::from_be_bytes([2, 0, 0, 0, 0, 0, 0, 1]);
    let dev_addr = DevAddr::from_u32(0x0200_0001);
    let app_s_key: AppSKey = "EC925802AE430CA77FD3DD73CB2CC588".parse().expect("a key");
    let nwk_s_key: NwkSKey = "44024241ED4CE9A68C6A8BC055233FD3".parse().expect("a key");
    let session = Session::lorawan_1_0(dev_eui, dev_addr, nwk_s_key, app_s_key.clone());
    verify_again_and_again(criterion, "frames.verify", session);

    // TxCh is not told and looked for, as most network servers leave it.
    let keys = NetworkKeysV1_1 {
        f_nwk_s_int_key: FNwkSIntKey::from_bytes([1; 16]),
        s_nwk_s_int_key: SNwkSIntKey::from_bytes([2; 16]),
        nwk_s_enc_key: NwkSEncKey::from_bytes([3; 16]),
    };
    let session = Session::lorawan_1_1(dev_eui, dev_addr, keys, app_s_key);
    verify_again_and_again(criterion, "frames.verify.1_1", session);
}

/// The session of a number, with keys of its own.
fn session(number: u32) -> Session {
    let key = |salt: u32| {
        let mut key = [0; 16];
        for (index, bytes) in (0..).zip(key.chunks_exact_mut(4)) {
            let word = (number ^ salt).wrapping_mul(0x9E37_79B1).rotate_left(index * 8) ^ index;
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        key
    };
    Session::lorawan_1_0(
        DevEui::from_be_bytes((0x0200_0000_0000_0000 | u64::from(number)).to_be_bytes()),
        DevAddr::from_u32(0x0200_0000 | (number / SHARING)),
        NwkSKey::from_bytes(key(0)),
        AppSKey::from_bytes(key(0xFFFF_FFFF)),
    )
}

fn lookup(criterion: &mut Criterion) {
    let before = resident_bytes();
    let sessions = Sessions::new();
    (0..SESSIONS).for_each(|number| drop(sessions.insert(session(number))));
    let bytes = resident_bytes().saturating_sub(before);
    figure("frames.lookup.1m.resident", bytes / u64::from(SESSIONS), "bytes a session");
    let frames: Vec<Vec<u8>> = (0..FRAMES)
        .map(|index| {
            // Spread over the table; of the four of an address each in turn.
            let number = index.wrapping_mul(2_654_435_761) % SESSIONS;
            Device::of(&session(number)).uplink(1, &PAYLOAD, 7, false).expect("a frame")
        })
        .collect();
    let mut turn = frames.iter().cycle();
    criterion.bench_function("frames.lookup.1m", |bencher| {
        bencher.iter(|| {
            let frame = turn.next().expect("it goes round");
            sessions.verify(black_box(frame), 0, told()).expect("the frame is a good one")
        });
    });
}

criterion_group!(benches, verify, lookup);
criterion_main!(benches);
