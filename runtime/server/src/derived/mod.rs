//! Derived decoders: assigned to devices and groups, and run on each reading after the decoder that made it.

mod assignments;
mod deriving;
mod order;

pub use assignments::{DerivedAssignments, DerivedError};
pub(crate) use deriving::{CarriedMemories, Deriving, DerivingError, ReadFrame};
pub use order::Circle;
pub(crate) use order::in_order;
