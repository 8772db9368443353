//! Expensive requests: expressions over records, trials of decoders, records that are decoded once more,
//! commands that are encoded, and whatever goes through all objects of a group or of the territory.
//!
//! They have threads of their own, which frames never wait for, and which wait for no frame. A token and a
//! group have so many places there at once, and a request so much time: a search through records ends with
//! what it has found by then, and everything else is told to come again. A place is taken until the work is done,
//! also where the client has gone, so that nobody has more work under way than places.
//!
//! Of several threads the work of one group never has the last one, and of its work no more waits for a thread than it may
//! have at once. What others ask for meanwhile waits for as many calls as there are groups at work, and for no queue of one.

mod places;
mod settings;

use std::{io, sync::Arc, thread, time::Duration};

use async_trait::async_trait;
use champollion_delivery::{
    mailbox::PageBounds,
    names::GroupId,
    routes::{Elsewhere, NotDoneElsewhere, Search},
};
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{Instant, timeout_at},
};

pub use settings::ExpensiveSettings;

use crate::workers::{NotDone, Workers};
use places::{Held, Places};

/// Calls that may wait for a thread beyond those of the requests that have a place: commands to encode.
const CALLS_BESIDE: usize = 256;

/// Threads where the settings leave their number to us: while one is at work for a group, another is free for others.
const FEWEST_THREADS: usize = 2;

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

/// A place of a request. It is given back when this is dropped, and no thread is at work for it any more.
pub struct Turn {
    workers: Arc<Workers>,
    seconds: u64,
    records: usize,
    deadline: Instant,
    held: Arc<Held>,
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
            0 => (thread::available_parallelism()?.get() / 2).max(FEWEST_THREADS),
            given => given,
        };
        let waiting = settings.requests.saturating_add(CALLS_BESIDE);
        let workers = Arc::new(Workers::beside(threads, waiting, wasm_stack_bytes)?);
        // One for each core: they only get of it what all others leave.
        let waiting = settings.requests.saturating_mul(LONG_CALLS).min(MOST_LONG_CALLS);
        let long_workers = Arc::new(Workers::behind(0, waiting, wasm_stack_bytes)?);
        let places = Places::new(threads.saturating_sub(1).max(1));
        Ok(Self { workers, long_workers, settings, places })
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
            held: Arc::new(held),
        })
    }
}

impl Turn {
    /// Has a thread do something, unless nobody waits for it any more when its turn has come.
    ///
    /// # Errors
    /// The time of the request was over before.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TooExpensive> {
        let (held, (_waiting, mut gone)) = (Arc::clone(&self.held), oneshot::channel::<()>());
        let in_turn = async {
            let share = self.held.share().await;
            let job = move || {
                let is_waited_for = gone.try_recv() == Err(oneshot::error::TryRecvError::Empty);
                let done = is_waited_for.then(work);
                drop((share, held));
                done
            };
            self.workers.run(job).await
        };
        match timeout_at(self.deadline, in_turn).await {
            Ok(done) => done?.ok_or_else(|| self.took_too_long()),
            Err(_) => Err(self.took_too_long()),
        }
    }

    /// Has a thread do something that reads from the store in between. It must not wait for these threads itself. Where
    /// the time is over, or nobody waits for it any more, it ends at its next wait: long work
    /// [yields](tokio::task::yield_now) between its steps.
    ///
    /// # Errors
    /// The time of the request was over before.
    pub async fn see_through<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, TooExpensive> {
        let (runtime, deadline) = (Handle::current(), self.deadline);
        let (_waiting, gone) = oneshot::channel::<()>();
        let bounded = async move {
            tokio::select! {
                biased;
                // Nothing is ever sent: the sender is dropped with this request.
                _ = gone => None,
                done = timeout_at(deadline, work) => done.ok(),
            }
        };
        let done = self.run(move || runtime.block_on(bounded)).await?;
        done.ok_or_else(|| self.took_too_long())
    }

    fn took_too_long(&self) -> TooExpensive {
        TooExpensive::TookTooLong { seconds: self.seconds }
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
        let (held, share) = (Arc::clone(&self.held), self.held.share().await);
        let work = move || {
            work();
            drop((share, held));
        };
        self.workers.run(work).await.map_err(|error| NotDoneElsewhere(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{
            Barrier,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
    };

    use tokio::task::{spawn_blocking, yield_now};

    use super::*;

    fn expensive(seconds: u64) -> Expensive {
        let settings = ExpensiveSettings {
            threads: 1,
            requests: 4,
            of_token: 1,
            of_group: 4,
            seconds,
            records: 1,
            fuel: 1,
        };
        Expensive::start(settings, 0).unwrap()
    }

    #[tokio::test]
    async fn work_that_waits_in_between_is_done_on_the_same_threads() {
        let turn = expensive(10).turn("a", None).unwrap();
        let name = || thread::current().name().map(str::to_owned);
        let names = turn.see_through(async move {
            let before = name();
            tokio::time::sleep(Duration::from_millis(1)).await;
            (before, name())
        });
        let (before, after) = names.await.unwrap();
        assert!(before.as_deref().is_some_and(|name| name.starts_with("request-")), "{before:?}");
        assert_eq!(before, after);
    }

    /// The place of a token once its work is done: nobody waits for it any more, and it may not have ended yet.
    async fn once_free(expensive: &Expensive) -> Turn {
        let free = async {
            loop {
                match expensive.turn("a", None) {
                    Ok(turn) => return turn,
                    Err(_) => yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), free).await.expect("the work has ended")
    }

    #[tokio::test]
    async fn work_ends_with_the_time_of_its_request_and_with_who_waits_for_it() {
        let expensive = expensive(1);
        let turn = expensive.turn("a", None).unwrap();
        let late = TooExpensive::TookTooLong { seconds: 1 };
        assert_eq!(turn.see_through(pending::<()>()).await, Err(late));
        drop(turn);
        // What never waits for anything ends too, as long as it yields. The one thread is free again.
        let turn = once_free(&expensive).await;
        let is_over = AtomicBool::new(false);
        let endless = turn.see_through(async move {
            while !is_over.load(Ordering::Relaxed) {
                yield_now().await;
            }
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        drop(turn);
        assert_eq!(once_free(&expensive).await.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_group_that_waits_for_threads_leaves_one_to_others() {
        let settings = ExpensiveSettings {
            threads: 2,
            requests: 8,
            of_token: 4,
            of_group: 4,
            seconds: 10,
            records: 1,
            fuel: 1,
        };
        let expensive = Arc::new(Expensive::start(settings, 0).unwrap());
        let group = |name: &str| name.parse::<GroupId>().unwrap();
        let (begun, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let hold = |token: &str| {
            let turn = expensive.turn(token, Some(&group("water"))).unwrap();
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            tokio::spawn(async move {
                let work = move || {
                    begun.fetch_add(1, Ordering::AcqRel);
                    while !go_on.load(Ordering::Acquire) {
                        thread::yield_now();
                    }
                };
                turn.run(work).await
            })
        };
        let of_water: Vec<_> = ["a", "a", "b", "b"].map(hold).into();
        while begun.load(Ordering::Acquire) == 0 {
            yield_now().await;
        }
        // Another group, and a sender of none, have the other thread at once.
        let street = group("street");
        for (token, about) in [("c", Some(&street)), ("d", None)] {
            assert_eq!(expensive.turn(token, about).unwrap().run(|| 7).await, Ok(7), "{token}");
        }
        assert_eq!(begun.load(Ordering::Acquire), 1, "one of the group is at work at a time");
        go_on.store(true, Ordering::Release);
        for one in of_water {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn a_place_is_taken_until_the_work_is_done_though_nobody_waits() {
        let expensive = expensive(10);
        let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let turn = expensive.turn("a", None).unwrap();
        let (has_begun, goes_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        let asked = tokio::spawn(async move {
            let work = move || {
                has_begun.wait();
                goes_on.wait();
            };
            turn.run(work).await
        });
        spawn_blocking(move || begun.wait()).await.unwrap();
        // Another waits for the one thread, and goes before it has come to it.
        let other = expensive.turn("b", None).unwrap();
        let is_done = Arc::new(AtomicBool::new(false));
        let marked = Arc::clone(&is_done);
        let queued =
            tokio::spawn(
                async move { other.run(move || marked.store(true, Ordering::Release)).await },
            );
        yield_now().await;
        for given_up in [asked, queued] {
            given_up.abort();
            assert!(given_up.await.unwrap_err().is_cancelled());
        }
        assert_eq!(expensive.turn("a", None).err(), Some(TooExpensive::OfToken { limit: 1 }));
        spawn_blocking(move || go_on.wait()).await.unwrap();
        while expensive.turn("a", None).is_err() || expensive.turn("b", None).is_err() {
            yield_now().await;
        }
        assert!(!is_done.load(Ordering::Acquire), "nobody waited for it");
    }
}
