//! Ports for servers that are told by number where to listen.

use std::{
    net::TcpListener,
    ops::Range,
    sync::atomic::{AtomicU32, Ordering},
};

/// Those that the system gives to nobody who does not ask for one by its number.
const PORTS: Range<u16> = 20_000..32_000;

/// A port that is free and stays so until it is used. Each process of tests begins at another, and never gives
/// one twice.
///
/// # Panics
///
/// When no port is free.
#[must_use]
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let places = u32::from(PORTS.end - PORTS.start);
    loop {
        let number = GIVEN.fetch_add(1, Ordering::Relaxed);
        assert!(number < places, "no port is free");
        let place = (std::process::id().wrapping_mul(97).wrapping_add(number)) % places;
        let port = PORTS.start + u16::try_from(place).expect("it is one of them");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
