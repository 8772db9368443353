//! Kerlink Wanesy Management Center: what it pushes to `{url}/dataUp`.

pub mod downlink;
pub mod uplink;
