//! Measurements of frames that come one at a time, each with a commit of its own.

use std::fs;
use std::time::{Duration, Instant};

use crate::{frame, open, runtime, say};

/// The time from one frame to the next: thirty a second.
const PAUSE: Duration = Duration::from_millis(33);

/// Commits a frame now and then, and says what one costs.
pub(crate) fn alone(duration: Duration) {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room for a folder");
    runtime().block_on(async {
        let store = open(folder.path());
        store.commit(frame(0)).await.expect("it is committed");
        let (end, before) = (Instant::now() + duration, processor_time());
        let (mut commits, mut waited) = (0, Duration::ZERO);
        while Instant::now() < end {
            tokio::time::sleep(PAUSE).await;
            commits += 1;
            let begun = Instant::now();
            store.commit(frame(commits.into())).await.expect("it is committed");
            waited += begun.elapsed();
        }
        let spent = processor_time().saturating_sub(before) / commits;
        say(&format!("BENCH store.alone {:.3} ms", (waited / commits).as_secs_f64() * 1e3));
        say(&format!("BENCH store.alone.processor {:.3} ms", spent.as_secs_f64() * 1e3));
        store.close().await.expect("the store closes");
    });
}

/// The time that all threads of this process have run, where the system tells.
fn processor_time() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}
