//! Results that are made of all objects, kept for a while, so that neither the pages of one list nor the same question asked
//! again go through all of them once more.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

/// Results by what was asked, bounded in bytes and in time. They take no memory once their time is over.
pub(crate) struct Kept<K, V> {
    /// The latest in front.
    results: Arc<Mutex<VecDeque<One<K, V>>>>,
    bytes: usize,
    time: Duration,
}

struct One<K, V> {
    asked: K,
    result: Arc<V>,
    bytes: usize,
    made: Instant,
}

impl<K: PartialEq + Send + 'static, V: Send + Sync + 'static> Kept<K, V> {
    /// Keeps results of so many bytes together, each for so long.
    pub(crate) fn new(bytes: usize, time: Duration) -> Self {
        Self { results: Arc::default(), bytes, time }
    }

    /// Returns the result of what is asked, where it is kept.
    pub(crate) fn get(&self, asked: &K) -> Option<Arc<V>> {
        let results = self.results.lock();
        let known =
            results.iter().find(|one| one.asked == *asked && one.made.elapsed() < self.time);
        known.map(|one| Arc::clone(&one.result))
    }

    /// Keeps a result of about so many bytes, in the place of the oldest ones where there is no room. One that has no room
    /// alone is not kept. Within a runtime, which forgets it in time.
    pub(crate) fn put(&self, asked: K, result: &Arc<V>, bytes: usize) {
        if bytes > self.bytes {
            return;
        }
        let mut results = self.results.lock();
        results.retain(|one| one.asked != asked);
        results.push_front(One { asked, result: Arc::clone(result), bytes, made: Instant::now() });
        let mut together = 0;
        results.retain(|one| {
            together += one.bytes;
            together <= self.bytes
        });
        drop(results);
        let (results, time) = (Arc::downgrade(&self.results), self.time);
        tokio::spawn(async move {
            sleep(time).await;
            if let Some(results) = results.upgrade() {
                results.lock().retain(|one| one.made.elapsed() < time);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn results_are_kept_in_so_many_bytes_the_latest_ones() {
        let kept = Kept::new(10, Duration::from_secs(60));
        let put = |asked: &'static str, bytes| kept.put(asked, &Arc::new(bytes), bytes);
        let has = |asked| kept.get(&asked).map(|result| *result);
        put("a", 4);
        put("b", 4);
        assert_eq!((has("a"), has("b"), has("c")), (Some(4), Some(4), None));
        put("a", 5);
        assert_eq!((has("a"), has("b")), (Some(5), Some(4)), "it takes its own place");
        put("c", 3);
        assert_eq!((has("a"), has("b"), has("c")), (Some(5), None, Some(3)), "the oldest went");
        put("d", 11);
        assert_eq!((has("c"), has("d")), (Some(3), None));
    }

    #[tokio::test]
    async fn a_result_takes_no_memory_once_its_time_is_over() {
        let kept = Kept::new(10, Duration::from_millis(20));
        let result = Arc::new(7);
        kept.put("a", &result, 1);
        let held = Arc::downgrade(&result);
        drop(result);
        while held.upgrade().is_some() {
            sleep(Duration::from_millis(5)).await;
        }
        assert!(kept.get(&"a").is_none());
    }
}
