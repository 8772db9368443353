//! ChirpStack 4: events by HTTP or MQTT, as JSON or protobuf.

pub mod downlink;
pub(super) mod protobuf;
pub mod uplink;
