//! The threads that decode.
//!
//! A decoder may burn milliseconds, and the threads that serve the network must not wait for it. So
//! there is a thread for each core and a queue before them. The queue is bounded: when it is full the
//! network server is told to come again, instead of frames piling up in memory.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use serde::Deserialize;
use tokio::sync::oneshot;

/// Beside the stack of WebAssembly, which is taken from the thread's: what the host itself needs. It
/// covers that the script engine has a stack of its own size, 1 MiB.
const HOST_STACK_BYTES: usize = 2 << 20;

/// The metric of frames for which the queue had no place.
const DECODE_FULL: &str = "champollion_decode_queue_full_total";

/// The metric of everything else for which its queue had no place.
const REQUESTS_FULL: &str = "champollion_request_queue_full_total";

/// The niceness of threads that serve requests: beside one of them a thread of frames gets three times as much
/// of a core.
const REQUESTS_NICE: i32 = 5;

/// The niceness of threads that work through all that is kept: beside one of them a thread of frames gets nine times as
/// much of a core.
const LONG_WORK_NICE: i32 = 10;

/// The pause before work that waits for idle threads asks again.
const PAUSE: Duration = Duration::from_millis(20);

/// The threads that decode, and what is kept in memory for them: the section `[decoding]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DecodingSettings {
    /// Threads that decode; 0 is one for each core.
    pub workers: usize,
    /// Calls that may wait for one of them.
    pub queue: usize,
    /// Bytes of code of the decoders that are kept in memory.
    pub loaded_bytes: u64,
}

/// Threads that decode, and the queue before them.
pub struct Workers {
    queue: Arc<Queue>,
    threads: usize,
    /// The name of the metric that counts calls for which the queue had no place.
    full: &'static str,
}

/// The work that waits for a thread. One that has nothing to do sleeps at once: one that looks for work a while longer, as
/// those of channels do, takes the core from the threads that bring it.
struct Queue {
    state: Mutex<QueueState>,
    /// Wakes a thread that sleeps.
    changed: Condvar,
    /// The number of jobs that may wait.
    places: usize,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Job>,
    /// The number of threads that sleep.
    sleeping: usize,
    /// Whether no more work comes.
    is_closed: bool,
}

impl Queue {
    fn of(places: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), places }
    }

    /// The number of jobs that wait.
    fn len(&self) -> usize {
        self.state.lock().waiting.len()
    }

    /// Adds a job; false where there is no place for it.
    fn add(&self, job: Job) -> bool {
        let mut state = self.state.lock();
        // A thread that sleeps takes one at once, also where none may wait.
        if state.waiting.len() >= self.places.max(state.sleeping) {
            return false;
        }
        state.waiting.push_back(job);
        let is_awaited = state.sleeping > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_one();
        }
        true
    }

    /// Waits for the next job; nothing where there will be none.
    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state.sleeping += 1;
            self.changed.wait(&mut state);
            state.sleeping -= 1;
        }
    }
}

impl Drop for Workers {
    /// The threads end once nothing waits any more.
    fn drop(&mut self) {
        self.queue.state.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

/// The kind of threads.
struct Kind {
    /// The beginning of their names.
    name: &'static str,
    /// The metric of calls for which the queue had no place.
    full: &'static str,
    /// The niceness by which the system lets others go first.
    nice: Option<i32>,
}

type Job = Box<dyn FnOnce() + Send>;

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// Too much is waiting already.
    #[error(
        "{waiting} calls of decoders are waiting, and more are not queued: send it again in a second"
    )]
    Busy {
        /// The number of calls that wait.
        waiting: usize,
    },
    /// It panicked. The thread goes on.
    #[error("the call panicked")]
    Panicked,
}

impl Workers {
    /// Starts `threads` threads, or one for each core where it is 0, with a queue of `waiting` places
    /// before them. The stack of WebAssembly in bytes is one of the sandbox's limits.
    pub fn start(threads: usize, waiting: usize, wasm_stack_bytes: usize) -> io::Result<Self> {
        let kind = Kind { name: "decode", full: DECODE_FULL, nice: None };
        Self::of_kind(&kind, threads, waiting, wasm_stack_bytes)
    }

    /// Starts the same for everything but frames. The system lets the threads of frames go first.
    pub fn beside(threads: usize, waiting: usize, wasm_stack_bytes: usize) -> io::Result<Self> {
        let kind = Kind { name: "request", full: REQUESTS_FULL, nice: Some(REQUESTS_NICE) };
        Self::of_kind(&kind, threads, waiting, wasm_stack_bytes)
    }

    /// Starts the same for work that goes on for long, and takes what all others leave of every core.
    pub fn behind(threads: usize, waiting: usize, wasm_stack_bytes: usize) -> io::Result<Self> {
        let kind = Kind { name: "long", full: REQUESTS_FULL, nice: Some(LONG_WORK_NICE) };
        Self::of_kind(&kind, threads, waiting, wasm_stack_bytes)
    }

    fn of_kind(
        kind: &Kind,
        threads: usize,
        waiting: usize,
        wasm_stack_bytes: usize,
    ) -> io::Result<Self> {
        static NAMES: AtomicUsize = AtomicUsize::new(0);
        let &Kind { name, full, nice } = kind;
        let threads = match threads {
            0 => thread::available_parallelism()?.get(),
            given => given,
        };
        // Where a thread cannot be started, those before it end with this.
        let workers = Self { queue: Arc::new(Queue::of(waiting)), threads, full };
        for _ in 0..threads {
            let jobs = Arc::clone(&workers.queue);
            thread::Builder::new()
                .name(format!("{name}-{}", NAMES.fetch_add(1, Ordering::Relaxed)))
                .stack_size(wasm_stack_bytes + HOST_STACK_BYTES)
                .spawn(move || {
                    if let Some(nice) = nice {
                        go_last(nice);
                    }
                    while let Some(job) = jobs.next() {
                        job();
                    }
                })?;
        }
        Ok(workers)
    }

    /// Returns the number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Has a worker do something that may as well be left undone: not while more than a few are waiting.
    pub async fn run_if_idle<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        const SHARE: usize = 8;
        let waiting = self.queue.len();
        let full = waiting > self.queue.places / SHARE;
        if full { Err(NotDone::Busy { waiting }) } else { self.run(work).await }
    }

    /// Has a worker do something as soon as no more than a few are waiting, however long that takes. `make` makes the
    /// work anew for each attempt.
    pub async fn run_when_idle<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
        &self,
        make: impl Fn() -> W,
    ) -> Result<T, NotDone> {
        loop {
            match self.run_if_idle(make()).await {
                Err(NotDone::Busy { .. }) => tokio::time::sleep(PAUSE).await,
                done => return done,
            }
        }
    }

    /// Returns the number of calls that may wait for a thread.
    pub fn queue_places(&self) -> usize {
        self.queue.places
    }

    /// Has a worker do something. Where the caller gives up waiting it is done all the same.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            // What the work leaves half done when it panics is dropped with it.
            if let Ok(done) = catch_unwind(AssertUnwindSafe(work)) {
                // Nobody waits any more where the client has gone.
                drop(answer.send(done));
            }
        };
        if self.queue.add(Box::new(job)) {
            return answered.await.map_err(|_| NotDone::Panicked);
        }
        metrics::counter!(self.full).increment(1);
        Err(NotDone::Busy { waiting: self.queue.len() })
    }
}

/// Has the system let other threads go before the calling one; of this one alone, on Linux.
fn go_last(nice: i32) {
    if let Err(error) = rustix::process::setpriority_process(None, nice) {
        // Then all threads are alike.
        tracing::debug!(%error, "a thread of requests goes no later than others");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    #[tokio::test]
    async fn work_is_done_on_threads_of_their_own() {
        let workers = Workers::start(2, 4, 0).unwrap();
        let name = workers.run(|| thread::current().name().map(str::to_owned)).await.unwrap();
        assert!(name.unwrap().starts_with("decode-"));
    }

    #[tokio::test]
    async fn a_full_queue_turns_away() {
        let workers = Arc::new(Workers::start(1, 1, 0).unwrap());
        let (started, finish) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let running = {
            let (workers, started, finish) =
                (Arc::clone(&workers), Arc::clone(&started), Arc::clone(&finish));
            tokio::spawn(async move {
                let wait = move || {
                    started.wait();
                    finish.wait();
                };
                workers.run(wait).await
            })
        };
        tokio::task::spawn_blocking(move || started.wait()).await.unwrap();
        let queued = {
            let workers = Arc::clone(&workers);
            tokio::spawn(async move { workers.run(|| 7).await })
        };
        while workers.queue.len() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.run(|| 8).await, Err(NotDone::Busy { waiting: 1 }));
        tokio::task::spawn_blocking(move || finish.wait()).await.unwrap();
        assert_eq!(running.await.unwrap(), Ok(()));
        assert_eq!(queued.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn threads_end_once_all_is_done_that_waits() {
        let workers = Workers::start(2, 8, 0).unwrap();
        let queue = Arc::downgrade(&workers.queue);
        let (told, hears) = std::sync::mpsc::channel();
        for number in 0..8 {
            let told = told.clone();
            assert!(workers.queue.add(Box::new(move || told.send(number).unwrap())));
        }
        drop((workers, told));
        let mut done: Vec<i32> = hears.into_iter().collect();
        done.sort_unstable();
        assert_eq!(done, [0, 1, 2, 3, 4, 5, 6, 7]);
        while queue.strong_count() > 0 {
            thread::yield_now();
        }
    }

    #[tokio::test]
    async fn a_panic_ends_one_call_and_no_thread() {
        let workers = Workers::start(1, 1, 0).unwrap();
        assert_eq!(workers.run(|| panic!("on purpose")).await, Err::<(), _>(NotDone::Panicked));
        assert_eq!(workers.run(|| 1).await, Ok(1));
    }
}
