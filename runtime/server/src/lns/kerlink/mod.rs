//! Kerlink Wanesy Management Center.

pub mod uplink;
