//! Which way a frame goes.

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the device.
    Up,
    /// To the device.
    Down,
}
