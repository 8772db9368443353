//! Actility ThingPark: the reports that its tunnel interface and its IoT flow hand over.

pub mod downlink;
pub mod uplink;
