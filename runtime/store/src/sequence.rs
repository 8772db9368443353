//! The position of an entry in its log.

use std::fmt;

/// The position of an entry in its log. The first entry has 1; numbers only grow and are never
/// given out twice, not even after a truncation of everything and a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// The cursor before the first entry: reading after it starts at the beginning.
    pub const BEGINNING: Self = Self(0);

    /// The position with this number, for a cursor that comes back from a client.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the sequence as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
