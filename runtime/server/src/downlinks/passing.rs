//! Reasons that pass: a command that was not taken now may be taken later.

use super::SendError;

impl SendError {
    /// Whether the command may be taken later that was not taken now.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self,
            Self::NotDone(_) | Self::UnderWay | Self::Quota(_) | Self::Audit(_) | Self::NotKept(_)
        )
    }
}
