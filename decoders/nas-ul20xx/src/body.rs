//! The bytes of an instruction behind its first one.

use champollion_sdk::prelude::*;

/// The body of an instruction: the bytes behind its first one.
pub(crate) trait Body {
    /// Reads the body of an instruction.
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure>
    where
        Self: Sized;

    /// Writes it. `issued_at` is in milliseconds since the epoch.
    fn write(&self, issued_at: u64, bytes: &mut Vec<u8>) -> Result<(), Failure>;
}
