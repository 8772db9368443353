//! Formats that many makers build on, each read into values that remember their bytes. No input makes them panic: what
//! cannot be read is a [`Failure`](crate::Failure).

pub mod cayenne;
pub mod channels;
pub mod deltas;
pub mod mbus;
pub mod profile;
pub mod pulses;
pub mod transport;
pub mod water_meter;
