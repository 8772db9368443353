//! The way of a frame: verified, decoded, committed with counter and state in one batch.
//!
//! [`Messages`] take what a network server sends, [`Intake`] what its message hands over; [`copies`] put
//! together what several gateways heard; [`keeping`] verifies a frame and makes all that comes of it
//! durable, with what [`decoding`] makes of it.

mod copies;
mod decoding;
mod error;
mod far_counters;
mod frame;
mod intake;
mod keeping;
mod messages;
pub(crate) mod misbehaviour;
mod receipt;
mod remarks;
mod settings;
mod speaker;
mod traced;

pub use error::IngestError;
pub use intake::Intake;
pub use messages::{Messages, Origin};
pub use receipt::{DecodeProblem, Receipt};
pub use settings::FrameSettings;
pub use speaker::{Authority, Speaker};
