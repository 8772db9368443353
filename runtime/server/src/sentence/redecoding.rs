//! Sentences about redecodings that went no further, in short.

use super::Sentence;
use crate::redecode::RedecodeError;

/// Returns the sentence about why a redecoding went no further.
pub(crate) fn of_error(error: &RedecodeError) -> Sentence {
    match error {
        RedecodeError::Delivery(_) | RedecodeError::Store(_) => Sentence::new("redecode-store"),
        RedecodeError::Audit(_) => Sentence::new("redecode-audit"),
        RedecodeError::NotDone(_) => Sentence::new("redecode-not-done"),
        RedecodeError::NotDerived(_) => Sentence::new("redecode-not-derived"),
        RedecodeError::Abandoned => Sentence::new("redecode-abandoned"),
    }
}
