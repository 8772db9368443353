//! The network servers of the settings, and what is seen of them.

pub mod check;
mod clock_offset;
mod finding;
mod judgement;
mod missing_frames;
pub(crate) mod observations;
pub(crate) mod settings;
pub(crate) mod surroundings;

pub use finding::{Finding, Severity};
pub(crate) use observations::Sent;
pub use observations::{Observations, Observed};
pub use settings::{DescriptionMismatch, NetworkServer, NetworkServers};
