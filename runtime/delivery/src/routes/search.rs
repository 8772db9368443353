//! A search through records for those that a filter takes, and its bounds.

use std::time::Instant;

use async_trait::async_trait;

use crate::mailbox::PageBounds;

/// Most records that are looked at for one answer, where nothing else is said.
const LOOKS: usize = 20_000;

/// The bounds of a search through records, and the threads that hold the filter against them.
#[derive(Clone, Copy)]
pub struct Search<'threads> {
    /// The bounds of the page.
    pub bounds: PageBounds,
    /// Most records that are looked at.
    pub looks: usize,
    /// The moment at which the search ends with what it has found.
    pub until: Option<Instant>,
    /// The threads of the caller; the mailbox has some of its own.
    pub threads: Option<&'threads dyn Elsewhere>,
}

/// Threads that do work which would hold up those that serve the network.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// Has something done, and returns when it is.
    async fn run(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), NotDoneElsewhere>;
}

/// The reason why the threads did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDoneElsewhere(pub String);

impl Search<'_> {
    /// A search for a page of some bounds, on the mailbox's own threads.
    #[must_use]
    pub fn new(bounds: PageBounds) -> Self {
        Self { bounds, looks: LOOKS, until: None, threads: None }
    }

    /// Whether the search ends after so many looks.
    pub(super) fn is_over(&self, looks: usize) -> bool {
        looks >= self.looks || self.until.is_some_and(|until| until <= Instant::now())
    }
}
