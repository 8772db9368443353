//! Formats that many makers build on, each read into values that remember their bytes. No input makes them panic: what
//! cannot be read is a [`Failure`](crate::Failure).

pub mod adeunis;
pub mod b_meters;
pub mod cayenne;
pub mod channels;
pub mod dali;
pub mod decentlab;
pub mod deltas;
pub mod dragino;
pub mod mbus;
pub mod milesight;
pub mod profile;
pub mod pulses;
pub mod transport;
pub mod water_meter;
pub mod watteco;
pub mod wmbus;
