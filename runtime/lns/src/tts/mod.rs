//! The Things Stack 3: messages of its webhooks and of its MQTT topics, which are the same.

pub mod downlink;
pub mod uplink;
