//! Connections over which frames are handed over, as many and as long as a measurement asks for.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{figures_of_requests::Figures, http::Connection};
use crate::meters::Meter;

/// Before this the measurement does not count: the decoder is compiled, connections are opened.
const WARM_UP: Duration = Duration::from_secs(1);

/// Where frames are handed over, and how long.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    /// The addresses of the nodes, which connections go to in turn.
    pub(super) addresses: &'a [&'a str],
    pub(super) token: &'a str,
    pub(super) duration: Duration,
}

impl Load<'_> {
    /// Has each group of meters send over a connection of its own.
    pub(super) fn measure(
        &self,
        groups: &mut [Vec<Meter>],
        request: impl Fn(&mut Connection, &mut [Meter]) -> Result<usize> + Sync,
    ) -> Result<Figures> {
        Ok(self.measure_and_look(groups, request, || ())?.0)
    }

    /// The same, and looks at something when frames begin to count and when they do no longer.
    pub(super) fn measure_and_look<T>(
        &self,
        groups: &mut [Vec<Meter>],
        request: impl Fn(&mut Connection, &mut [Meter]) -> Result<usize> + Sync,
        look: impl Fn() -> T,
    ) -> Result<(Figures, [T; 2])> {
        let (start, stop) = (Barrier::new(groups.len() + 1), AtomicBool::new(false));
        let counts = AtomicBool::new(false);
        thread::scope(|scope| {
            let senders: Vec<_> = groups
                .iter_mut()
                .zip(self.addresses.iter().cycle())
                .map(|(meters, address)| {
                    let (start, stop, counts, request) = (&start, &stop, &counts, &request);
                    scope.spawn(move || -> Result<(usize, Vec<Duration>)> {
                        let address = address.trim_start_matches("http://");
                        let connection = Connection::open(address, self.token);
                        start.wait();
                        let mut connection = connection?;
                        let (mut frames, mut latencies) = (0, Vec::new());
                        while !stop.load(Ordering::Relaxed) {
                            let begun = Instant::now();
                            let counted = counts.load(Ordering::Relaxed);
                            let accepted = request(&mut connection, meters)?;
                            if counted && counts.load(Ordering::Relaxed) {
                                frames += accepted;
                                latencies.push(connection.latency(begun));
                            }
                        }
                        Ok((frames, latencies))
                    })
                })
                .collect();
            start.wait();
            thread::sleep(WARM_UP);
            let before = look();
            counts.store(true, Ordering::Relaxed);
            let begun = Instant::now();
            thread::sleep(self.duration);
            counts.store(false, Ordering::Relaxed);
            let elapsed = begun.elapsed();
            let looks = [before, look()];
            stop.store(true, Ordering::Relaxed);
            let mut figures = Figures { frames: 0, elapsed, latencies: Vec::new() };
            for sender in senders {
                let (frames, latencies) =
                    sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
                figures.frames += frames;
                figures.latencies.extend(latencies);
            }
            figures.latencies.sort_unstable();
            ensure!(!figures.latencies.is_empty(), "no request was answered in time");
            Ok((figures, looks))
        })
    }
}
