//! The direction of a frame.

/// The direction of a frame, which enters its MIC and its encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Uplink, from the device.
    Up,
    /// Downlink, to the device.
    Down,
}
