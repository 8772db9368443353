//! Batches of spans that leave together.

use std::time::Duration;

use tokio::{sync::mpsc, time::timeout};

use crate::{otlp, span::Span};

/// Most spans of a batch.
const SPANS: usize = 512;

/// The longest that a span waits for others.
const WAIT: Duration = Duration::from_secs(1);

/// The spans of a process that are to leave.
#[derive(Debug)]
pub struct Batches {
    waiting: mpsc::Receiver<Span>,
    /// The spans of the next batch: who waits for it may give up and lose none.
    gathered: Vec<Span>,
}

/// Spans that leave together, as OTLP has them in protobuf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The body of the request.
    pub body: Vec<u8>,
    /// The number of its spans.
    pub spans: usize,
}

impl Batches {
    pub(crate) fn new(waiting: mpsc::Receiver<Span>) -> Self {
        Self { waiting, gathered: Vec::new() }
    }

    /// Waits for the next batch; nothing once there are no traces any more.
    pub async fn next(&mut self) -> Option<Batch> {
        if self.gathered.is_empty() {
            self.gathered.push(self.waiting.recv().await?);
        }
        // What has come by then leaves.
        drop(timeout(WAIT, self.gather()).await);
        let spans = std::mem::take(&mut self.gathered);
        Some(Batch::of(&spans))
    }

    async fn gather(&mut self) {
        while self.gathered.len() < SPANS {
            match self.waiting.recv().await {
                Some(span) => self.gathered.push(span),
                None => return,
            }
        }
    }

    /// The batches that wait already, for the end of the process.
    pub fn rest(&mut self) -> Vec<Batch> {
        let mut spans = std::mem::take(&mut self.gathered);
        while let Ok(span) = self.waiting.try_recv() {
            spans.push(span);
        }
        spans.chunks(SPANS).map(Batch::of).collect()
    }
}

impl Batch {
    fn of(spans: &[Span]) -> Self {
        Self { body: otlp::request(spans), spans: spans.len() }
    }
}
