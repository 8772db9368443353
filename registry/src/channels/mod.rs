//! Channels: which versions of a decoder devices get, candidates on trial, and versions that are set aside.

mod canary;
mod decoder_channels;
mod quarantine;
mod shadow;

pub use canary::{Canary, CanaryReport, CanaryRule};
pub use decoder_channels::{Channel, Channels, Deprecation};
pub use quarantine::{QuarantineRule, Quarantined};
pub use shadow::{Example, Observed, Performance, Shadow, Tally};

pub(crate) use decoder_channels::pinned;
pub(crate) use quarantine::{Health, QUARANTINE};
