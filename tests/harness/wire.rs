//! A wire to a server that can be cut: while something is sent over it.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// A wire to a server on this machine.
pub struct Wire {
    port: u16,
    /// Bytes that still pass towards the server, on all connections together.
    left: Arc<AtomicU64>,
    cuts: Arc<AtomicU64>,
}

impl Wire {
    /// A wire to a port that lets so many bytes pass, and then cuts whatever goes on sending.
    #[must_use]
    pub fn to(server: u16, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (left, cuts) = (Arc::new(AtomicU64::new(bytes)), Arc::<AtomicU64>::default());
        let (own_left, own_cuts) = (Arc::clone(&left), Arc::clone(&cuts));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (left, cuts) = (Arc::clone(&own_left), Arc::clone(&own_cuts));
                let (Ok(mut answers), Ok(mut back)) = (there.try_clone(), stream.try_clone())
                else {
                    continue;
                };
                thread::spawn(move || drop(std::io::copy(&mut answers, &mut back)));
                thread::spawn(move || forward(stream, there, &left, &cuts));
            }
        });
        Self { port, left, cuts }
    }

    /// Returns the port of the wire.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of cuts so far.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// From here on everything passes.
    pub fn mend(&self) {
        self.left.store(u64::MAX, Ordering::Relaxed);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, left: &AtomicU64, cuts: &AtomicU64) {
    let mut buffer = [0; 4 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = count as u64;
        let passes = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(if left == u64::MAX { 0 } else { bytes })
        });
        if passes.is_err() {
            cuts.fetch_add(1, Ordering::Relaxed);
            break;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    for side in [from, to] {
        // Whoever has gone already cannot be cut off.
        drop(side.shutdown(Shutdown::Both));
    }
}
