//! What a person is told when a command fails.

use std::fmt;

/// What was to be done, and why it was not.
#[derive(Debug)]
pub(super) struct Failure {
    task: String,
    reason: String,
}

impl Failure {
    pub(super) fn new(task: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { task: task.into(), reason: reason.to_string() }
    }

    /// Turns the error of some task into a failure.
    pub(super) fn of<E: fmt::Display>(task: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |error| Self::new(task, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.task, self.reason)
    }
}
