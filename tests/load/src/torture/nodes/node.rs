//! A node that is started again whenever it ends, as what supervises services does.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use champollion_databases::Proxy;
use rustix::process::{Pid, Signal, kill_process};

use super::database::Way;
use crate::server::Server;

/// The interval at which a node is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Before a node is started again that did not start.
const PAUSE: Duration = Duration::from_millis(500);

/// The time for which a node is avoided that was silent or took nothing.
const AVOIDED: Duration = Duration::from_secs(1);

/// A node among several.
pub(super) struct Node {
    /// The number of the node, for people.
    pub(super) number: usize,
    /// The way to the database.
    pub(super) way: Way,
    /// The way of the other nodes to this one.
    pub(super) door: Proxy,
    running: Mutex<Option<Running>>,
    /// The time for which it is to be down; none where it is to run.
    kill: Mutex<Option<Duration>>,
    /// Whether it ends for good.
    over: AtomicBool,
    /// The moment until which network servers go to others, since it was silent or took nothing.
    avoided_until: Mutex<Option<Instant>>,
    /// The number of times that it ended on its own.
    pub(super) ended: AtomicU32,
}

/// A node that listens.
struct Running {
    address: String,
    process: u32,
}

impl Node {
    /// Looks after a server from now on, in a thread of its own.
    pub(super) fn look_after(
        number: usize,
        (way, door): (Way, Proxy),
        server: Server,
    ) -> (Arc<Self>, JoinHandle<()>) {
        let node = Arc::new(Self {
            number,
            way,
            door,
            running: Mutex::new(Some(Running::of(&server))),
            kill: Mutex::new(None),
            over: AtomicBool::new(false),
            avoided_until: Mutex::new(None),
            ended: AtomicU32::new(0),
        });
        let looked_after = Arc::clone(&node);
        (node, thread::spawn(move || looked_after.supervise(server)))
    }

    /// The address of the node, where it listens.
    pub(super) fn address(&self) -> Option<String> {
        self.running().as_ref().map(|running| running.address.clone())
    }

    /// Has network servers go to other nodes for a while, as a balancer does.
    pub(super) fn avoid(&self) {
        let mut until = self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(Instant::now() + AVOIDED);
    }

    /// Whether network servers go to others now.
    pub(super) fn is_avoided(&self) -> bool {
        let until = self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Ends the process as `kill -9` does, for a while.
    pub(super) fn kill(&self, down: Duration) {
        *self.kill.lock().unwrap_or_else(PoisonError::into_inner) = Some(down);
    }

    /// Stops the process where it is, or lets it go on; false where there is none.
    pub(super) fn pause(&self, is_paused: bool) -> bool {
        let signal = if is_paused { Signal::STOP } else { Signal::CONT };
        let process =
            self.running().as_ref().and_then(|running| i32::try_from(running.process).ok());
        process.and_then(Pid::from_raw).is_some_and(|process| kill_process(process, signal).is_ok())
    }

    /// Ends the node for good.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn supervise(&self, mut server: Server) {
        while !self.is_over() {
            let order = self.kill.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(down) = order {
                *self.running() = None;
                // It ends with the signal, also where it was paused.
                drop(server.stop());
                server.exchange();
                thread::sleep(down);
                self.start(&mut server);
            } else if server.has_ended().unwrap_or(true) {
                *self.running() = None;
                self.ended.fetch_add(1, Ordering::Relaxed);
                self.start(&mut server);
            }
            thread::sleep(STEP);
        }
    }

    /// Starts the server, again and again where the database is away.
    fn start(&self, server: &mut Server) {
        while !self.is_over() {
            if server.restart().is_ok() {
                lead_to(&self.door, server);
                *self.running() = Some(Running::of(server));
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Running {
    fn of(server: &Server) -> Self {
        Self { address: server.address.clone(), process: server.process_id() }
    }
}

/// Has a way lead to the port that a server listens on.
pub(super) fn lead_to(door: &Proxy, server: &Server) {
    let port = server.address.rsplit(':').next().and_then(|port| port.parse().ok());
    port.into_iter().for_each(|port| door.lead_to(port));
}
