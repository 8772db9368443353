//! Network servers that hand over frames at an even rate, or all at once.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use super::http::Connection;
use crate::meters::Meter;

/// Connections over which frames are handed over as fast as they are taken, and frames of a request.
const BULK: usize = 4;
const LINES: usize = 500;

/// An even rate of frames, and the requests that they come in.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Frames in a second, of all connections together.
    pub(super) rate: usize,
    /// Frames in one request.
    pub(super) lines: usize,
    /// Connections that share the rate.
    pub(super) connections: usize,
}

/// The door of a server, and the frames that it has taken.
pub(super) struct Door<'of> {
    pub(super) address: &'of str,
    pub(super) token: &'of str,
    pub(super) taken: &'of AtomicUsize,
}

impl Pace {
    /// The time between two requests of a connection.
    fn pause(self) -> Duration {
        Duration::from_secs_f64((self.connections * self.lines) as f64 / self.rate as f64)
    }
}

impl Door<'_> {
    /// Hands over at an even rate. Before each request `before` sees the meters whose next frames it has. Returns the
    /// longest time by which a connection was late at its end.
    pub(super) fn keep_pace(
        &self,
        pace: Pace,
        mut meters: Vec<Meter>,
        duration: Duration,
        before: impl Fn(&[Meter]) + Sync,
    ) -> Result<Duration> {
        let share = meters.len() / pace.connections;
        let start = Barrier::new(pace.connections);
        thread::scope(|scope| {
            let senders: Vec<_> = (0..pace.connections)
                .map(|number| {
                    let own: Vec<Meter> = meters.drain(..share.min(meters.len())).collect();
                    let (start, before) = (&start, &before);
                    scope.spawn(move || -> Result<Duration> {
                        let connection = Connection::open(self.address, self.token);
                        start.wait();
                        // Not all at the same moment.
                        let part = number as f64 / pace.connections as f64;
                        let begin = Instant::now() + pace.pause().mul_f64(part);
                        self.send((connection?, own), pace, (begin, duration), before)
                    })
                })
                .collect();
            senders
                .into_iter()
                .map(ended)
                .try_fold(Duration::ZERO, |most, late| Ok(most.max(late?)))
        })
    }

    fn send(
        &self,
        (mut connection, mut own): (Connection, Vec<Meter>),
        pace: Pace,
        (begin, duration): (Instant, Duration),
        before: impl Fn(&[Meter]),
    ) -> Result<Duration> {
        let requests = (duration.as_secs_f64() / pace.pause().as_secs_f64()) as u32;
        let turns = own.len() / pace.lines;
        for request in 0..requests {
            let due = begin + pace.pause() * request;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let first = request as usize % turns * pace.lines;
            let meters = &mut own[first..first + pace.lines];
            before(meters);
            let taken = match pace.lines {
                1 => connection.single(meters)?,
                _ => connection.lines(meters)?,
            };
            self.taken.fetch_add(taken, Ordering::Relaxed);
        }
        Ok((begin + duration).elapsed())
    }

    /// Hands over so many frames of each meter, as fast as they are taken. Returns the time that it took.
    pub(super) fn flood(&self, meters: &mut [Meter], frames: usize) -> Result<Duration> {
        let share = meters.len().div_ceil(BULK).max(1);
        let began = Instant::now();
        thread::scope(|scope| {
            let senders: Vec<_> = meters
                .chunks_mut(share)
                .map(|own| {
                    scope.spawn(move || -> Result<()> {
                        let mut connection = Connection::open(self.address, self.token)?;
                        for _ in 0..frames {
                            for meters in own.chunks_mut(LINES) {
                                let taken = connection.lines(meters)?;
                                self.taken.fetch_add(taken, Ordering::Relaxed);
                            }
                        }
                        Ok(())
                    })
                })
                .collect();
            senders.into_iter().try_for_each(ended)
        })?;
        Ok(began.elapsed())
    }
}

fn ended<T>(sender: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    sender.join().map_err(|_| anyhow!("a sender panicked"))?
}
