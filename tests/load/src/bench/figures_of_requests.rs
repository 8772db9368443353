//! The figures of requests that were answered.

use std::{fmt, time::Duration};

/// The figures that were measured.
pub(super) struct Figures {
    pub(super) frames: usize,
    pub(super) elapsed: Duration,
    /// Of each request, from its first byte to the end of its answer, sorted.
    pub(super) latencies: Vec<Duration>,
}

impl Figures {
    /// The frames of a second.
    pub(super) fn rate(&self) -> f64 {
        self.frames as f64 / self.elapsed.as_secs_f64()
    }

    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let rate = self.rate();
        vec![
            format!("BENCH {name} {rate:.0} frames/s"),
            format!("BENCH {name}.p50 {}", Milliseconds(self.percentile(50))),
            format!("BENCH {name}.p99 {}", Milliseconds(self.percentile(99))),
        ]
    }

    fn percentile(&self, percent: usize) -> Duration {
        let place = self.latencies.len() * percent / 100;
        self.latencies[place.min(self.latencies.len() - 1)]
    }
}

struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2} ms", self.0.as_secs_f64() * 1e3)
    }
}
