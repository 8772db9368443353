//! Actility ThingPark.

pub mod uplink;
