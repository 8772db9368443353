//! The error of a row that is not decoded.

use champollion_sandbox::CallError;

/// The reason why a row was not decoded.
pub(super) struct RowError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl RowError {
    /// A row that is not as it should be.
    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self { code: "broken-row", message: message.into() }
    }
}

impl From<CallError> for RowError {
    fn from(error: CallError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}
