//! Expensive requests: expressions over records, trials of decoders, records that are decoded once more, and
//! commands that are encoded.
//!
//! They have threads of their own, which frames never wait for, and which wait for no frame. A token and a
//! group have so many places there at once, and a request so much time: a search through records ends with
//! what it has found by then, and everything else is told to come again.

mod places;
mod settings;

use std::{io, sync::Arc, thread, time::Duration};

use async_trait::async_trait;
use champollion_delivery::{
    mailbox::PageBounds,
    names::GroupId,
    routes::{Elsewhere, NotDoneElsewhere, Search},
};
use tokio::time::{Instant, timeout_at};

pub use settings::ExpensiveSettings;

use crate::workers::{NotDone, Workers};
use places::{Held, Places};

/// Calls that may wait for a thread beyond those of the requests that have a place: commands to encode.
const CALLS_BESIDE: usize = 256;

/// Calls that one request may have wait for a thread of long work.
pub(crate) const LONG_CALLS: usize = 64;

/// Most calls that wait for these threads, whatever the settings say: the queue takes its memory at once.
const MOST_LONG_CALLS: usize = 1 << 16;

/// The threads of expensive requests, and their places.
pub struct Expensive {
    workers: Arc<Workers>,
    long_workers: Arc<Workers>,
    settings: ExpensiveSettings,
    places: Places,
}

/// A place of a request. It is given back when this is dropped.
pub struct Turn {
    workers: Arc<Workers>,
    seconds: u64,
    records: usize,
    deadline: Instant,
    _held: Held,
}

/// Why an expensive request is not carried out now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooExpensive {
    /// The token has all its places.
    #[error(
        "{limit} expensive requests of this token are under way already, and more are not taken: \
         wait for one of them ([expensive] of-token in the server's settings is the limit)"
    )]
    OfToken {
        /// The places of a token.
        limit: usize,
    },
    /// The group has all its places.
    #[error(
        "{limit} expensive requests of the group {group} are under way already, and more are not taken: \
         wait for one of them ([expensive] of-group in the server's settings is the limit)"
    )]
    OfGroup {
        /// The group in question.
        group: GroupId,
        /// The places of a group.
        limit: usize,
    },
    /// All places are taken.
    #[error(
        "{limit} expensive requests are under way, which is all that this server takes: ask again"
    )]
    All {
        /// The places of all.
        limit: usize,
    },
    /// The time of the request is over.
    #[error(
        "the request was given up after {seconds} seconds, which is the limit ([expensive] seconds): \
         ask again, or for less"
    )]
    TookTooLong {
        /// The time that a request has.
        seconds: u64,
    },
    /// The threads did not do it.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl Expensive {
    /// Starts the threads. The stack of WebAssembly in bytes is one of the sandbox's limits.
    pub fn start(settings: ExpensiveSettings, wasm_stack_bytes: usize) -> io::Result<Self> {
        let threads = match settings.threads {
            0 => (thread::available_parallelism()?.get() / 2).max(1),
            given => given,
        };
        let waiting = settings.requests.saturating_add(CALLS_BESIDE);
        let workers = Arc::new(Workers::beside(threads, waiting, wasm_stack_bytes)?);
        // One for each core: they only get of it what all others leave.
        let waiting = settings.requests.saturating_mul(LONG_CALLS).min(MOST_LONG_CALLS);
        let long_workers = Arc::new(Workers::behind(0, waiting, wasm_stack_bytes)?);
        Ok(Self { workers, long_workers, settings, places: Places::default() })
    }

    /// The threads themselves, for work that has its own places.
    #[must_use]
    pub fn workers(&self) -> &Arc<Workers> {
        &self.workers
    }

    /// The threads of what goes on for minutes, such as rehearsals. A request that has a place may have some calls wait
    /// for them.
    #[must_use]
    pub fn long_workers(&self) -> &Arc<Workers> {
        &self.long_workers
    }

    /// Takes a place for a request of a token, about a group where it is about one.
    ///
    /// # Errors
    /// All places of the token, the group or the server are taken.
    pub fn turn(&self, token: &str, group: Option<&GroupId>) -> Result<Turn, TooExpensive> {
        let held = self.places.take(&self.settings, token, group).inspect_err(|_| {
            metrics::counter!("champollion_expensive_refused_total").increment(1);
        })?;
        let ExpensiveSettings { seconds, records, .. } = self.settings;
        Ok(Turn {
            workers: Arc::clone(&self.workers),
            seconds,
            records,
            deadline: Instant::now() + Duration::from_secs(seconds),
            _held: held,
        })
    }
}

impl Turn {
    /// Has a thread do something.
    ///
    /// # Errors
    /// The time of the request was over before.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TooExpensive> {
        match timeout_at(self.deadline, self.workers.run(work)).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(TooExpensive::TookTooLong { seconds: self.seconds }),
        }
    }

    /// Returns the search that this place allows for a page of some bounds. It ends in time.
    #[must_use]
    pub fn search(&self, bounds: PageBounds) -> Search<'_> {
        let until = Some(self.deadline.into_std());
        Search { bounds, looks: self.records, until, threads: Some(self) }
    }
}

#[async_trait]
impl Elsewhere for Turn {
    async fn run(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), NotDoneElsewhere> {
        // A search looks at the clock itself, between two calls.
        self.workers.run(work).await.map_err(|error| NotDoneElsewhere(error.to_string()))
    }
}
