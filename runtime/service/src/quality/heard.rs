//! Frames as far as they are counted.

use champollion_frames::{Reception, VerifiedUplink};

/// A frame as far as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'of> {
    /// When it was received, in milliseconds since the epoch.
    pub at_ms: u64,
    /// The number of frames that are missing before it, where it is known.
    pub missed: Option<u32>,
    /// The number of gateways that heard it.
    pub redundancy: u32,
    /// The best reception of the frame.
    pub best: Option<&'of Reception>,
    /// The spreading factor of the frame.
    pub spreading_factor: Option<u8>,
}

impl<'of> Heard<'of> {
    /// A frame that was verified.
    #[must_use]
    pub fn of(uplink: &'of VerifiedUplink, missed: Option<u32>) -> Self {
        let metadata = uplink.metadata();
        Self {
            at_ms: uplink.received_at_ms(),
            missed,
            redundancy: u32::try_from(metadata.redundancy()).unwrap_or(u32::MAX),
            best: metadata.best_reception(),
            spreading_factor: metadata.spreading_factor,
        }
    }
}
