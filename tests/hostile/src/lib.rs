//! A decoder that misbehaves, in Rust as its authors would write it.
//!
//! It is compiled once. What it does says one byte in the file, which the attack suite
//! (`tests/attacks`) changes. It uses the types that wit-bindgen makes of the contract, since the SDK's would not let
//! it say most of what it says.
#![cfg(target_arch = "wasm32")]

use std::{
    cell::Cell,
    fs,
    hint::black_box,
    net::TcpStream,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::SystemTime,
};

// The allocator of decoders comes with it.
use champollion_sdk as _;

use self::bindings::exports::champollion::decoder::codec::{
    Command, Downlink, Failure, FailureKind, Guest, Measurement, Reading, SentDownlink, Uplink,
    Value,
};

/// The glue of the contract, generated from `wit/v1`.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "decoder",
        // There are no constructors: it is Rust, and no C is linked in.
        disable_run_ctors_once_workaround: true,
    });
}

/// The last byte says what is done; as it is built, nothing.
static MISDEED: [u8; 21] = *b"champollion-hostile:.";

/// The number that is left behind for the next call.
static LEFT: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static LEFT_BY_THREAD: Cell<u32> = const { Cell::new(0) };
}

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

impl Guest for Hostile {
    fn decode_uplink(uplink: Uplink) -> Result<Reading, Failure> {
        // Behind the black box the compiler does not know the bytes.
        match black_box(&MISDEED)[MISDEED.len() - 1] {
            b'A' => allocate(),
            b'C' => says(TcpStream::connect("127.0.0.1:80")),
            b'D' => data("x".repeat(50_000_000)),
            b'F' => says(fs::read("/etc/passwd")),
            b'G' => smuggle(),
            b'H' => says(thread::Builder::new().spawn(|| ())),
            b'I' => data(uplink.payload[black_box(1_000)].to_string()),
            b'J' => data(format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000))),
            b'K' => scribble(),
            b'L' => loop {
                black_box(());
            },
            b'M' => measurements((0..1_000_000).map(|_| volume("water.volume", 1.0)).collect()),
            b'N' => measurements(vec![volume("water.volume", f64::NAN)]),
            b'P' => panic!("{}", "x".repeat(1 << 20)),
            b'Q' => measurements(vec![volume("water.bushels", 1.0)]),
            b'R' => data(deeper(uplink.payload.len() as u64).to_string()),
            b'S' => Ok(Reading { state: Some(vec![0; 64 << 10]), ..fine() }),
            b'T' => says(SystemTime::now().elapsed()),
            b'V' => data(format!("{{\"a\":\"{}\"}}", "x".repeat(100_000))),
            b'W' => Ok(Reading { warnings: vec![String::from("!"); 10_000], ..fine() }),
            b'X' => data(large_frame().to_string()),
            b'Y' => measurements(vec![Measurement {
                value: Value::Text("1".into()),
                ..volume("water.volume", 1.0)
            }]),
            _ => Ok(fine()),
        }
    }

    fn encode_downlink(_: Command) -> Result<Downlink, Failure> {
        Err(unsupported("it takes no commands"))
    }

    fn decode_downlink(_: SentDownlink) -> Result<Reading, Failure> {
        Err(unsupported("it reads no commands back"))
    }
}

fn unsupported(message: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Unsupported, message: message.into(), span: None }
}

fn fine() -> Reading {
    Reading {
        data: "{\"fine\":true}".into(),
        measurements: Vec::new(),
        warnings: Vec::new(),
        state: None,
    }
}

fn data(data: String) -> Result<Reading, Failure> {
    Ok(Reading { data, ..fine() })
}

fn measurements(measurements: Vec<Measurement>) -> Result<Reading, Failure> {
    Ok(Reading { measurements, ..fine() })
}

fn volume(quantity: &str, value: f64) -> Measurement {
    Measurement {
        quantity: quantity.into(),
        value: Value::Number(value),
        channel: 0,
        measured_at: None,
        span: None,
    }
}

/// A reading if the host gave what it was asked for, which would be a success of the attack.
fn says<T, E: std::fmt::Display>(asked: Result<T, E>) -> Result<Reading, Failure> {
    match asked {
        Ok(_) => Ok(fine()),
        Err(error) => Err(unsupported(error.to_string())),
    }
}

fn allocate() -> Result<Reading, Failure> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![0_u8; 10_000]));
    }
}

/// Answers if it finds what an earlier call left.
fn smuggle() -> Result<Reading, Failure> {
    let found = LEFT.fetch_add(1, Ordering::Relaxed) + LEFT_BY_THREAD.replace(1);
    if found > 0 { Ok(fine()) } else { Err(unsupported("nothing was left here")) }
}

/// A frame on the stack for each call, and no call is the last.
#[expect(unconditional_recursion, reason = "this is the attack")]
fn deeper(depth: u64) -> u64 {
    black_box(depth) + deeper(black_box(depth + 1))
}

/// Its frame is larger than the whole stack. Inlined, it would be every misdeed's.
#[inline(never)]
fn large_frame() -> u32 {
    black_box([1_u8; 1 << 20]).iter().map(|&one| u32::from(one)).sum()
}

fn scribble() -> Result<Reading, Failure> {
    let wild = ptr::with_exposed_provenance_mut::<u8>(0x7fff_0000);
    // SAFETY: there is none. A decoder may be as wrong as this, and the sandbox must hold.
    unsafe { wild.write_volatile(1) };
    Ok(fine())
}
