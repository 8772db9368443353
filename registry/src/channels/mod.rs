//! Channels: which versions of a decoder devices get, candidates on trial, and versions that are set aside.

mod apart;
mod canary;
mod decoder_channels;
mod health;
mod observed;
mod quarantine;
mod recent_calls;
mod shadow;

pub use canary::{Canary, CanaryReport, CanaryRule};
pub use decoder_channels::{Channel, Channels, Deprecation};
pub use health::Verdict;
pub use observed::{Compared, Observed};
pub use quarantine::{Caller, QuarantineRule, Quarantined, Scope};
pub use shadow::{Example, Performance, Shadow, Tally};

pub(crate) use decoder_channels::pinned;
pub(crate) use health::{Health, Judged};
pub(crate) use quarantine::QUARANTINE;
